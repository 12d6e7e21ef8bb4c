// @ts-check
/** Everything of one user on this tablet, put together. */

import { Revisions } from "../views/revisions.js";
import { Directory } from "./directory.js";
import { Fixes } from "./fixes.js";
import { Outbox } from "./outbox.js";
import { Photos } from "./photos.js";
import { Store } from "./store.js";

/** @typedef {import("./database.js").AccountRow} AccountRow */

export class UserData {
  /** @param {AccountRow} account @param {Store} store */
  constructor(account, store) {
    this.account = account;
    this.store = store;
    this.outbox = new Outbox(store);
    this.photos = new Photos(store);
    this.fixes = new Fixes(store);
    this.directory = new Directory(store);
    this.revisions = new Revisions(this.directory);
  }

  /** @param {AccountRow} account @param {import("./sealing.js").Keys | null} [keys] */
  static async open(account, keys = null) {
    return new UserData(account, await Store.open(account.replicaId, keys));
  }

  /** What the server has not confirmed, reports of fixes among the changes; needs no key. @param {Set<string>} [without] ids of changes in flight */
  async unsent(without = new Set()) {
    const changes = await this.outbox.waiting(without);
    const photos = await this.photos.waiting();
    const fixes = await this.fixes.rows("waiting");
    const since = [changes.oldest, ...[...photos, ...fixes].map((one) => one.since)].filter((one) => one !== null);
    return {
      changes: changes.count + fixes.length,
      photos: photos.length,
      bytes: photos.reduce((sum, photo) => sum + photo.size, 0),
      oldest: since.sort(byInstant)[0] ?? null,
    };
  }

  /** What the server will not take as it is, and a person has to look at. */
  async refused() {
    const fixes = (await this.fixes.rows("refused")).length;
    return { changes: (await this.outbox.refusedCount()) + fixes, photos: (await this.photos.waiting("refused")).length };
  }

  close() {
    this.store.close();
  }
}

/** @param {string} a @param {string} b */
function byInstant(a, b) {
  return Date.parse(a) - Date.parse(b);
}
