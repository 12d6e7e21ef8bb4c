// @ts-check
/** What may be answered to an item, what is a finding, and what evidence is still owed: checklists/responses.py in JavaScript. */

/** @typedef {import("./template.js").Item} Item */
/** @typedef {{value: string | number, note?: string | null}} Response */

export const NOT_APPLICABLE = "not_applicable";
export const MAX_COUNT = 99;
const DECIMAL = /^-?[0-9]{1,9}(\.[0-9]{1,6})?$/;
// What counts as white space on the server. JavaScript's own \s differs in a few characters.
const WHITE = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;

/**
 * The value as a response, or null when it has not the shape of one.
 * @param {unknown} value
 * @returns {Response | null}
 */
export function asResponse(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const { value: told, note, ...more } = /** @type {Record<string, unknown>} */ (value);
  if (Object.keys(more).length) return null;
  const text = typeof told === "string" && length(told) <= 80;
  if (!text && !Number.isInteger(told)) return null;
  if (note !== undefined && note !== null && !(typeof note === "string" && length(note) <= 2000)) return null;
  return /** @type {Response} */ (value);
}

/**
 * Why this response does not fit the item, or null.
 * @param {Item} item
 * @param {Response} response
 * @returns {"wrong_kind" | "out_of_range" | "unknown_option" | "not_a_number" | "note_missing" | null}
 */
export function problemOf(item, response) {
  const { value } = response;
  const kind = item.response;
  if (value === NOT_APPLICABLE) return hasNote(response) ? null : "note_missing";
  if (kind.kind === "pass_fail") return value === "pass" || value === "fail" ? null : "wrong_kind";
  if (kind.kind === "rating") return wholeNumber(value, kind.max);
  if (kind.kind === "deduction") return wholeNumber(value, MAX_COUNT);
  if (kind.kind === "choice") return kind.options.some((option) => option.key === value) ? null : "unknown_option";
  if (typeof value !== "string") return "wrong_kind";
  return parseDecimal(value) === null ? "not_a_number" : null;
}

/**
 * Whether a valid response is a finding: worth half of its points or less; in a deduction, any occurrence.
 * @param {Item} item
 * @param {Response} response
 */
export function isFailed(item, { value }) {
  const kind = item.response;
  if (value === NOT_APPLICABLE) return false;
  if (kind.kind === "pass_fail") return value === "fail";
  if (kind.kind === "rating") return typeof value === "number" && 2 * value <= kind.max;
  if (kind.kind === "deduction") return typeof value === "number" && value > 0;
  if (kind.kind === "choice") {
    const points = kind.options.find((option) => option.key === value)?.points ?? 0;
    return 2 * points <= Math.max(...kind.options.map((option) => option.points));
  }
  return typeof value === "string" && !within(kind, value);
}

/**
 * What a response still owes, given the number of photos declared for the item.
 * @param {Item} item
 * @param {Response} response
 * @param {number} photos
 * @returns {("photo" | "note")[]}
 */
export function owes(item, response, photos) {
  if (response.value === NOT_APPLICABLE) return [];
  const failed = isFailed(item, response);
  /** @type {("photo" | "note")[]} */
  const owed = [];
  if (photos < 1 && required(item.photo, failed)) owed.push("photo");
  if (required(item.note, failed) && !hasNote(response)) owed.push("note");
  return owed;
}

/**
 * Whether a decimal text lies inside the tolerance, ends included; false for text that is no number.
 * @param {{minimum?: string | null, maximum?: string | null}} kind
 * @param {string} value
 */
export function within(kind, value) {
  const number = parseDecimal(value);
  if (number === null) return false;
  const low = kind.minimum == null ? null : parseDecimal(kind.minimum);
  const high = kind.maximum == null ? null : parseDecimal(kind.maximum);
  return (low === null || number >= low) && (high === null || number <= high);
}

/** In millionths, which are exact here: at most nine digits and six decimals. @param {string} text */
export function parseDecimal(text) {
  if (!DECIMAL.test(text)) return null;
  const [whole, part = ""] = text.replace("-", "").split(".");
  const millionths = Number(whole + part.padEnd(6, "0"));
  return text.startsWith("-") ? -millionths : millionths;
}

/** @param {Response} response */
export function hasNote({ note }) {
  return typeof note === "string" && !WHITE.test(note);
}

/** @param {string | number} value @param {number} highest */
function wholeNumber(value, highest) {
  if (!Number.isInteger(value)) return "wrong_kind";
  return /** @type {number} */ (value) >= 0 && /** @type {number} */ (value) <= highest ? null : "out_of_range";
}

/** @param {string | undefined} when @param {boolean} failed */
function required(when, failed) {
  return when === "always" || (when === "on_fail" && failed);
}

/** In characters, as the server counts. @param {string} text */
function length(text) {
  return Array.from(text).length;
}
