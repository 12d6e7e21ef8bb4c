// @ts-check
/** Who is on the tablet: enrolment, log-in, PIN, lock, log-out. */

import { EngineError } from "./errors.js";
import { UserData } from "./local/user.js";
import { makeKeys, unwrapKeys, wrap } from "./local/sealing.js";
import { Declined, decode, send, Unreachable } from "./remote/connection.js";
import { logIn, Session } from "./remote/session.js";
import { newId } from "./rules/ids.js";

/** @typedef {import("./local/database.js").AccountRow} AccountRow */
/** @typedef {import("./engine.js").TabletUser} TabletUser */
/** @typedef {import("./engine.js").AccountState} AccountState */
/**
 * @typedef {object} Host
 * @property {() => void} changed
 * @property {() => void} opened somebody is in, or has left something to be sent
 * @property {() => Promise<void>} closing before the keys go
 * @property {(replicaId: string) => Promise<number>} deliver sends what waits; gives what is left
 * @property {string} appVersion
 */

const PIN = /^[0-9]{4,12}$/;
const FREE_TRIES = 5;
const PAUSE_SECONDS = 30; // doubled with each further wrong PIN
const LONGEST_PAUSE_SECONDS = 3600;

export class Account {
  /**
   * @param {import("./device.js").Device} device
   * @param {Host} engine
   */
  constructor(device, engine) {
    this.device = device;
    this.engine = engine;
    /** @type {AccountState} */
    this.state = "not_enrolled";
    /** @type {TabletUser | null} */
    this.user = null;
    /** @type {UserData | null} with its keys */
    this.data = null;
    /** @type {AccountRow | null} */
    this.row = null;
  }

  /** Where the tablet was left: locked, if it had somebody. */
  async start() {
    const rows = await this.device.accounts();
    const last = await this.device.lastUser();
    const row = rows.find((one) => one.replicaId === last && !one.loggedOut);
    if (row) await this.#settle(row.wrapped ? "locked" : "pin_needed", row);
    else await this.#settle(rows.length ? "logged_out" : "not_enrolled", null);
  }

  /** @returns {Promise<TabletUser[]>} */
  async users() {
    const rows = await this.device.accounts();
    return Promise.all(rows.map((row) => this.#describe(row)));
  }

  /** @param {string} code */
  async enrol(code) {
    const body = { code: code.toUpperCase().replace(/[\s-]/g, "") };
    // Whose code it is only the server knows. A queue that waits for a log-in is offered to it first: refused for another
    // user's, the code is as good as before.
    const waiting = (await this.device.accounts()).filter((row) => row.logInNeeded);
    for (const row of waiting) {
      try {
        return await this.#arrive("/api/v1/enrolment", body, row);
      } catch (error) {
        if (!(error instanceof EngineError && error.code === "replica_revoked")) throw error;
      }
    }
    await this.#arrive("/api/v1/enrolment", body, null);
  }

  codeInAddress() {
    const found = /^#enrol=([0-9A-Za-z-]+)$/.exec(location.hash);
    if (!found) return null;
    history.replaceState(null, "", location.pathname + location.search);
    return found[1];
  }

  /** @param {string} login @param {string} password */
  async logIn(login, password) {
    const known = (await this.device.accounts()).find((row) => row.login === login.trim()) ?? null;
    await this.#arrive("/api/v1/auth/login", { login: login.trim(), password }, known);
  }

  /** @param {string} pin */
  async setPin(pin) {
    if (!PIN.test(pin)) throw new EngineError("weak_pin");
    if (!this.row || (this.state !== "pin_needed" && this.state !== "open")) throw new EngineError("not_open");
    const row = this.row;
    const data = this.data ?? (await UserData.open(row));
    data.store.keys ??= await makeKeys();
    const wrapped = await wrap(pin, data.store.keys.raw);
    const next = /** @type {AccountRow} */ (await this.device.change(row.replicaId, { wrapped, failures: 0, blockedUntil: 0 }));
    await this.#opened(next, data);
  }

  /** @param {string} replicaId */
  async choose(replicaId) {
    const row = await this.device.account(replicaId);
    if (!row || row.loggedOut) throw new EngineError("log_in_needed");
    await this.#leave();
    await this.#settle(row.wrapped ? "locked" : "pin_needed", row);
  }

  /** @param {string} pin */
  async unlock(pin) {
    const row = this.row && (await this.device.account(this.row.replicaId));
    if (this.state !== "locked" || !row?.wrapped) throw new EngineError("not_open");
    const wait = Math.ceil((row.blockedUntil - Date.now()) / 1000);
    // A clock that was set back must not lock anybody out for longer than the pause itself.
    if (wait > 0 && wait <= LONGEST_PAUSE_SECONDS) throw new EngineError("bad_pin", "wait", { left: 0, wait });
    const keys = await unwrapKeys(pin, row.wrapped);
    if (!keys) throw await this.#wrong(row);
    await this.device.change(row.replicaId, { failures: 0, blockedUntil: 0 });
    await this.#opened(row, await UserData.open(row, keys));
  }

  async lock() {
    if (this.state !== "open" || !this.row) return;
    await this.#leave();
    await this.#settle("locked", this.row);
  }

  async logOut() {
    if (!this.row) return;
    // With nothing left to send, the tokens go with the keys: end them while they can be read.
    if (this.data && !(await this.#describe(this.row)).unsent) void endLogIn(this.data);
    await this.device.change(this.row.replicaId, { loggedOut: true });
    await this.device.setLastUser(null);
    await this.#leave();
    await this.#settle("logged_out", null);
    this.engine.opened(); // what waits is sent, and then the rest goes
  }

  /** @param {string} login @param {string} password */
  async forgetPin(login, password) {
    const known = (await this.device.accounts()).find((row) => row.login === login.trim());
    if (known) {
      await this.#arrive("/api/v1/auth/login", { login: login.trim(), password }, known);
      // Without the PIN nothing of theirs can be read here any more, but it can be sent; then they begin anew.
      const left = await this.engine.deliver(known.replicaId);
      if (left) throw new EngineError("unreachable", "what waits has to be sent first", { unsent: left });
      await this.#leave();
      await this.device.remove(known.replicaId);
    }
    await this.logIn(login, password);
  }

  /** What has changed on the disk since: counts, and who has gone. */
  async refresh() {
    if (this.row) {
      const row = await this.device.account(this.row.replicaId);
      if (row) this.user = { ...(await this.#describe(row)), ...this.#language() };
    } else if (this.state === "logged_out" && !(await this.device.accounts()).length) {
      this.state = "not_enrolled";
    }
  }

  /**
   * A log-in with the server, kept before anything else happens.
   * @param {string} path
   * @param {Record<string, unknown>} body
   * @param {AccountRow | null} known
   */
  async #arrive(path, body, known) {
    const replicaId = known?.replicaId ?? newId();
    const replica = { id: replicaId, device_name: deviceName(), app_version: this.engine.appVersion };
    const session = await this.#ask(path, { ...body, replica });
    const twin = known ?? (await this.device.accounts()).find((row) => row.userId === session.user_id);
    // A code for somebody who is here already, or another spelling of a log-in: the queue that is here stays in charge, and the
    // new replica is given up before it has held anything.
    if (twin && twin.replicaId !== replicaId) return this.#settle(twin.wrapped ? "locked" : "pin_needed", twin);
    await this.#leave();
    const row = known ?? { ...emptyAccount(replicaId, session.user_id), login: String(body.login ?? "") };
    const data = await UserData.open(row);
    try {
      await data.store.keepTokens({ access: session.access_token, refresh: session.refresh_token ?? "" });
      const me = await whoAmI(data);
      const next = { ...row, name: me.name, loggedOut: false, logInNeeded: false };
      await data.store.put({ language: me.language });
      await this.device.put(next);
      await this.#settle(next.wrapped ? "locked" : "pin_needed", next);
    } finally {
      data.close();
    }
  }

  /** @param {string} path @param {Record<string, unknown>} body */
  async #ask(path, body) {
    try {
      return await logIn(path, body);
    } catch (error) {
      if (error instanceof Unreachable && error.status === 429) {
        const minutes = String(Math.ceil((error.retryAfterMs ?? 60_000) / 60_000));
        throw new EngineError("too_many_tries", error.message, { minutes });
      }
      if (error instanceof Unreachable) throw new EngineError("unreachable", error.message);
      if (!(error instanceof Declined)) throw error;
      if (error.code === "replica_revoked") throw new EngineError("replica_revoked", error.problem.detail);
      const code = path.endsWith("/enrolment") ? "bad_code" : "bad_login";
      throw new EngineError(code, error.problem.detail, { problem: error.problem });
    }
  }

  /** @param {AccountRow} row @param {UserData} data */
  async #opened(row, data) {
    await data.store.closeDoor();
    this.data = data;
    this.language = await data.store.get("language");
    await this.#settle("open", row);
    this.engine.opened();
  }

  /** The keys go out of memory. */
  async #leave() {
    await this.engine.closing();
    this.data?.close();
    this.data = null;
  }

  /** @param {AccountState} state @param {AccountRow | null} row */
  async #settle(state, row) {
    this.state = state;
    this.row = row;
    if (row) await this.device.setLastUser(row.replicaId);
    this.user = row ? { ...(await this.#describe(row)), ...this.#language() } : null;
    this.engine.changed();
  }

  #language() {
    return this.state === "open" && this.language ? { language: this.language } : {};
  }

  /** @param {AccountRow} row */
  async #wrong(row) {
    const failures = row.failures + 1;
    const over = failures - FREE_TRIES;
    const wait = over < 0 ? 0 : Math.min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * 2 ** over);
    await this.device.change(row.replicaId, { failures, blockedUntil: wait ? Date.now() + wait * 1000 : 0 });
    return new EngineError("bad_pin", "wrong PIN", { left: Math.max(0, FREE_TRIES - failures), wait });
  }

  /** @param {AccountRow} row @returns {Promise<TabletUser>} */
  async #describe(row) {
    const data = this.data && this.row?.replicaId === row.replicaId ? this.data : await UserData.open(row);
    const left = await data.unsent();
    if (data !== this.data) data.close();
    return {
      replicaId: row.replicaId,
      userId: row.userId,
      name: row.name,
      login: row.login,
      unsent: left.changes + left.photos,
      oldestUnsentAt: left.oldest,
      loggedOut: row.loggedOut,
      logInNeeded: row.logInNeeded,
    };
  }
}


/** @param {string} replicaId @param {string} userId @returns {AccountRow} */
function emptyAccount(replicaId, userId) {
  const empty = { name: "", login: "", wrapped: null, loggedOut: false, logInNeeded: false, failures: 0, blockedUntil: 0 };
  return { replicaId, userId, ...empty };
}

/** @param {UserData} data @returns {Promise<import("./messages.js").Me>} */
async function whoAmI(data) {
  try {
    return await decode(await new Session(data.store).request("GET", "/api/v1/auth/me"), ["name", "language"]);
  } catch (error) {
    if (error instanceof Unreachable) throw new EngineError("unreachable", error.message);
    throw error;
  }
}

/** The refresh token is worth nothing from here on. Not being told is no loss: it is gone from the tablet. @param {UserData} data */
export async function endLogIn(data) {
  try {
    const tokens = await data.store.tokens();
    if (!tokens) return;
    const body = JSON.stringify({ refresh_token: tokens.refresh });
    await send("POST", "/api/v1/auth/logout", { headers: { "content-type": "application/json" }, body });
  } catch (error) {
    if (!(error instanceof Unreachable || error instanceof Declined)) throw error;
  }
}

/** What an administrator sees in the list of tablets. */
function deviceName() {
  const agent = navigator.userAgent;
  const kind = /iPad|Macintosh.*Mobile/.test(agent) ? "iPad" : /iPhone/.test(agent) ? "iPhone" : /Android/.test(agent) ? "Android" : "";
  return kind || (/Windows/.test(agent) ? "Windows" : /Linux/.test(agent) ? "Linux" : "tablet");
}
