// @ts-check
/**
 * Reports that a corrective action was fixed: on the disk from the tap until the server has them and a pull has shown it.
 * `waiting` → `sent` → gone, or `refused`. A report is sent as it was written, under its own id: a replay is a no-op.
 */

import { DURABLE } from "./database.js";
import { open, seal } from "./sealing.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./database.js").FixRow} FixRow */
/**
 * @typedef {object} Told what the seal holds
 * @property {string} note
 * @property {string | null} photo SHA-256
 * @property {string} captured_at the device's wall time
 * @property {number} reopened how often the action had been opened again, as this tablet knew it
 * @property {string} task what was asked for, and about whom: a refused one is shown also when the action is gone
 * @property {string} subject
 */
/** @typedef {FixRow & {told: Told}} Fix */

export class Fixes {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
  }

  /**
   * Keep a report, in the place of the refused one of the same action. Call it inside `store.exclusively`.
   * @param {string} id
   * @param {string} action
   * @param {Told} told
   * @param {(transaction: any) => void} [also] over the stores "photos" and "bytes"
   */
  async write(id, action, told, also) {
    const former = (await this.all()).filter((fix) => fix.action === action && fix.state === "refused");
    const sealed = await seal(this.store.sendingKey, id, told);
    const transaction = this.store.database.transaction(["fixes", "local", "photos", "bytes"], "readwrite", DURABLE);
    also?.(transaction);
    for (const fix of former) transaction.objectStore("fixes").delete(fix.id);
    transaction.objectStore("fixes").put({ id, action, state: "waiting", since: told.captured_at, sealed, refusal: null });
    transaction.objectStore("local").put(this.store.sendingKey, "permit");
    await transaction.done;
    this.store.permit = this.store.sendingKey;
    return former.map((fix) => fix.told.photo).filter((photo) => photo !== null && photo !== told.photo);
  }

  /** In the order of their ids, which is that of their making. @param {FixRow["state"]} [state] @returns {Promise<Fix[]>} */
  async all(state) {
    const rows = await this.rows(state);
    return Promise.all(rows.map(async (row) => ({ ...row, told: await open(this.store.sendingKey, row.id, row.sealed) })));
  }

  /** Still sealed. @param {FixRow["state"]} [state] */
  async rows(state) {
    const rows = await this.store.database.getAll("fixes");
    return state ? rows.filter((row) => row.state === state) : rows;
  }

  /** @param {string} id @param {FixRow["state"]} state @param {FixRow["refusal"]} [refusal] */
  async settle(id, state, refusal = null) {
    const transaction = this.store.database.transaction("fixes", "readwrite", DURABLE);
    const row = await transaction.store.get(id);
    if (row) transaction.store.put({ ...row, state, refusal });
    await transaction.done;
  }

  /** A pull that began after they were sent is complete: the feed speaks for them. @param {FixRow[]} sent */
  async forget(sent) {
    if (!sent.length) return;
    const transaction = this.store.database.transaction("fixes", "readwrite", DURABLE);
    for (const { id } of sent) transaction.store.delete(id);
    await transaction.done;
  }

  /** The server came back from a backup and may not have them any more. */
  async sendAgain() {
    for (const { id } of await this.rows("sent")) await this.settle(id, "waiting");
  }
}
