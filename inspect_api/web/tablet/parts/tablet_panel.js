// @ts-check
/** How this tablet is doing: what waits, since when, last sync, storage; and the warnings that must not be missed. */
import { Icon } from "./icons.js";
import { useDoing, useSurroundings } from "./live.js";
import { SyncProblems } from "./log_in_again.js";
import { html, useState } from "./preact.js";
import { link } from "./router.js";
import { isMoving, unsent } from "./sending.js";
import { ago, isLate, moment, size } from "./times.js";
import { t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").Today} TodayView */

/** @param {{ today: TodayView }} props */
export function TabletPanel({ today }) {
  const { sending, storage } = today;
  const count = unsent(sending);
  const left = storageLeft(storage);
  return html`<section class="card stack" aria-label=${t("today.on_tablet")}>
    <h2>${t("today.on_tablet")}</h2>
    <dl class="tiles">
      <div>
        <dt>${t("today.unsent")}</dt>
        <dd>${count || t("today.unsent.none")}${sending.oldestUnsentAt && html`<small>${t("today.oldest")} ${ago(sending.oldestUnsentAt)}</small>`}</dd>
      </div>
      <div>
        <dt>${t("today.last_sync")}</dt>
        <dd>${sending.lastSyncAt ? moment(sending.lastSyncAt) : t("today.never")}</dd>
      </div>
      ${left !== null && html`<div><dt>${t("today.storage")}</dt><dd>${size(left)}</dd></div>`}
    </dl>
    <${SendNow} />
  </section>`;
}

/** The same in one line, for screens on which the panel stands below all the people. @param {{ today: TodayView }} props */
export function Glance({ today }) {
  const { sending, storage, actions } = today;
  const left = storageLeft(storage);
  const overdue = actions.filter((action) => action.overdue).length;
  return html`<p class="glance">
    ${actions.length > 0 && html`<a class="button" href=${link("actions")}><${Icon} name="action" /><b class="num">${t("today.glance.actions", { count: actions.length })}</b>${overdue > 0 && html`<span class="late num">${t("today.glance.overdue", { count: overdue })}</span>`}</a>`}
    <a class="button" href=${link("sending")}><${Icon} name="tablet" /><span>${[
      sending.oldestUnsentAt ? t("today.glance.oldest", { when: ago(sending.oldestUnsentAt) }) : "",
      t("today.glance.sync", { when: sending.lastSyncAt ? moment(sending.lastSyncAt) : t("today.never") }),
      left === null ? "" : t("today.glance.storage", { left: size(left) }),
    ].filter(Boolean).join(" · ")}</span></a>
  </p>`;
}

/** Bytes; null where the browser does not tell. @param {import("../engine/engine.js").Storage} storage */
function storageLeft({ quota, used }) {
  return quota === null || used === null ? null : quota - used;
}

export function SendNow({ strong = false }) {
  const { engine } = useSurroundings();
  const [, run] = useDoing();
  const [asked, setAsked] = useState(false);
  const moving = asked || isMoving(engine.sync.state);
  const send = async () => {
    setAsked(true);
    await run(() => engine.sync.now());
    setAsked(false);
  };
  return html`<button class=${[strong ? "strong" : "", moving ? "busy" : ""].join(" ")} disabled=${moving} onClick=${send}>
    ${moving ? html`<span class="spin"></span>` : html`<${Icon} name="up" />`}${t(moving ? phaseWords(engine.sync.state.phase) : "sync.now")}
  </button>`;
}

/** @param {string} phase */
export function phaseWords(phase) {
  return phase === "pulling" || phase === "photos" ? `sync.${phase}` : "sync.pushing";
}

/** @param {{ today: TodayView }} props */
export function Warnings({ today }) {
  const { sending, storage } = today;
  const refused = sending.refusedChanges + sending.refusedPhotos;
  const conflicts = today.attention.reduce((sum, one) => sum + one.conflicts, 0);
  return html`<div class="alerts">
    <${ClashNotice} count=${conflicts} today=${today} />
    ${isLate(sending.oldestUnsentAt) &&
    html`<div class="notice bad" role="alert">
      <${Icon} name="warn" /><b>${t("today.late")}</b><span>${t("today.late.do")}</span>
    </div>`}
    ${refused > 0 &&
    html`<div class="notice bad"><${Icon} name="refused" /><b>${t("today.refused", { count: refused })}</b><a class="tap" href=${link("sending")}>${t("today.see")}</a></div>`}
    <${SyncProblems} problems=${sending.problems.filter((problem) => problem.code !== "unreachable")} />
    ${storage.low && html`<div class="notice warn"><${Icon} name="warn" /><b>${t("today.storage.low")}</b></div>`}
  </div>`;
}

/** @param {{ count: number, today: TodayView }} props */
function ClashNotice({ count, today }) {
  const first = today.attention.find((one) => one.conflicts > 0);
  if (!count || !first) return null;
  return html`<div class="notice clash"><${Icon} name="clash" /><b>${t("today.conflicts", { count })}</b><a class="tap" href=${link("inspections", "problems")}>${t("today.see")}</a></div>`;
}
