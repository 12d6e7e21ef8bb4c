// @ts-check
/**
 * The outbox: changes from the tap until the server has them and a pull has shown them (docs/sync-protocol.md).
 *
 * `open` → `in_flight` → `acknowledged` → `shown` → gone, or `refused`. Edits of one inspection gather in its newest open
 * change. From the moment it is put in flight a change never changes.
 */

import { newId } from "../rules/ids.js";
import { SUBMITTED, VOID } from "../rules/paths.js";
import { DURABLE } from "./database.js";
import { open, seal } from "./sealing.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./database.js").OutboxRow} OutboxRow */
/** @typedef {import("../messages.js").Change} Change */
/** @typedef {import("../messages.js").ChangeResult} ChangeResult */
/** @typedef {OutboxRow & {change: Change}} Entry */
/**
 * @typedef {object} Edit what one tap writes
 * @property {string} inspectionId
 * @property {string} siteId
 * @property {Record<string, unknown>} fields
 * @property {Record<string, string[]>} seen path → stamps of the live writes that the screen showed
 * @property {string | null} reason
 */

const MAX_FIELDS = 400;
const MAX_CHARACTERS = 60_000; // of JSON, at most three bytes each: within what the server takes of one change
const MAX_SUPERSEDED = 200;
const NOT_SENT = /** @type {const} */ (["open", "in_flight"]);

export class Outbox {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
  }

  /**
   * Keep an edit: in the newest open change of its inspection when it may join it, else in a new one. Call it inside
   * `store.exclusively`. `also` is written in the same transaction.
   * @param {Edit} edit
   * @param {Date} now the device's wall clock
   * @param {(transaction: any) => void} [also] over the stores "photos" and "bytes"
   */
  async write(edit, now, also) {
    const clock = await this.store.clock();
    for (const stamps of Object.values(edit.seen)) for (const stamp of stamps) clock.observe(stamp);
    const stamp = clock.tick(now.getTime());
    const newest = (await this.of(edit.inspectionId)).at(-1);
    const joined = newest?.state === "open" && mayJoin(newest.change, edit) ? join(newest.change, edit, stamp, now) : null;
    const row = joined && fits(joined) ? await this.#again(/** @type {Entry} */ (newest), joined) : await this.#anew(edit, stamp, now);
    const transaction = this.store.database.transaction(["local", "outbox", "photos", "bytes"], "readwrite", DURABLE);
    also?.(transaction);
    transaction.objectStore("outbox").put(row);
    transaction.objectStore("local").put({ milliseconds: clock.milliseconds, counter: clock.counter }, "clock");
    // From here on something waits: keep what is needed to send it, also while locked.
    transaction.objectStore("local").put(this.store.sendingKey, "permit");
    await transaction.done;
    this.store.permit = this.store.sendingKey;
    return row.id;
  }

  /**
   * The oldest changes that are not sent, frozen from here on with the measured offset of the clock.
   * @param {number} most
   * @param {Set<string>} passedOver ids that need not be tried again
   * @param {number | null} offsetMs
   * @returns {Promise<Entry[]>}
   */
  putInFlight(most, passedOver, offsetMs) {
    return this.store.exclusively(async () => {
      const rows = (await this.#rows(NOT_SENT)).filter((row) => !passedOver.has(row.id)).slice(0, most);
      const entries = await this.unseal(rows);
      const frozen = [];
      for (const entry of entries) {
        if (entry.state === "in_flight") {
          frozen.push(entry);
          continue;
        }
        const change = offsetMs === null ? entry.change : { ...entry.change, clock_offset_ms: offsetMs };
        frozen.push({ ...entry, change, state: /** @type {const} */ ("in_flight"), sealed: await this.#seal(change) });
      }
      await this.#put(frozen.map(withoutChange));
      return frozen;
    });
  }

  /**
   * Take note of the answers, and of how many changes were ever acknowledged.
   * @param {[string, ChangeResult][]} results id of the change sent, and what the server says of it
   * @param {Record<string, unknown>} local values to be kept in the same transaction
   */
  settle(results, local) {
    return this.store.exclusively(async () => {
      const told = new Map(results);
      const transaction = this.store.database.transaction(["outbox", "local"], "readwrite", DURABLE);
      const outbox = transaction.objectStore("outbox");
      for (const [id, result] of told) {
        const row = await outbox.index("id").get(id);
        if (row?.state !== "in_flight" || result.retry) continue;
        const refusal = { code: result.code ?? "", path: result.path ?? "", message: result.message ?? "" };
        const refused = result.status === "refused";
        outbox.put({ ...row, state: refused ? "refused" : "acknowledged", refusal: refused ? refusal : null });
      }
      for (const [name, value] of Object.entries(local)) transaction.objectStore("local").put(value, name);
      await transaction.done;
    });
  }

  /** Ids of what the server has, and no finished pull has shown. */
  async acknowledged() {
    return new Set((await this.#rows(["acknowledged", "shown"])).map((row) => row.id));
  }

  /** The server came back from a backup and may not have them any more; a replay is harmless. */
  sendAcknowledgedAgain() {
    return this.store.exclusively(async () => {
      const rows = await this.#rows(["acknowledged", "shown"]);
      await this.#put(rows.map((row) => ({ ...row, state: /** @type {const} */ ("in_flight") })));
    });
  }

  /** Everything that is here of an inspection, oldest first. @param {string} inspectionId @returns {Promise<Entry[]>} */
  async of(inspectionId) {
    const rows = await this.store.database.getAllFromIndex("outbox", "inspection", inspectionId);
    return this.unseal(rows.sort(byPlace));
  }

  /** Everything, oldest first, still sealed. @returns {Promise<OutboxRow[]>} */
  rows() {
    return this.store.database.getAll("outbox");
  }

  /**
   * How much the server has not acknowledged, without what it refused; read without opening any of it.
   * @param {Set<string>} without ids that are not counted
   * @returns {Promise<{count: number, oldest: string | null}>}
   */
  async waiting(without) {
    const index = this.store.database.transaction("outbox").store.index("state");
    let count = 0;
    /** @type {OutboxRow | null} */
    let oldest = null;
    for (const state of NOT_SENT) {
      count += await index.count(state);
      let cursor = await index.openCursor(state);
      for (; cursor && without.has(cursor.value.id); cursor = await cursor.continue()) count -= 1;
      if (cursor && (!oldest || byPlace(cursor.value, oldest) < 0)) oldest = cursor.value;
    }
    return { count, oldest: oldest && /** @type {OutboxRow} */ (oldest).since };
  }

  async hasOpen() {
    return (await this.store.database.countFromIndex("outbox", "state", "open")) > 0;
  }

  /** @returns {Promise<Entry[]>} */
  async refused() {
    return this.unseal(await this.#rows(["refused"]));
  }

  refusedCount() {
    return this.store.database.countFromIndex("outbox", "state", "refused");
  }

  /** Only for a change whose content was written anew. @param {string} id */
  async drop(id) {
    const transaction = this.store.database.transaction("outbox", "readwrite", DURABLE);
    const key = await transaction.store.index("id").getKey(id);
    if (key !== undefined) transaction.store.delete(key);
    await transaction.done;
  }

  /** @param {readonly OutboxRow["state"][]} states @returns {Promise<OutboxRow[]>} oldest first */
  async #rows(states) {
    const found = await Promise.all(states.map((state) => this.store.database.getAllFromIndex("outbox", "state", state)));
    return found.flat().sort(byPlace);
  }

  /** @param {OutboxRow[]} rows @returns {Promise<Entry[]>} */
  unseal(rows) {
    const key = this.store.sendingKey;
    return Promise.all(rows.map(async (row) => ({ ...row, change: await open(key, row.id, row.sealed) })));
  }

  /** @param {Change} change */
  #seal(change) {
    return seal(this.store.sendingKey, change.id, change);
  }

  /** @param {Entry} entry @param {Change} change @returns {Promise<OutboxRow>} */
  async #again(entry, change) {
    return { ...withoutChange(entry), sealed: await this.#seal(change) };
  }

  /** @param {Edit} edit @param {string} stamp @param {Date} now @returns {Promise<OutboxRow>} */
  async #anew(edit, stamp, now) {
    /** @type {Change} */
    const change = {
      id: newId(now.getTime()),
      inspection_id: edit.inspectionId,
      site_id: edit.siteId,
      stamp,
      captured_at: instantOf(now),
      fields: edit.fields,
      ...superseding(edit.seen),
      ...(edit.reason ? { reason: edit.reason } : {}),
    };
    const sealed = await this.#seal(change);
    return { id: change.id, inspection: edit.inspectionId, state: "open", since: instantOf(now), sealed, refusal: null };
  }

  /** @param {OutboxRow[]} rows */
  async #put(rows) {
    const transaction = this.store.database.transaction("outbox", "readwrite", DURABLE);
    for (const row of rows) transaction.store.put(row);
    await transaction.done;
  }
}

/** The device's wall time with its zone, as the protocol wants it. @param {Date} date */
export function instantOf(date) {
  const minutes = -date.getTimezoneOffset();
  const sign = minutes < 0 ? "-" : "+";
  const two = (/** @type {number} */ number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  const shifted = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
  return `${shifted}${sign}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** @param {Entry} entry @returns {OutboxRow} */
function withoutChange({ change: _, ...row }) {
  return row;
}

/** What follows a submission or a void is a change of its own, with its own reason. @param {Change} change @param {Edit} edit */
function mayJoin(change, edit) {
  const ended = change.fields[SUBMITTED] === true || VOID in change.fields;
  return !ended && (change.reason ?? null) === edit.reason;
}

/** @param {Change} change */
function fits(change) {
  return Object.keys(change.fields).length <= MAX_FIELDS && JSON.stringify(change).length <= MAX_CHARACTERS;
}

/**
 * The open change with the edit in it, as if all had been written now.
 * @param {Change} change
 * @param {Edit} edit
 * @param {string} stamp
 * @param {Date} now
 * @returns {Change}
 */
function join(change, edit, stamp, now) {
  const { supersedes = {}, ...rest } = change;
  /** @type {Record<string, string[]>} */
  const seen = { ...supersedes };
  for (const [path, stamps] of Object.entries(edit.seen)) {
    seen[path] = [...(seen[path] ?? []), ...stamps.filter((one) => one !== change.stamp)];
  }
  return { ...rest, stamp, captured_at: instantOf(now), fields: { ...change.fields, ...edit.fields }, ...superseding(seen) };
}

/** @param {Record<string, string[]>} seen */
function superseding(seen) {
  const entries = Object.entries(seen).filter(([, stamps]) => stamps.length);
  if (!entries.length) return {};
  const sorted = entries.map(([path, stamps]) => [path, [...new Set(stamps)].sort().slice(-MAX_SUPERSEDED)]);
  return { supersedes: Object.fromEntries(sorted) };
}

/** @param {OutboxRow} a @param {OutboxRow} b */
function byPlace(a, b) {
  return /** @type {number} */ (a.place) - /** @type {number} */ (b.place);
}
