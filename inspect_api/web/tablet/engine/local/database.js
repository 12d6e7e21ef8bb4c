// @ts-check
/**
 * The databases of a tablet: one of the device, with who is on it, and one for each user. Names and shapes are what released
 * versions have left on tablets: change them by another version with its upgrade, never in place.
 */

import { openDB } from "../../vendor/idb.js";

/** @typedef {import("./sealing.js").Sealed} Sealed */
/**
 * @typedef {object} AccountRow
 * @property {string} replicaId
 * @property {string} userId
 * @property {string} name
 * @property {string} login
 * @property {import("./sealing.js").Wrapped | null} wrapped null until a PIN is set
 * @property {boolean} loggedOut
 * @property {boolean} logInNeeded
 * @property {number} failures wrong PINs in a row
 * @property {number} blockedUntil milliseconds since 1970, by the device's clock
 */
/**
 * @typedef {object} OutboxRow
 * @property {number} [place] order of writing
 * @property {string} id of the change
 * @property {string} inspection
 * @property {"open" | "in_flight" | "acknowledged" | "shown" | "refused"} state
 * @property {string} since instant of the first edit in it
 * @property {Sealed} sealed the change, by the sending key
 * @property {{code: string, path: string, message: string} | null} refusal
 */
/**
 * @typedef {object} PhotoRow
 * @property {string} sha256
 * @property {string} inspection for which it was taken first
 * @property {number} size bytes of the photo
 * @property {"waiting" | "stored" | "refused"} state
 * @property {string | null} upload address of the upload on the server, once begun
 * @property {string} since
 * @property {number} place order of taking
 * @property {{code: string, message: string} | null} refusal
 */
/**
 * @typedef {object} FixRow
 * @property {string} id of the report
 * @property {string} action
 * @property {"waiting" | "sent" | "refused"} state
 * @property {string} since
 * @property {Sealed} sealed what is told, by the sending key
 * @property {{code: string, message: string} | null} refusal
 */
/**
 * @typedef {object} FeedRow
 * @property {string} scope
 * @property {string} kind
 * @property {string} id
 * @property {number} life the pull from the beginning that brought it
 * @property {string | null} subject of an inspection: who or what it is about
 * @property {number} begun of an inspection: milliseconds since 1970; else 0
 * @property {Sealed} sealed the body, by the reading key
 */
/**
 * @typedef {import("../../vendor/idb.js").DBSchema & {
 *   local: {key: string, value: any},
 *   outbox: {key: number, value: OutboxRow, indexes: {id: string, inspection: string, state: string}},
 *   photos: {key: string, value: PhotoRow, indexes: {state: string, inspection: string}},
 *   bytes: {key: string, value: {sha256: string, iv: Uint8Array<ArrayBuffer>, data: Blob}},
 *   fixes: {key: string, value: FixRow},
 *   feed: {key: [string, string, string], value: FeedRow, indexes: {object: [string, string], kind: string, begun: number, subject: string, scope: string, life: number}},
 * }} UserSchema
 */
/** @typedef {import("../../vendor/idb.js").IDBPDatabase<UserSchema>} UserDatabase */
/** @typedef {import("../../vendor/idb.js").DBSchema & {accounts: {key: string, value: AccountRow}, device: {key: string, value: any}}} DeviceSchema */
/** @typedef {import("../../vendor/idb.js").IDBPDatabase<DeviceSchema>} DeviceDatabase */

export const DEVICE = "inspect-device";
const DEVICE_VERSION = 1;
const USER_VERSION = 2;

/** A tap is on the disk, not in a cache of the system, when its transaction is done. */
export const DURABLE = /** @type {const} */ ({ durability: "strict" });

/** @returns {Promise<DeviceDatabase>} */
export function openDevice() {
  return openDB(DEVICE, DEVICE_VERSION, {
    upgrade(database) {
      database.createObjectStore("accounts", { keyPath: "replicaId" });
      database.createObjectStore("device");
    },
    blocking: closeForOthers,
  });
}

/** @param {string} replicaId */
export function userDatabaseName(replicaId) {
  return `inspect-user-${replicaId}`;
}

/** @param {string} replicaId @returns {Promise<UserDatabase>} */
export function openUser(replicaId) {
  return openDB(userDatabaseName(replicaId), USER_VERSION, {
    upgrade(database, from) {
      if (from < 1) firstTables(database);
      if (from < 2) database.createObjectStore("fixes", { keyPath: "id" });
    },
    blocking: closeForOthers,
  });
}

/** @param {UserDatabase} database */
function firstTables(database) {
  database.createObjectStore("local");
  const outbox = database.createObjectStore("outbox", { keyPath: "place", autoIncrement: true });
  outbox.createIndex("id", "id", { unique: true });
  outbox.createIndex("inspection", "inspection");
  outbox.createIndex("state", "state");
  const photos = database.createObjectStore("photos", { keyPath: "sha256" });
  photos.createIndex("state", "state");
  photos.createIndex("inspection", "inspection");
  database.createObjectStore("bytes", { keyPath: "sha256" });
  const feed = database.createObjectStore("feed", { keyPath: ["scope", "kind", "id"] });
  feed.createIndex("object", ["kind", "id"]);
  feed.createIndex("kind", "kind");
  feed.createIndex("begun", "begun");
  feed.createIndex("subject", "subject");
  feed.createIndex("scope", "scope");
  feed.createIndex("life", "life");
}

/**
 * A newer version of the app in another tab wants to upgrade: let it; this tab has to be loaded anew.
 * @param {number} _current
 * @param {number | null} _blocked
 * @param {IDBVersionChangeEvent} event
 */
function closeForOthers(_current, _blocked, event) {
  /** @type {IDBDatabase} */ (event.target).close();
}
