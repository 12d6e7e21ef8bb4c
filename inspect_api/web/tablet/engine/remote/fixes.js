// @ts-check
/** Reports of a fix on their way: each after its photo, each until the server has said yes or no. */

import { fixBody } from "../fixing.js";
import { Declined } from "./connection.js";

/**
 * Send what can go now; gives how many went.
 * @param {import("../local/user.js").UserData} user
 * @param {import("./session.js").Session} session
 */
export async function sendFixes(user, session) {
  let sent = 0;
  for (const fix of await waiting(user)) {
    const photo = fix.told.photo && (await user.photos.get(fix.told.photo));
    if (photo && photo.state === "waiting") continue;
    if (photo && photo.state === "refused") {
      const { code, message } = photo.refusal ?? { code: "", message: "" };
      await user.fixes.settle(fix.id, "refused", { code: `photo.${code}`, message });
      continue;
    }
    try {
      const body = JSON.stringify(fixBody(fix, await session.offsetMs()));
      await session.request("POST", `/api/v1/actions/${fix.action}/fix`, { headers: { "content-type": "application/json" }, body });
      await user.fixes.settle(fix.id, "sent");
      sent += 1;
    } catch (error) {
      if (!(error instanceof Declined) || error.code === "replica_revoked") throw error;
      await user.fixes.settle(fix.id, "refused", { code: error.code, message: error.problem.detail });
    }
  }
  return sent;
}

/** Without a key there is nothing that waits. @param {import("../local/user.js").UserData} user */
async function waiting(user) {
  return (await user.fixes.rows("waiting")).length ? user.fixes.all("waiting") : [];
}
