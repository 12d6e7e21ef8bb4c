// @ts-check

/** @typedef {import("./engine.js").ErrorCode} ErrorCode */

/** What a person can cause; `code` is stable, screens choose the words. */
export class EngineError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} [message] for developers
   * @param {Record<string, unknown>} [detail]
   */
  constructor(code, message = code, detail = {}) {
    super(message);
    this.name = "EngineError";
    this.code = code;
    this.detail = detail;
  }
}

/** A full disk shows as this in every browser. @param {unknown} error */
export function isStorageFull(error) {
  return error instanceof DOMException && error.name === "QuotaExceededError";
}
