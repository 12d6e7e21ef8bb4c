// @ts-check
/** What is only to be had with a network. */

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
