// @ts-check
/** Whether work has left this tablet: one badge on every screen, with the words a person understands. */
import { Icon } from "./icons.js";
import { html } from "./preact.js";
import { useSurroundings } from "./live.js";
import { link } from "./router.js";
import { isLate } from "./times.js";
import { t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").SyncState} SyncState */

/** @param {SyncState} state */
export function unsent(state) {
  return state.unsentChanges + state.unsentPhotos;
}

/** @param {SyncState} state */
export function isMoving(state) {
  return state.phase === "pushing" || state.phase === "pulling" || state.phase === "photos";
}

/** Sign, words and look of a state. @param {SyncState} state @returns {{ sign: import("./icons.js").Sign, words: string, look: string }} */
export function inWords(state) {
  const count = unsent(state);
  const late = isLate(state.oldestUnsentAt);
  const codes = new Set(state.problems.map((problem) => problem.code));
  if (codes.has("replica_revoked")) return { sign: "refused", words: t("sync.revoked"), look: "late" };
  if (codes.has("log_in_needed")) return { sign: "lock", words: t("sync.login"), look: "late" };
  if (!state.online)
    return {
      sign: "offline",
      words: count ? t("sync.offline_waiting", { count }) : t("sync.offline_none"),
      look: late ? "late" : count ? "waiting" : "",
    };
  const refused = state.refusedChanges + state.refusedPhotos;
  if (isMoving(state) && count) return { sign: "up", words: t("sync.waiting", { count }), look: "moving" };
  if (count) return { sign: "tablet", words: t("sync.waiting", { count }), look: late ? "late" : "waiting" };
  if (refused) return { sign: "refused", words: t("sync.refused", { count: refused }), look: "late" }; // not "all sent"
  return { sign: "complete", words: t("sync.idle"), look: "sent" };
}

export function SendingBadge() {
  const { engine } = useSurroundings();
  const { sign, words, look } = inWords(engine.sync.state);
  return html`<a class=${`button sending ${look}`} href=${link("sending")}><${Icon} name=${sign} /><span>${words}</span><b class="num" aria-hidden="true">${unsent(engine.sync.state) || ""}</b></a>`;
}
