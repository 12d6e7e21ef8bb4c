// @ts-check
/** What is only to be had, or said, with a network. */

import { EngineError } from "../errors.js";
import { sha256 } from "../local/sealing.js";
import { Declined, Unreachable } from "./connection.js";
import { LogInNeeded, Session } from "./session.js";

/** @typedef {import("../local/store.js").Store} Store */

/** The server's version of a photo; null when it is not to be had. @param {Store} store @param {string} digest @param {string} size */
export async function fetchPhoto(store, digest, size) {
  try {
    const answer = await new Session(store).request("GET", `/api/v1/photos/${digest}?size=${size}`);
    return await answer.blob();
  } catch (error) {
    if (error instanceof Unreachable || error instanceof Declined || error instanceof LogInNeeded) return null;
    throw error;
  }
}

/**
 * @param {import("../local/user.js").UserData} user
 * @param {string} actionId
 * @param {string} note
 * @param {ArrayBuffer | null} photo
 */
export async function reportFix(user, actionId, note, photo) {
  const session = new Session(user.store);
  try {
    const digest = photo && (await uploadWhole(session, photo));
    const body = JSON.stringify({ note, ...(digest ? { photo: digest } : {}) });
    await session.request("POST", `/api/v1/actions/${actionId}/fix`, { headers: { "content-type": "application/json" }, body });
  } catch (error) {
    if (error instanceof LogInNeeded) throw new EngineError("log_in_needed");
    if (error instanceof Declined) throw new EngineError("not_allowed", error.problem.detail, { problem: error.problem });
    if (error instanceof Unreachable) throw new EngineError("unreachable", error.message);
    throw error;
  }
}

/** In one piece: it is said at once or not at all. @param {Session} session @param {ArrayBuffer} bytes */
async function uploadWhole(session, bytes) {
  const digest = await sha256(bytes);
  const headers = {
    "tus-resumable": "1.0.0",
    "upload-length": String(bytes.byteLength),
    "upload-metadata": `sha256 ${btoa(digest)}`,
    "content-type": "application/offset+octet-stream",
  };
  await session.request("POST", "/api/v1/uploads", { headers, body: bytes });
  return digest;
}
