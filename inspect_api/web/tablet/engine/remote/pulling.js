// @ts-check
/** Pull: the feed comes in, page by page, each with its cursor in one transaction. */

import { Declined, decode } from "./connection.js";
import { TO_BE_LEARNT } from "./pushing.js";

const LIMIT = 1000;
const CURSOR_IS_OVER = new Set(["cursor_unknown", "bad_cursor"]);
const MEMBERS = ["rows", "removed_scopes", "cursor", "more"];

/** @typedef {import("../local/user.js").UserData} UserData */
/** @typedef {import("./session.js").Session} Session */

/**
 * Pull until there is no more.
 * @param {UserData} user
 * @param {Session} session
 * @param {(rows: number) => void} onRows
 * @returns {Promise<boolean>} whether the server came from a backup: what the outbox still had has to go there again
 */
export async function pullAll(user, session, onRows) {
  let shown = await user.outbox.acknowledged();
  let fixes = await user.fixes.rows("sent");
  let startedOver = false;
  for (;;) {
    const page = await nextPage(user, session);
    if (page === null) {
      shown = new Set();
      fixes = [];
      startedOver = true;
      continue;
    }
    await user.directory.apply(page, shown);
    onRows(page.rows.length);
    if (page.more) continue;
    await user.fixes.forget(fixes);
    return startedOver;
  }
}

/**
 * Ask for the time before anything is frozen: a change in flight keeps its offset for ever, and the device's clock may have
 * jumped by years since the last run.
 * @param {UserData} user
 * @param {Session} session
 */
export async function measureClock(user, session) {
  const cursor = await user.store.get("cursor");
  try {
    await session.request("GET", address(cursor, 1));
  } catch (error) {
    if (!(cursor && error instanceof Declined && CURSOR_IS_OVER.has(error.code))) throw error;
    await session.request("GET", address(undefined, 1));
  }
}

/**
 * null when the server no longer knows the cursor: then everything begins anew, but for the outbox.
 * @param {UserData} user
 * @param {Session} session
 * @returns {Promise<import("../messages.js").PullAnswer | null>}
 */
async function nextPage(user, session) {
  const cursor = await user.store.get("cursor");
  try {
    return await decode(await session.request("GET", address(cursor, LIMIT)), MEMBERS);
  } catch (error) {
    if (!(cursor && error instanceof Declined && CURSOR_IS_OVER.has(error.code))) throw error;
  }
  await user.outbox.sendAcknowledgedAgain();
  await user.fixes.sendAgain();
  await user.store.put({ acknowledged: TO_BE_LEARNT });
  await user.directory.startOver();
  return null;
}

/** @param {string | undefined} cursor @param {number} limit */
function address(cursor, limit) {
  const query = new URLSearchParams({ limit: String(limit), ...(cursor ? { cursor } : {}) });
  return `/api/v1/sync/pull?${query}`;
}
