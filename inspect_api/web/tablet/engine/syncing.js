// @ts-check
/**
 * When to sync: on start, when the line or the page comes back, by a timer with back-off and jitter, and on "send now". Every user
 * on the tablet is sent for; only the open one pulls. One tab at a time.
 */

import { endLogIn } from "./account.js";
import { isStorageFull } from "./errors.js";
import { UserData } from "./local/user.js";
import { backOff } from "./remote/connection.js";
import { run } from "./remote/run.js";

const REGULARLY_MS = 4 * 60_000;
const AFTER_AN_EDIT_MS = 3_000;
const COUNT_EVERY_MS = 500;

/** @typedef {import("./engine.js").SyncState} SyncState */
/** @typedef {import("./local/database.js").AccountRow} AccountRow */
/** @typedef {{begun: number, done: number, left: number}} Work */

/** @type {SyncState} */
const NOTHING = {
  phase: "idle",
  online: true,
  unsentChanges: 0,
  unsentPhotos: 0,
  unsentBytes: 0,
  refusedChanges: 0,
  refusedPhotos: 0,
  oldestUnsentAt: null,
  progress: null,
  lastSyncAt: null,
  lastContactAt: null,
  nextAttemptAt: null,
  problems: [],
  elsewhere: false,
};

export class Syncing {
  /**
   * @param {import("./device.js").Device} device
   * @param {import("./account.js").Account} account
   * @param {{changed: () => void, pulled: () => void, appVersion: string, automatic: boolean}} host
   */
  constructor(device, account, host) {
    this.device = device;
    this.account = account;
    this.host = host;
    this.state = { ...NOTHING, online: navigator.onLine };
    this.failures = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {Promise<void> | null} */
    this.running = null;
    this.again = false;
    this.closed = false;
    /** @type {Map<string, number>} SHA-256 → share sent */
    this.photos = new Map();
    this.most = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.counting = undefined;
  }

  start() {
    if (!this.host.automatic) return;
    addEventListener("online", this.#back);
    addEventListener("offline", this.#gone);
    document.addEventListener("visibilitychange", this.#seen);
    void this.now();
  }

  async close() {
    this.closed = true;
    clearTimeout(this.timer);
    clearTimeout(this.counting);
    removeEventListener("online", this.#back);
    removeEventListener("offline", this.#gone);
    document.removeEventListener("visibilitychange", this.#seen);
    await this.running;
  }

  /** Resolves when a run that began after this call has ended. @returns {Promise<void>} */
  async now() {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    clearTimeout(this.timer);
    this.running = this.#rounds().finally(() => {
      this.running = null;
      this.#plan();
    });
    return this.running;
  }

  /** Something was written: it need not wait for the next regular run. */
  edited() {
    this.#countSoon(); // also offline: the screen must not say that nothing waits
    if (!this.host.automatic || this.failures) return;
    if (this.running) this.again = true;
    else this.#at(AFTER_AN_EDIT_MS);
  }

  /** Counts anew what waits here, of the open user. */
  async count() {
    const user = this.account.data;
    if (!user) return this.#set({ ...NOTHING, online: navigator.onLine, nextAttemptAt: this.state.nextAttemptAt });
    const left = await user.unsent();
    const refused = await user.refused();
    const lastSync = await user.store.get("last_sync");
    const lastContact = await user.store.get("last_contact");
    this.#set({
      unsentChanges: left.changes,
      unsentPhotos: left.photos,
      unsentBytes: left.bytes,
      oldestUnsentAt: left.oldest,
      refusedChanges: refused.changes,
      refusedPhotos: refused.photos,
      lastSyncAt: lastSync ?? null,
      lastContactAt: lastContact ?? null,
      progress: this.running && this.most ? 1 - Math.min(1, (left.changes + left.photos) / this.most) : null,
    });
  }

  /** Send for one user, whoever is open; gives what is left. @param {string} replicaId */
  async deliver(replicaId) {
    const row = await this.device.account(replicaId);
    if (!row) return 0;
    const user = await UserData.open(row);
    try {
      if (user.store.canSend) await this.#runFor(user, false);
      const left = await user.unsent();
      return left.changes + left.photos;
    } finally {
      user.close();
    }
  }

  #back = () => {
    this.#set({ online: true });
    void this.now();
  };

  #gone = () => this.#set({ online: false });

  #seen = () => {
    if (document.visibilityState === "visible") void this.now();
  };

  async #rounds() {
    do {
      this.again = false;
      await navigator.locks.request("inspect-sync", { ifAvailable: true }, async (lock) => {
        this.#set({ elsewhere: lock === null });
        if (lock) await this.#round().catch((error) => this.#full(error));
      });
    } while (this.again && !this.closed);
  }

  /** On a full disk not even a note of what was sent can be kept: that is said, and tried again. @param {unknown} error */
  #full(error) {
    if (!isStorageFull(error)) throw error;
    this.failures += 1;
    this.#set({ phase: "idle", progress: null, problems: [{ code: "storage_full", message: String(error) }] });
  }

  /** Everybody once; the open one first. */
  async #round() {
    let failed = false;
    let retryAfterMs = 0;
    const own = this.account.data;
    const others = (await this.device.accounts()).filter((row) => row.replicaId !== own?.store.replicaId);
    for (const row of others) failed = (await this.#others(row)) || failed;
    if (own) {
      // With a line to the database and keys of its own: locking need not wait for a slow upload.
      const user = await UserData.open(own.account, own.store.keys);
      const report = await this.#runFor(user, true).finally(() => user.close());
      failed = failed || !report.complete;
      retryAfterMs = report.retryAfterMs ?? 0;
    }
    this.failures = failed ? this.failures + 1 : 0;
    this.retryAfterMs = retryAfterMs;
    this.#set({ phase: "idle", progress: null });
    this.most = 0;
    await this.count();
  }

  /** @param {AccountRow} row @returns {Promise<boolean>} whether something is left that could have gone */
  async #others(row) {
    const user = await UserData.open(row);
    try {
      const left = await user.unsent();
      if (left.changes + left.photos && user.store.canSend && !row.logInNeeded) return !(await this.#runFor(user, false)).complete;
      if (row.loggedOut) await this.#leaveForGood(user);
      return false;
    } finally {
      user.close();
    }
  }

  /** Nothing of them is needed here any more: the server has confirmed all of it. @param {UserData} user */
  async #leaveForGood(user) {
    const left = await user.unsent();
    const kept = await user.refused();
    if (left.changes + left.photos + kept.changes + kept.photos) return;
    await endLogIn(user);
    user.close();
    await this.device.remove(user.store.replicaId);
    await this.account.refresh();
    this.host.changed();
  }

  /** @param {UserData} user @param {boolean} own of the open user */
  async #runFor(user, own) {
    const isOpen = () => own && this.account.data?.store.replicaId === user.store.replicaId;
    const before = await user.unsent();
    if (isOpen()) this.most = before.changes + before.photos;
    const report = await run(user, this.host.appVersion, {
      phase: (phase) => isOpen() && this.#set({ phase }),
      photo: (digest, share) => {
        if (share) this.photos.set(digest, share);
        else this.photos.delete(digest);
        if (isOpen()) this.#countSoon();
      },
      changed: () => this.host.pulled(),
    });
    const now = new Date().toISOString();
    await user.store.put({ ...(report.answered ? { last_contact: now } : {}), ...(report.complete ? { last_sync: now } : {}) });
    await this.device.change(user.store.replicaId, { logInNeeded: report.logInNeeded || report.revoked });
    await this.account.refresh();
    if (isOpen()) this.#set({ problems: report.problems });
    if (user.account.loggedOut && report.complete) await this.#leaveForGood(user);
    return report;
  }

  /** While photos go out there is news every few milliseconds. */
  #countSoon() {
    if (this.counting || this.closed) return;
    this.counting = setTimeout(() => {
      this.counting = undefined;
      if (!this.closed) void this.count();
    }, COUNT_EVERY_MS);
  }

  #plan() {
    if (!this.host.automatic || this.closed) return;
    if (this.failures) this.#at(backOff(this.failures, this.retryAfterMs ?? 0));
    else this.#at(REGULARLY_MS * (0.75 + Math.random() / 4));
  }

  /** @param {number} wait milliseconds */
  #at(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.now(), wait);
    const phase = this.failures ? /** @type {const} */ ("waiting") : /** @type {const} */ ("idle");
    this.#set({ nextAttemptAt: new Date(Date.now() + wait).toISOString(), phase });
  }

  /** @type {number} */
  retryAfterMs = 0;

  /** @param {Partial<SyncState>} news */
  #set(news) {
    this.state = { ...this.state, ...news };
    this.host.changed();
  }
}
