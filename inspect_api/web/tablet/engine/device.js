// @ts-check
/** What belongs to the tablet and not to a user: who is on it. */

import { deleteDB } from "../vendor/idb.js";
import { DURABLE, openDevice, userDatabaseName } from "./local/database.js";

/** @typedef {import("./local/database.js").AccountRow} AccountRow */
/** @typedef {import("./local/database.js").DeviceDatabase} DeviceDatabase */

const LAST_USER = "last_user";

export class Device {
  /** @param {DeviceDatabase} database */
  constructor(database) {
    this.database = database;
  }

  static async open() {
    return new Device(await openDevice());
  }

  /** @returns {Promise<AccountRow[]>} */
  accounts() {
    return this.database.getAll("accounts");
  }

  /** @param {string} replicaId @returns {Promise<AccountRow | null>} */
  async account(replicaId) {
    return (await this.database.get("accounts", replicaId)) ?? null;
  }

  /** @returns {Promise<string | null>} the replica of whoever was chosen last, and has not logged out */
  async lastUser() {
    return (await this.database.get("device", LAST_USER)) ?? null;
  }

  /** @param {string | null} replicaId */
  async setLastUser(replicaId) {
    if ((await this.lastUser()) === replicaId) return;
    const transaction = this.database.transaction("device", "readwrite", DURABLE);
    transaction.store.put(replicaId, LAST_USER);
    await transaction.done;
  }

  /** @param {AccountRow} account */
  async put(account) {
    const transaction = this.database.transaction("accounts", "readwrite", DURABLE);
    transaction.store.put(account);
    await transaction.done;
  }

  /** Change what is there; nothing when the account is gone. @param {string} replicaId @param {Partial<AccountRow>} news */
  async change(replicaId, news) {
    const transaction = this.database.transaction("accounts", "readwrite", DURABLE);
    const row = await transaction.store.get(replicaId);
    if (row) transaction.store.put({ ...row, ...news });
    await transaction.done;
    return row ? { ...row, ...news } : null;
  }

  /** Everything of a user goes: only when the server has confirmed all of it. @param {string} replicaId */
  async remove(replicaId) {
    await deleteDB(userDatabaseName(replicaId));
    const transaction = this.database.transaction("accounts", "readwrite", DURABLE);
    transaction.store.delete(replicaId);
    await transaction.done;
  }

  close() {
    this.database.close();
  }
}
