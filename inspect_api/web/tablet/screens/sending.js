// @ts-check
/** Where sending stands: progress, what waits and since when, what was refused and what to do, export for the worst case. */
import { Frame } from "../parts/frame.js";
import { Icon } from "../parts/icons.js";
import { useDoing, useSurroundings } from "../parts/live.js";
import { SyncProblems } from "../parts/log_in_again.js";
import { html } from "../parts/preact.js";
import { RefusedList } from "../parts/refused_list.js";
import { link } from "../parts/router.js";
import { inWords, unsent } from "../parts/sending.js";
import { SendNow } from "../parts/tablet_panel.js";
import { ago, isLate, moment, size } from "../parts/times.js";
import { t } from "../texts/texts.js";

export function Sending() {
  const { engine } = useSurroundings();
  const { state } = engine.sync;
  const { sign, words } = inWords(state);
  // Offline is no fault; the badge says it.
  const problems = state.problems.filter((problem) => state.online || problem.code !== "unreachable");
  return html`<${Frame} title=${t("sync.title")} screen="sending" back=${link("today")}>
    ${isLate(state.oldestUnsentAt) && html`<div class="notice bad" role="alert"><${Icon} name="warn" /><b>${t("today.late")}</b><span>${t("today.late.do")}</span></div>`}
    <${SyncProblems} problems=${problems} />
    <${RefusedList} />
    <div class="settings">
      <section class="card stack" aria-label=${t("sync.title")}>
        <p class="row" role="status"><${Icon} name=${sign} /><b>${words}</b>${state.elsewhere && html`<span class="soft">${t("sync.elsewhere")}</span>`}</p>
        <progress max="1" value=${state.progress ?? (unsent(state) ? 0 : 1)} aria-label=${t("sync.title")}></progress>
        <dl class="facts">
          <dt>${t("sync.changes")}</dt><dd class="num">${state.unsentChanges || t("today.unsent.none")}</dd>
          <dt>${t("sync.photos_word")}</dt><dd class="num">${state.unsentPhotos ? `${state.unsentPhotos} · ${size(state.unsentBytes)}` : t("today.unsent.none")}</dd>
          ${state.oldestUnsentAt && html`<dt>${t("today.oldest")}</dt><dd>${ago(state.oldestUnsentAt)}</dd>`}
          <dt>${t("today.last_sync")}</dt><dd>${state.lastSyncAt ? moment(state.lastSyncAt) : t("today.never")}</dd>
        </dl>
        <${SendNow} strong />
        <p class="soft small next-attempt">${state.nextAttemptAt && unsent(state) > 0 ? t("sync.next", { when: moment(state.nextAttemptAt) }) : ""}</p>
      </section>
      <${Export} />
    </div>
  <//>`;
}

/** A file for the worst case: the tablet breaks, or there is never a network. */
export function Export() {
  const { engine, say } = useSurroundings();
  const [busy, run] = useDoing();
  const keep = () =>
    run(async () => {
      const { name, blob } = await engine.exportQueue();
      const address = URL.createObjectURL(blob);
      const anchor = document.createElement("a");
      anchor.href = address;
      anchor.download = name;
      anchor.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      say({ text: t("sync.exported") });
    });
  return html`<section class="card stack">
    <h2>${t("sync.export")}</h2>
    <p class="soft">${t("sync.export.lead")}</p>
    <button disabled=${busy} onClick=${keep}>${busy ? html`<span class="spin"></span>${t("sync.exporting")}` : html`<${Icon} name="received" />${t("sync.export")}`}</button>
  </section>`;
}
