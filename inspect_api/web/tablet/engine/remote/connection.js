// @ts-check
/**
 * The line to the server: what is an answer, what is none, and when to try again (docs/sync-protocol.md, "When there is no
 * answer"). Whatever is not clearly our server's answer counts as no answer at all.
 */

const LONGEST_WAIT_MS = 300_000;
const TIMEOUT_MS = 60_000;
const TEMPORARY = new Set([408, 425, 429]);
const PROBLEM = "application/problem+json";

/** No answer of the server came. */
export class Unreachable extends Error {
  /** @param {string} message @param {number | null} [retryAfterMs] where somebody said so @param {number} [status] 0: none */
  constructor(message, retryAfterMs = null, status = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.status = status;
  }
}

/** The server answered and said no. */
export class Declined extends Error {
  /** @param {number} status @param {import("../messages.js").Problem} problem @param {Headers} headers */
  constructor(status, problem, headers) {
    super(`${status} ${problem.code}: ${problem.detail}`);
    this.status = status;
    this.problem = problem;
    this.headers = headers;
  }

  get code() {
    return this.problem.code;
  }
}

/**
 * One request, one answer with a status of 2xx. Rejects with Unreachable or Declined.
 * @param {string} method
 * @param {string} path
 * @param {{headers?: Record<string, string>, body?: BodyInit, timeoutMs?: number}} [options]
 */
export async function send(method, path, { headers = {}, body, timeoutMs = TIMEOUT_MS } = {}) {
  const sent = { "accept-language": document.documentElement.lang || "zh", ...headers };
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: sent,
      body,
      redirect: "error",
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new Unreachable(`${method} ${path}: ${error}`);
  }
  if (answer.ok) return answer;
  throw await failure(answer, `${method} ${path}`);
}

/** @param {Response} answer @param {string} what */
async function failure(answer, what) {
  if (TEMPORARY.has(answer.status) || answer.status < 400 || answer.status >= 500) {
    return new Unreachable(`${what}: ${answer.status}`, retryAfter(answer.headers), answer.status);
  }
  if (!(answer.headers.get("content-type") ?? "").startsWith(PROBLEM)) {
    return new Unreachable(`${what}: ${answer.status} from somebody else`);
  }
  try {
    return new Declined(answer.status, await answer.json(), answer.headers);
  } catch {
    return new Unreachable(`${what}: ${answer.status}, cut off`);
  }
}

/**
 * The body as JSON; a 200 that is none is a stranger's page, or was cut off.
 * @param {Response} answer
 * @param {string[]} members that our answer has
 * @returns {Promise<any>}
 */
export async function decode(answer, members) {
  let body;
  try {
    body = await answer.json();
  } catch (error) {
    throw new Unreachable(`not an answer of the server: ${error}`);
  }
  if (body === null || typeof body !== "object" || !members.every((name) => name in body)) {
    throw new Unreachable("not an answer of the server");
  }
  return body;
}

/**
 * Milliseconds to wait after so many failures in a row: 2, 4, 8 … seconds, at most five minutes, less up to half at random.
 * @param {number} failures 1 or more
 * @param {number | null} retryAfterMs what the server asked for; never undercut, up to five minutes
 * @param {number} [chance] 0..1
 */
export function backOff(failures, retryAfterMs, chance = Math.random()) {
  const waiting = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** Math.min(failures, 20));
  return Math.min(LONGEST_WAIT_MS, Math.max(waiting * (1 - chance / 2), retryAfterMs ?? 0));
}

/** Seconds, or a date, which is read by the answer's own `Date`, never by the tablet's clock. @param {Headers} headers */
export function retryAfter(headers) {
  const text = (headers.get("retry-after") ?? "").trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const wait = Date.parse(text) - Date.parse(headers.get("date") ?? "");
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}
