// @ts-check
/** What one user has on this tablet, and the keys to it. */

import { EngineError } from "../errors.js";
import { HybridClock } from "../rules/clock.js";
import { DURABLE, openUser } from "./database.js";
import { newKey, open, seal } from "./sealing.js";

/** @typedef {import("./database.js").UserDatabase} UserDatabase */
/** @typedef {import("./sealing.js").Keys} Keys */
/** @typedef {import("./sealing.js").Sealed} Sealed */

const GRACE_MS = 500;

/**
 * `keys` are here while the user is unlocked. Without them what waits can still be sent as long as there is a permit, and
 * nothing else can be read.
 */
export class Store {
  /**
   * @param {string} replicaId
   * @param {UserDatabase} database
   * @param {Keys | null} keys
   * @param {CryptoKey | null} permit
   */
  constructor(replicaId, database, keys, permit) {
    this.replicaId = replicaId;
    this.database = database;
    this.keys = keys;
    this.permit = permit;
  }

  /** @param {string} replicaId @param {Keys | null} keys */
  static async open(replicaId, keys) {
    const database = await openUser(replicaId);
    return new Store(replicaId, database, keys, (await database.get("local", "permit")) ?? null);
  }

  get readingKey() {
    if (!this.keys) throw new EngineError("not_open", "locked: nothing can be read");
    return this.keys.reading;
  }

  get sendingKey() {
    const key = this.keys?.sending ?? this.permit;
    if (!key) throw new EngineError("not_open", "locked: nothing can be sent");
    return key;
  }

  get canSend() {
    return (this.keys?.sending ?? this.permit) !== null;
  }

  /**
   * One writer at a time, also among tabs: what follows from what was read is still true when it is written. Transactions of
   * the browser end at the first wait for anything else, and encrypting is a wait.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  exclusively(work) {
    // The types of the platform do not see through the promise of a promise.
    return /** @type {Promise<any>} */ (navigator.locks.request(`inspect-write-${this.replicaId}`, work));
  }

  /** @param {string} name @returns {Promise<any>} undefined when there is none */
  get(name) {
    return this.database.get("local", name);
  }

  /** @param {Record<string, unknown>} values undefined takes one away */
  async put(values) {
    const transaction = this.database.transaction("local", "readwrite", DURABLE);
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) transaction.store.delete(name);
      else transaction.store.put(value, name);
    }
    await transaction.done;
  }

  /** The clock as it stood; keep it in the transaction of what it stamped. */
  async clock() {
    const { milliseconds = 0, counter = -1 } = (await this.get("clock")) ?? {};
    return new HybridClock(this.replicaId, milliseconds, counter);
  }

  /**
   * The tokens, behind the PIN when its key is at hand. At the door (before there is a PIN, or when somebody logs in again while
   * locked) under a key of their own, until `closeDoor`.
   * @param {{access: string, refresh: string} | null} tokens
   */
  async keepTokens(tokens) {
    if (tokens === null) return this.put({ tokens: undefined, door: undefined });
    if (this.canSend) return this.put({ tokens: await seal(this.sendingKey, "tokens", tokens), door: undefined });
    const key = await newKey();
    await this.put({ door: { key, sealed: await seal(key, "tokens", tokens) } });
  }

  /** @returns {Promise<{access: string, refresh: string} | null>} */
  async tokens() {
    const door = await this.get("door");
    if (door) return open(door.key, "tokens", door.sealed);
    const sealed = this.canSend ? await this.get("tokens") : null;
    return sealed ? open(this.sendingKey, "tokens", sealed) : null;
  }

  /** The user is in: what stood at the door goes behind the PIN. */
  async closeDoor() {
    if (await this.get("door")) await this.keepTokens(await this.tokens());
  }

  /** Nothing waits any more: from here on everything needs the PIN. */
  async takePermitBack() {
    if (!this.permit) return;
    const transaction = this.database.transaction(["local", "outbox", "photos", "fixes"], "readwrite", DURABLE);
    const outbox = transaction.objectStore("outbox").index("state");
    const fixes = await transaction.objectStore("fixes").getAll();
    const waiting =
      fixes.filter((fix) => fix.state === "waiting").length +
      (await outbox.count("open")) +
      (await outbox.count("in_flight")) +
      (await transaction.objectStore("photos").index("state").count("waiting"));
    if (!waiting) {
      transaction.objectStore("local").delete("permit");
      this.permit = null;
    }
    await transaction.done;
  }

  /** The keys go at once; what a screen was reading in this moment may end with `not_open`, not with a broken database. */
  close() {
    this.keys = null;
    this.permit = null;
    setTimeout(() => this.database.close(), GRACE_MS);
  }
}
