// @ts-check
/** One run of the sync of one user: push, pull, photos. It never waits, and no failure of the line or the server is thrown. */

import { Declined, Unreachable } from "./connection.js";
import { sendFixes } from "./fixes.js";
import { measureClock, pullAll } from "./pulling.js";
import { Pusher } from "./pushing.js";
import { LogInNeeded, Session } from "./session.js";
import { Uploader } from "./uploading.js";

const SKEW_LIMIT_MS = 5 * 60 * 1000;

/** @typedef {import("../engine.js").SyncProblem} SyncProblem */
/**
 * @typedef {object} Report
 * @property {SyncProblem[]} problems
 * @property {boolean} answered the server was there
 * @property {boolean} logInNeeded
 * @property {boolean} revoked
 * @property {boolean} complete nothing waits any more
 * @property {number | null} retryAfterMs
 */
/**
 * @typedef {object} Watcher
 * @property {(phase: "pushing" | "pulling" | "photos") => void} phase
 * @property {(digest: string, share: number) => void} photo
 * @property {() => void} changed
 */

/**
 * @param {import("../local/user.js").UserData} user without its keys, what waits is sent and nothing is pulled
 * @param {string} appVersion
 * @param {Watcher} watcher
 * @returns {Promise<Report>}
 */
export async function run(user, appVersion, watcher) {
  const session = new Session(user.store);
  const pusher = new Pusher(user, session, appVersion);
  const uploader = new Uploader(user, session, (digest, share) => {
    watcher.photo(digest, share);
  });
  /** @type {Report} */
  const report = { problems: [], answered: false, logInNeeded: false, revoked: false, complete: false, retryAfterMs: null };
  try {
    await steps(user, session, pusher, uploader, watcher, report);
    report.answered = true;
    if (uploader.problem) throw uploader.problem;
  } catch (error) {
    note(report, error);
  }
  if (pusher.reconciled === false) report.problems.push({ code: "counts_differ", message: "the counts differ" });
  if (Math.abs((await session.offsetMs()) ?? 0) > SKEW_LIMIT_MS) report.problems.push({ code: "clock_skewed", message: "" });
  const left = await user.unsent();
  report.complete = left.changes + left.photos === 0 && !report.problems.some((one) => one.code !== "clock_skewed");
  return report;
}

/**
 * @param {import("../local/user.js").UserData} user
 * @param {Session} session
 * @param {Pusher} pusher
 * @param {Uploader} uploader
 * @param {Watcher} watcher
 * @param {Report} report
 */
async function steps(user, session, pusher, uploader, watcher, report) {
  const readable = user.store.keys !== null;
  watcher.phase("pushing");
  if ((await user.outbox.hasOpen()) || (await user.fixes.rows("waiting")).length) await measureClock(user, session);
  await pusher.pushAll();
  await sendFixes(user, session);
  const pull = async () => {
    watcher.phase("pulling");
    const startedOver = await pullAll(user, session, watcher.changed);
    if (!startedOver) return;
    report.problems.push({ code: "server_restored", message: "" });
    await pusher.pushAll();
  };
  if (readable) await pull();
  watcher.phase("photos");
  // What is typed meanwhile does not wait for the photos.
  const typed = keepPushing(user, session, pusher, watcher);
  try {
    await uploader.uploadAll();
  } finally {
    typed.stop();
    await typed.ended;
  }
  const fixed = await sendFixes(user, session); // those that had waited for their photo
  if (readable && (uploader.done || fixed || report.problems.length)) await pull(); // what has become complete by it
  await pusher.tellWhatIsLeft();
  if (!user.account.loggedOut) await user.store.takePermitBack(); // else the tokens are ended first, with this key
}

/**
 * @param {import("../local/user.js").UserData} user
 * @param {Session} session
 * @param {Pusher} pusher
 * @param {Watcher} watcher
 */
function keepPushing(user, session, pusher, watcher) {
  let stopped = false;
  /** @type {() => void} */
  let wake = () => {};
  const ended = (async () => {
    while (!stopped) {
      await new Promise((resolve) => {
        wake = () => resolve(undefined);
        setTimeout(wake, 2000);
      });
      if (stopped) continue;
      try {
        const edited = await user.outbox.hasOpen();
        if (edited) await pusher.pushAll();
        if ((await sendFixes(user, session)) || edited) watcher.changed();
      } catch {
        return; // the photos meet the same line, and say what is wrong with it
      }
    }
  })();
  const stop = () => {
    stopped = true;
    wake();
  };
  return { stop, ended };
}

/** @param {Report} report @param {unknown} error */
function note(report, error) {
  if (error instanceof LogInNeeded) {
    report.logInNeeded = report.answered = true;
    report.problems.push({ code: "log_in_needed", message: error.message });
  } else if (error instanceof Declined) {
    report.answered = true;
    report.revoked = error.code === "replica_revoked";
    const code = report.revoked ? /** @type {const} */ ("replica_revoked") : "declined";
    report.problems.push({ code, message: error.problem.detail, problem: error.problem });
  } else if (error instanceof Unreachable) {
    report.retryAfterMs = error.retryAfterMs;
    report.problems.push({ code: "unreachable", message: error.message });
  } else {
    throw error;
  }
}
