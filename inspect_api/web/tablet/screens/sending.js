// @ts-check
/** Where sending stands: progress, what waits and since when, what was refused and what to do, export for the worst case. */
import { Frame } from "../parts/frame.js";
import { Icon } from "../parts/icons.js";
import { useDoing, useLive, useSurroundings } from "../parts/live.js";
import { html } from "../parts/preact.js";
import { link } from "../parts/router.js";
import { inWords, unsent } from "../parts/sending.js";
import { refusal } from "../parts/states.js";
import { SendNow } from "../parts/tablet_panel.js";
import { ago, ahead, isLate, moment, size } from "../parts/times.js";
import { t } from "../texts/texts.js";

export function Sending() {
  const { engine } = useSurroundings();
  const { state } = engine.sync;
  const refused = useLive((live) => live.refused(), []);
  const { sign, words } = inWords(state);
  // Offline is no fault; the badge says it.
  const problems = state.problems.filter((problem) => state.online || problem.code !== "unreachable");
  return html`<${Frame} title=${t("sync.title")} screen="sending" back=${link("today")}>
    ${isLate(state.oldestUnsentAt) && html`<div class="notice bad" role="alert"><${Icon} name="warn" /><b>${t("today.late")}</b><span>${t("today.late.do")}</span></div>`}
    ${problems.map((problem) => html`<div class="notice bad" key=${problem.code}><${Icon} name="warn" /><b>${t(`sync.problem.${problem.code}`)}</b></div>`)}
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
        <p class="soft small next-attempt">${state.nextAttemptAt && unsent(state) > 0 ? t("sync.next", { when: ahead(state.nextAttemptAt) }) : ""}</p>
      </section>
      <${Export} />
    </div>
    ${state.refusedPhotos > 0 && html`<div class="notice bad"><${Icon} name="refused" /><b>${t("sync.refused_photos", { count: state.refusedPhotos })}</b><a class="tap" href=${link("inspections", "problems")}>${t("today.see")}</a></div>`}
    ${refused && refused.length > 0 && html`<${Refused} all=${refused} />`}
  <//>`;
}

/** @param {{ all: import("../engine/engine.js").RefusedChange[] }} props */
function Refused({ all }) {
  const { engine } = useSurroundings();
  const [busy, run] = useDoing();
  return html`<section class="stack" aria-labelledby="refused">
    <h2 id="refused">${t("sync.problems")}</h2>
    <p class="soft">${t("sync.problems.lead")}</p>
    <ul class="list">
      ${all.map((change) => {
        const { why, what } = refusal(change);
        return html`<li class="problem" key=${change.id}>
          <p class="row"><span class="tag bad"><${Icon} name="refused" />${t("sent.refused")}</span><span class="soft small">${moment(change.at)}</span></p>
          <p><b>${why}</b></p>
          <p>${what}</p>
          <p class="row"><a class="button" href=${link("inspect", change.inspectionId)}>${t("sync.open_inspection")}</a><button disabled=${busy} onClick=${() => run(() => engine.sendAnew(change.id, t("sync.send_anew")))}>${t("sync.send_anew")}</button></p>
        </li>`;
      })}
    </ul>
  </section>`;
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
