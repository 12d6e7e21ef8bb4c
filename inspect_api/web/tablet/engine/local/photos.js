// @ts-check
/** Photos on the tablet: on the disk from the moment they are taken until the server has confirmed their hash. */

import { DURABLE } from "./database.js";
import { openBytes, sealBytes, sha256 } from "./sealing.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./database.js").PhotoRow} PhotoRow */

export class Photos {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
  }

  /**
   * What has to be written to keep this photo; give it to the transaction of the change that declares it. Known photos are
   * kept as they are, one that was refused is tried again.
   * @param {string} inspectionId
   * @param {ArrayBuffer} bytes
   * @param {string} since
   * @returns {Promise<{digest: string, keep: (transaction: any) => void}>}
   */
  async prepare(inspectionId, bytes, since) {
    const digest = await sha256(bytes);
    const known = await this.get(digest);
    if (known && known.state !== "refused") return { digest, keep: () => {} };
    const { iv, data } = await sealBytes(this.store.sendingKey, digest, bytes);
    /** @type {PhotoRow} */
    const row = {
      sha256: digest,
      inspection: inspectionId,
      size: bytes.byteLength,
      state: "waiting",
      upload: null,
      since,
      place: known?.place ?? (await this.#nextPlace()),
      refusal: null,
    };
    const keep = (/** @type {any} */ transaction) => {
      transaction.objectStore("photos").put(row);
      transaction.objectStore("bytes").put({ sha256: digest, iv, data: new Blob([data]) });
    };
    return { digest, keep };
  }

  /** @param {string} digest @returns {Promise<PhotoRow | null>} */
  async get(digest) {
    return (await this.store.database.get("photos", digest)) ?? null;
  }

  /** @returns {Promise<Map<string, PhotoRow>>} by SHA-256 */
  async all() {
    const rows = await this.store.database.getAll("photos");
    return new Map(rows.map((row) => [row.sha256, row]));
  }

  /** @param {Iterable<string>} digests @returns {Promise<Map<string, PhotoRow>>} those that are here, by SHA-256 */
  async some(digests) {
    const rows = await Promise.all(Array.from(digests, (digest) => this.get(digest)));
    return new Map(rows.filter((row) => row !== null).map((row) => [row.sha256, row]));
  }

  /** Oldest first. @param {PhotoRow["state"]} [state] */
  async waiting(state = "waiting") {
    const rows = await this.store.database.getAllFromIndex("photos", "state", state);
    return rows.sort((a, b) => a.place - b.place);
  }

  /** The photo as it was taken; null when it is not here any more. @param {string} digest */
  async bytes(digest) {
    const row = await this.store.database.get("bytes", digest);
    if (!row) return null;
    return openBytes(this.store.sendingKey, digest, { iv: row.iv, data: await row.data.arrayBuffer() });
  }

  /** @param {string} digest @param {string | null} upload */
  noteUpload(digest, upload) {
    return this.#change(digest, { upload });
  }

  /** The server's receipt names this hash. Now, and not before, the bytes here may go. @param {string} digest */
  async confirm(digest) {
    await this.#change(digest, { state: "stored", upload: null, refusal: null }, true);
  }

  /** It will not be taken; the bytes stay. @param {string} digest @param {string} code @param {string} message */
  refuse(digest, code, message) {
    return this.#change(digest, { state: "refused", upload: null, refusal: { code, message } });
  }

  /** Forget a refused photo, after the inspection has stopped declaring it. @param {string} digest */
  async giveUp(digest) {
    const transaction = this.store.database.transaction(["photos", "bytes"], "readwrite", DURABLE);
    const row = await transaction.objectStore("photos").get(digest);
    if (row?.state === "refused") {
      transaction.objectStore("photos").delete(digest);
      transaction.objectStore("bytes").delete(digest);
    }
    await transaction.done;
  }

  async #nextPlace() {
    const last = ((await this.store.get("photo_place")) ?? 0) + 1;
    await this.store.put({ photo_place: last });
    return last;
  }

  /** @param {string} digest @param {Partial<PhotoRow>} news @param {boolean} [dropBytes] */
  async #change(digest, news, dropBytes = false) {
    const transaction = this.store.database.transaction(["photos", "bytes"], "readwrite", DURABLE);
    const row = await transaction.objectStore("photos").get(digest);
    if (row) transaction.objectStore("photos").put({ ...row, ...news });
    if (row && dropBytes) transaction.objectStore("bytes").delete(digest);
    await transaction.done;
  }
}
