// @ts-check
/** A logged-in line: tokens that renew themselves, and the difference between the server's clock and the device's. */

import { Declined, decode, send, Unreachable } from "./connection.js";

const LONGEST_MEASUREMENT_MS = 20_000; // half of it is the error of what was measured
const HALF_A_SECOND_MS = 500; // a Date has whole seconds
const JSON_TYPE = { "content-type": "application/json" };

/** The refresh token is gone or not good any more. Nothing that waits in the outbox is touched by that. */
export class LogInNeeded extends Error {}

export class Session {
  /** @param {import("../local/store.js").Store} store */
  constructor(store) {
    this.store = store;
    /** @type {string | null} */
    this.access = null;
  }

  /**
   * An answer of 2xx. Rejects with Unreachable, Declined, LogInNeeded.
   * @param {string} method
   * @param {string} path
   * @param {{headers?: Record<string, string>, body?: BodyInit, timeoutMs?: number}} [options]
   */
  async request(method, path, options = {}) {
    for (const renewed of [false, true]) {
      const token = renewed ? await this.renew() : await this.token();
      const headers = { authorization: `Bearer ${token}`, ...(options.headers ?? {}) };
      const before = Date.now();
      try {
        const answer = await send(method, path, { ...options, headers });
        await this.#measure(answer, before, Date.now());
        return answer;
      } catch (error) {
        if (!(error instanceof Declined && error.status === 401)) throw error;
      }
    }
    throw new LogInNeeded("the server does not take a fresh token");
  }

  /** The access token at hand, else a new one. */
  async token() {
    this.access ??= (await this.store.tokens())?.access || null;
    return this.access ?? this.renew();
  }

  /** The next pair. Kept on the disk before the new access token is used; one tab at a time, or both would use one token. */
  renew() {
    const stale = this.access;
    const lock = `inspect-tokens-${this.store.replicaId}`;
    return /** @type {Promise<string>} */ (
      /** @type {Promise<unknown>} */ (
        navigator.locks.request(lock, async () => {
          const tokens = await this.store.tokens();
          if (tokens?.access && tokens.access !== stale) return (this.access = tokens.access); // another tab has been here
          if (!tokens) throw new LogInNeeded("nobody is logged in");
          return this.#exchange(tokens.refresh);
        })
      )
    );
  }

  /** Server time minus device time as last measured; null before. @returns {Promise<number | null>} */
  async offsetMs() {
    return (await this.store.get("clock_offset_ms")) ?? null;
  }

  /** @param {string} refresh */
  async #exchange(refresh) {
    try {
      const body = JSON.stringify({ refresh_token: refresh });
      const answer = await send("POST", "/api/v1/auth/refresh", { headers: JSON_TYPE, body });
      const pair = await decode(answer, ["access_token", "refresh_token"]);
      await this.store.keepTokens({ access: pair.access_token, refresh: pair.refresh_token });
      return (this.access = pair.access_token);
    } catch (error) {
      if (error instanceof Declined && error.status === 401) throw new LogInNeeded(error.message);
      throw error;
    }
  }

  /** @param {Response} answer @param {number} before @param {number} after */
  async #measure(answer, before, after) {
    const took = after - before;
    if (took < 0 || took > LONGEST_MEASUREMENT_MS) return; // slow, or the clock was set meanwhile
    const told = await serverTime(answer);
    if (told === null) return;
    const offset = Math.floor(told - before - took / 2);
    if (offset !== (await this.offsetMs())) await this.store.put({ clock_offset_ms: offset });
  }
}

/** What the message says, else its `Date`; a page that is not ours tells nothing. @param {Response} answer */
async function serverTime(answer) {
  if (!(answer.headers.get("content-type") ?? "").startsWith("application/json")) return null;
  try {
    const { server_time: told } = await answer.clone().json();
    if (typeof told === "string") return Date.parse(told);
  } catch {
    return null;
  }
  const date = Date.parse(answer.headers.get("date") ?? "");
  return Number.isNaN(date) ? null : date + HALF_A_SECOND_MS;
}

/**
 * A new log-in, by password or by a one-time code.
 * @param {string} path
 * @param {Record<string, unknown>} body
 * @returns {Promise<import("../messages.js").Session>}
 */
export async function logIn(path, body) {
  const answer = await send("POST", path, { headers: JSON_TYPE, body: JSON.stringify(body) });
  const session = await decode(answer, ["access_token", "refresh_token", "user_id"]);
  if (!session.refresh_token) throw new Unreachable("the server gave no refresh token");
  return session;
}
