// @ts-check
/**
 * Photos on their way: tus 1.0.0, in pieces, going on wherever the line broke. A photo counts as arrived only on a receipt that
 * names its hash.
 */

import "../../vendor/tus.js";
import { sha256 } from "../local/sealing.js";
import { Declined, decode, retryAfter, send, Unreachable } from "./connection.js";

const UPLOADS = "/api/v1/uploads";
const PIECE = 256 * 1024;
const SAME_PHOTO_TRIES = 2; // in one run; then it is the line's or the server's fault

/** @typedef {import("../local/database.js").PhotoRow} PhotoRow */

/** What the server will never take, however often it is sent. */
class Refused extends Error {
  /** @param {string} code @param {string} [message] */
  constructor(code, message = "") {
    super(message);
    this.code = code;
  }
}

export class Uploader {
  /**
   * @param {import("../local/user.js").UserData} user
   * @param {import("./session.js").Session} session
   * @param {(digest: string, share: number) => void} onProgress
   */
  constructor(user, session, onProgress) {
    this.user = user;
    this.session = session;
    this.onProgress = onProgress;
    this.done = 0;
    /** @type {Promise<boolean> | null} whether the server takes a checksum of each piece; asked once in a run */
    this.checks = null;
    /** @type {Declined | null} of the last photo that the server would not take now */
    this.problem = null;
  }

  /** Send what waits, oldest first, also what is taken meanwhile. One that is declined does not hold up the next. */
  async uploadAll() {
    /** @type {Set<string>} */
    const tried = new Set();
    for (;;) {
      const waiting = (await this.user.photos.waiting()).filter((photo) => !tried.has(photo.sha256));
      if (!waiting.length) return;
      for (const photo of waiting) {
        tried.add(photo.sha256);
        await this.#uploadOne(photo);
      }
    }
  }

  /** @param {PhotoRow} photo */
  async #uploadOne(photo) {
    try {
      await this.upload(photo);
      this.done += 1;
    } catch (error) {
      if (error instanceof Refused) await this.#refuse(photo, error);
      else if (error instanceof Declined) this.problem = error;
      else throw error;
    } finally {
      this.onProgress(photo.sha256, 0); // also when the line broke: it is not being sent any more
    }
  }

  /** @param {PhotoRow} photo */
  async upload(photo) {
    const bytes = await this.user.photos.bytes(photo.sha256);
    if (!bytes) throw new Refused("local_copy_missing");
    let address = photo.upload;
    for (let tries = 0; tries < SAME_PHOTO_TRIES; tries++) {
      address = await this.#send(photo, bytes, address);
      if (address && (await this.#isStored(photo, address))) return this.user.photos.confirm(photo.sha256);
    }
    throw new Unreachable("the server has not confirmed the photo yet");
  }

  /**
   * All of it; gives the address of the upload, null when it was gone.
   * @param {PhotoRow} photo
   * @param {ArrayBuffer} bytes
   * @param {string | null} address
   */
  async #send(photo, bytes, address) {
    for (const renewed of [false, true]) {
      const token = renewed ? await this.session.renew() : await this.session.token();
      try {
        return await this.#transfer(photo, bytes, address, token);
      } catch (error) {
        const answer = /** @type {any} */ (error).originalResponse ?? null;
        if (answer?.getStatus() === 401 && !renewed) {
          address = (await this.user.photos.get(photo.sha256))?.upload ?? null;
          continue;
        }
        if (answer?.getStatus() === 404 || answer?.getStatus() === 410) {
          await this.user.photos.noteUpload(photo.sha256, null);
          return null;
        }
        // The server has more than we thought, all of it perhaps: the receipt tells.
        if (answer?.getStatus() === 409) return (await this.user.photos.get(photo.sha256))?.upload ?? null;
        throw failureOf(error, answer);
      }
    }
    return null;
  }

  /**
   * @param {PhotoRow} photo
   * @param {ArrayBuffer} bytes
   * @param {string | null} address
   * @param {string} token
   * @returns {Promise<string>}
   */
  async #transfer(photo, bytes, address, token) {
    const checks = await (this.checks ??= takesChecksums());
    return new Promise((resolve, reject) => {
      const upload = new tus.Upload(new Blob([bytes]), {
        endpoint: UPLOADS,
        uploadUrl: address,
        chunkSize: PIECE,
        metadata: { sha256: photo.sha256 },
        headers: { authorization: `Bearer ${token}`, "accept-language": document.documentElement.lang || "zh" },
        retryDelays: null, // when to try again is decided in one place, for changes and photos alike
        storeFingerprintForResuming: false, // the queue keeps the address itself
        onBeforeRequest: (request) => (checks ? nameChecksum(request, bytes) : undefined),
        onUploadUrlAvailable: () => {
          // Not waited for: a lost address costs a new upload, never a photo.
          void this.user.photos.noteUpload(photo.sha256, pathOf(upload.url));
        },
        onProgress: (sent, total) => this.onProgress(photo.sha256, total ? sent / total : 0),
        onError: reject,
        onSuccess: () => resolve(pathOf(upload.url)),
      });
      upload.start();
    });
  }

  /** @param {PhotoRow} photo @param {string} address */
  async #isStored(photo, address) {
    try {
      const receipt = await decode(await this.session.request("GET", address), ["state", "sha256"]);
      if (receipt.state === "refused") throw new Refused(receipt.refusal ?? "photo_refused");
      return receipt.state === "stored" && receipt.sha256 === photo.sha256;
    } catch (error) {
      if (error instanceof Declined && (error.status === 404 || error.status === 410)) return false;
      throw error;
    }
  }

  /** @param {PhotoRow} photo @param {Refused} refused */
  async #refuse(photo, refused) {
    if (refused.code === "hash_mismatch") {
      const bytes = await this.user.photos.bytes(photo.sha256);
      if (bytes && (await sha256(bytes)) === photo.sha256) {
        await this.user.photos.noteUpload(photo.sha256, null); // something on the way spoilt it: from the beginning
        throw new Unreachable("the photo was damaged on its way");
      }
      refused = new Refused("local_copy_damaged", "the file on this tablet is no longer the photo that was taken");
    }
    await this.user.photos.refuse(photo.sha256, refused.code, refused.message);
  }
}

/** Whether the server announces what we can make (tus 1.0.0, "Checksum"). */
async function takesChecksums() {
  try {
    const answer = await send("OPTIONS", UPLOADS);
    return (answer.headers.get("tus-checksum-algorithm") ?? "").split(",").includes("sha256");
  } catch (error) {
    if (error instanceof Declined) return false; // a proxy that wants no OPTIONS stops no photo
    throw error;
  }
}

/** A piece that a line has altered is sent again alone, and not the photo. @param {any} request of tus-js-client @param {ArrayBuffer} bytes */
async function nameChecksum(request, bytes) {
  if (request.getMethod() !== "PATCH") return;
  const from = Number(request.getHeader("Upload-Offset"));
  const digest = await crypto.subtle.digest("SHA-256", bytes.slice(from, from + PIECE));
  request.setHeader("Upload-Checksum", `sha256 ${btoa(String.fromCharCode(...new Uint8Array(digest)))}`);
}

/** @param {unknown} error @param {any} answer of tus-js-client; null when there was none */
function failureOf(error, answer) {
  if (answer === null) return new Unreachable(String(error));
  const headers = new Headers();
  for (const name of ["upload-refused", "retry-after", "date"]) {
    const value = answer.getHeader(name);
    if (value) headers.set(name, value);
  }
  const status = answer.getStatus();
  const problem = problemIn(answer.getBody());
  const reason = headers.get("upload-refused");
  if (reason !== null || status === 413 || status === 422) {
    return new Refused(reason ?? problem?.code ?? "photo_refused", problem?.detail ?? "");
  }
  if (status >= 400 && status < 500 && ![408, 409, 425, 429, 460].includes(status) && problem) {
    return new Declined(status, problem, headers);
  }
  return new Unreachable(`upload: ${status}`, retryAfter(headers));
}

/** @param {string} text @returns {import("../messages.js").Problem | null} */
function problemIn(text) {
  try {
    const body = JSON.parse(text);
    return typeof body?.code === "string" ? body : null;
  } catch {
    return null;
  }
}

/** Only ever on our own server. @param {string | null} url */
function pathOf(url) {
  const path = new URL(url ?? "", location.href).pathname;
  if (!path.startsWith(`${UPLOADS}/`)) throw new Unreachable("not an answer of the server: an upload without its address");
  return path;
}
