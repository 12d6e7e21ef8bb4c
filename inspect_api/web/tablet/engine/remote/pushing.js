// @ts-check
/** Push: the outbox goes out in batches. Each step is durable before the next, so that it can die between any two. */

import { instantOf } from "../local/outbox.js";
import { Declined, decode, Unreachable } from "./connection.js";

const BATCH = 25;
/** Instead of a count of acknowledged changes: the server came from a backup, its own count is the new beginning. */
export const TO_BE_LEARNT = "?";

/** @typedef {import("../local/outbox.js").Entry} Entry */

export class Pusher {
  /**
   * @param {import("../local/user.js").UserData} user
   * @param {import("./session.js").Session} session
   * @param {string} appVersion
   */
  constructor(user, session, appVersion) {
    this.user = user;
    this.session = session;
    this.appVersion = appVersion;
    this.batch = BATCH;
    /** @type {Set<string>} changes that this run need not try again */
    this.passedOver = new Set();
    this.done = { stored: 0, duplicate: 0, refused: 0 };
    /** @type {boolean | null} whether the server holds as many changes as it has acknowledged */
    this.reconciled = null;
  }

  /** Send until nothing is left, also what is written meanwhile. */
  async pushAll() {
    for (;;) {
      const entries = await this.user.outbox.putInFlight(this.batch, this.passedOver, await this.session.offsetMs());
      if (!entries.length) return;
      await this.#push(entries);
    }
  }

  /** Say how much is still here, unless the server was told the same last time: nobody else could tell it. */
  async tellWhatIsLeft() {
    const left = await this.user.unsent();
    if (left.changes + left.photos !== ((await this.user.store.get("told_unsent")) ?? 0)) await this.#send([], left);
  }

  /** @param {Entry[]} entries */
  async #push(entries) {
    const ids = entries.map((entry) => entry.change.id);
    let answer;
    try {
      answer = await this.#send(entries, await this.user.unsent(new Set(ids)));
    } catch (error) {
      if (!(error instanceof Declined && error.status === 413)) throw error;
      return this.#halve(entries, error);
    }
    if (answer.results.length !== ids.length) throw new Unreachable("the answer has not one result for each change");
    const results = answer.results.map((result, place) => /** @type {[string, typeof result]} */ ([ids[place], result]));
    const newly = answer.results.filter((result) => result.status !== "refused").length;
    const acknowledged = await this.#count(newly, answer.counts.stored);
    await this.user.outbox.settle(results, { acknowledged });
    for (const [id, result] of results) {
      this.done[result.status] += 1;
      if (result.status === "refused") this.passedOver.add(id);
    }
    this.reconciled = answer.counts.stored === acknowledged;
  }

  /** How many changes of this replica have ever been acknowledged; after a restore, counted from there. @param {number} newly @param {number} onServer */
  async #count(newly, onServer) {
    const known = (await this.user.store.get("acknowledged")) ?? 0;
    return known === TO_BE_LEARNT ? onServer : known + newly;
  }

  /** @param {Entry[]} entries @param {Declined} declined */
  async #halve(entries, declined) {
    if (entries.length > 1) {
      this.batch = Math.floor(entries.length / 2);
      return;
    }
    const { id } = entries[0].change;
    await this.user.outbox.settle([[id, { id, status: "refused", code: declined.code, message: declined.problem.detail }]], {});
    this.done.refused += 1;
  }

  /**
   * @param {Entry[]} entries
   * @param {{changes: number, photos: number, oldest: string | null}} left
   * @returns {Promise<import("../messages.js").PushAnswer>}
   */
  async #send(entries, left) {
    const unsent = left.changes + left.photos;
    const offset = (await this.session.offsetMs()) ?? 0;
    const oldest = left.oldest === null ? null : new Date(Date.parse(left.oldest) + offset).toISOString();
    const request = {
      changes: entries.map((entry) => entry.change),
      device_time: instantOf(new Date()),
      unsent,
      oldest_unsent_at: oldest,
      app_version: this.appVersion,
    };
    const options = { headers: { "content-type": "application/json" }, body: JSON.stringify(request) };
    const answer = await decode(await this.session.request("POST", "/api/v1/sync/push", options), ["results", "counts"]);
    await this.user.store.put({ told_unsent: unsent });
    return answer;
  }
}
