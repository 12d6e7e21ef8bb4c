// @ts-check
/** What the tablet has pulled: the newest state of every object that its user may see. */

import * as paths from "../rules/paths.js";
import { DURABLE } from "./database.js";
import { open, seal } from "./sealing.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./database.js").FeedRow} FeedRow */
/** @typedef {import("../messages.js").FeedItem} FeedItem */
/** @typedef {import("../messages.js").PullAnswer} PullAnswer */
/** @typedef {import("../messages.js").InspectionView} PulledView */
/** @typedef {{id: string, siteId: string, view: PulledView}} PulledInspection */

export const KIND = /** @type {const} */ ({
  inspection: "inspection",
  revision: "template_revision",
  site: "site",
  workspace: "workspace",
  post: "post",
  employee: "employee",
  user: "user",
  action: "corrective_action",
});

/** A *life* is one pull from the very beginning; what the next one did not bring again is gone when it is complete. */
export class Directory {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** @type {Map<string, Promise<Map<string, any>>>} kind → bodies, until something else was pulled */
    this.known = new Map();
  }

  /** Something was pulled, here or in another tab. */
  invalidate() {
    this.known.clear();
  }

  /** @param {string} kind not for inspections, of which there are many @returns {Promise<Map<string, any>>} id → body */
  bodies(kind) {
    const known = this.known.get(kind) ?? this.#read(kind);
    this.known.set(kind, known);
    return known;
  }

  /** @param {string} kind @returns {Promise<Map<string, any>>} */
  async #read(kind) {
    const rows = await this.store.database.getAllFromIndex("feed", "kind", kind);
    return new Map(await Promise.all(rows.map(async (row) => /** @type {const} */ ([row.id, await this.#open(row)]))));
  }

  /** @param {string} kind @param {string} id @returns {Promise<any>} null when there is no such object here */
  async body(kind, id) {
    const row = await this.store.database.getFromIndex("feed", "object", [kind, id]);
    return row ? this.#open(row) : null;
  }

  /** @param {string} id @returns {Promise<PulledInspection | null>} as the server last showed it */
  async inspection(id) {
    const row = await this.store.database.getFromIndex("feed", "object", [KIND.inspection, id]);
    return row ? this.unseal(row) : null;
  }

  /** Those begun since then, still sealed. @param {number} since milliseconds since 1970 @returns {Promise<FeedRow[]>} */
  rowsSince(since) {
    // Everything else has 0 there.
    return this.store.database.getAllFromIndex("feed", "begun", IDBKeyRange.lowerBound(Math.max(1, since)));
  }

  /** Of one employee or workspace, newest first, still sealed. @param {string} subject @returns {Promise<FeedRow[]>} */
  async rowsOf(subject) {
    const rows = await this.store.database.getAllFromIndex("feed", "subject", subject);
    return rows.sort((a, b) => b.begun - a.begun);
  }

  /** @param {FeedRow} row @returns {Promise<PulledInspection>} */
  async unseal(row) {
    return { id: row.id, siteId: row.scope, view: await this.#open(row) };
  }

  /**
   * Take a page in, with its cursor, in one transaction: whatever goes wrong costs one page again. Changes that were
   * acknowledged before this pull began are in what it brings: views speak for them from here on, and they go with the last page.
   * @param {PullAnswer} page
   * @param {Set<string>} shown ids of those changes
   */
  apply(page, shown) {
    return this.store.exclusively(async () => {
      const life = (await this.store.get("life")) ?? 0;
      const clock = await this.store.clock();
      const rows = await Promise.all(page.rows.map((row) => this.#row(row, life)));
      for (const row of page.rows) {
        if (row.kind === KIND.inspection) for (const write of row.body?.writes ?? []) clock.observe(write.stamp);
      }
      const transaction = this.store.database.transaction(["feed", "outbox", "local"], "readwrite", DURABLE);
      const feed = transaction.objectStore("feed");
      for (const scope of page.removed_scopes) await removeAll(feed.index("scope"), scope);
      for (const [key, row] of rows) {
        if (row) feed.put(row);
        else feed.delete(key);
      }
      await settleShown(transaction.objectStore("outbox"), shown, page);
      if (!page.more) await removeAll(feed.index("life"), IDBKeyRange.upperBound(life, true));
      transaction.objectStore("local").put(page.cursor, "cursor");
      transaction.objectStore("local").put({ milliseconds: clock.milliseconds, counter: clock.counter }, "clock");
      await transaction.done;
    });
  }

  /** Pull from the beginning; until that is complete, what is here stays usable. */
  startOver() {
    return this.store.exclusively(async () => {
      const life = (await this.store.get("life")) ?? 0;
      await this.store.put({ cursor: undefined, life: life + 1 });
    });
  }

  /** Everything pulled goes, as when its key is lost. */
  async forget() {
    const transaction = this.store.database.transaction(["feed", "local"], "readwrite", DURABLE);
    transaction.objectStore("feed").clear();
    transaction.objectStore("local").delete("cursor");
    await transaction.done;
  }

  /** @param {FeedRow} row @returns {Promise<any>} */
  #open(row) {
    return open(this.store.readingKey, nameOf(row), row.sealed);
  }

  /** @param {FeedItem} item @param {number} life @returns {Promise<[[string, string, string], FeedRow | null]>} */
  async #row({ scope, kind, id, body }, life) {
    /** @type {[string, string, string]} */
    const key = [scope, kind, id];
    if (body === null) return [key, null];
    const sealed = await seal(this.store.readingKey, nameOf({ scope, kind, id }), body);
    const { subject, begun } = kind === KIND.inspection ? beginningOf(body) : { subject: null, begun: 0 };
    return [key, { scope, kind, id, life, subject, begun, sealed }];
  }
}

/** @param {{scope: string, kind: string, id: string}} row */
function nameOf({ scope, kind, id }) {
  return `${scope} ${kind} ${id}`;
}

/** Who it is about and when it was begun stay outside the seal: without them every inspection would have to be opened. @param {PulledView} view */
function beginningOf(view) {
  /** @type {Record<string, any>} */
  const fields = {};
  for (const write of view.writes) Object.assign(fields, write.fields);
  const begun = Date.parse(fields[paths.CAPTURED_AT]);
  return { subject: fields[paths.EMPLOYEE] ?? fields[paths.WORKSPACE] ?? null, begun: begun > 0 ? begun : 1 };
}

/** @param {any} index @param {IDBValidKey | IDBKeyRange} query */
async function removeAll(index, query) {
  for (let cursor = await index.openCursor(query); cursor; cursor = await cursor.continue()) cursor.delete();
}

/** @param {any} outbox @param {Set<string>} shown @param {PullAnswer} page */
async function settleShown(outbox, shown, page) {
  const brought = new Set(page.rows.filter((row) => row.kind === KIND.inspection).map((row) => row.id));
  for (const id of shown) {
    const row = await outbox.index("id").get(id);
    if (!row || (row.state !== "acknowledged" && row.state !== "shown")) continue;
    if (!page.more) outbox.delete(row.place);
    else if (brought.has(row.inspection)) outbox.put({ ...row, state: "shown" });
  }
}
