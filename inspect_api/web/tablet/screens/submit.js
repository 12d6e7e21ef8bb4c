// @ts-check
/** Before it is handed in: what is missing, each a jump; else the result in one look, and one button. */
import { Frame } from "../parts/frame.js";
import { Icon } from "../parts/icons.js";
import { useDoing, useLive, useSurroundings } from "../parts/live.js";
import { html } from "../parts/preact.js";
import { link } from "../parts/router.js";
import { WhereTag, whereIs, whyThere } from "../parts/states.js";
import { Waiting } from "../parts/waiting.js";
import { pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").InspectionView} InspectionView */

/** @param {{ parts: string[] }} props */
export function Submit({ parts }) {
  const id = parts[0] ?? "";
  const view = useLive((engine) => engine.inspection(id), [id]);
  const body = () => {
    if (!view) return view === null ? html`<p class="empty">${t("inspect.gone")}</p>` : html`<${Waiting} />`;
    if (view.submitted) return html`<${Done} view=${view} />`;
    return view.missing.length > 0 ? html`<${Missing} view=${view} />` : html`<${Ready} view=${view} />`;
  };
  return html`<${Frame} title=${view?.submitted ? t("submit.done.title") : t("submit.title")} about=${view && `${view.subjectName} · ${pick(view.title)}`} screen="submit" back=${link("inspect", id)} bar=${html`<span></span>`}>
    ${body()}
  <//>`;
}

/** @param {{ view: InspectionView }} props */
function Missing({ view }) {
  const sections = view.sections.filter((section) => view.missing.some((one) => one.sectionKey === section.key));
  return html`<section class="stack narrow" aria-labelledby="missing">
    <div class="notice warn" role="status"><${Icon} name="warn" /><b id="missing">${t("submit.missing", { count: view.missing.length })}</b><span>${t("submit.missing.lead")}</span></div>
    ${sections.map(
      (section) =>
        html`<section class="stack" key=${section.key} aria-label=${pick(section.title)}>
          <h2>${pick(section.title)}</h2>
          <ul class="list owes">
            ${view.missing
              .filter((one) => one.sectionKey === section.key)
              .map(
                (one) =>
                  html`<li key=${one.itemKey + one.what}>
                    <a href=${link("inspect", view.id, one.sectionKey, one.itemKey)}><span>${pick(one.text)}</span><span class="tag warn">${t(`submit.${one.what}`)}</span><${Icon} name="forward" /></a>
                  </li>`,
              )}
          </ul>
        </section>`,
    )}
  </section>`;
}

/** @param {{ view: InspectionView }} props */
function Ready({ view }) {
  const { engine } = useSurroundings();
  const [busy, run] = useDoing();
  return html`<section class="stack narrow">
    <${Score} view=${view} />
    ${view.running.lowCoverage && html`<p class="notice warn"><${Icon} name="warn" /><span>${t("submit.low_coverage")}</span></p>`}
    ${view.conflicts > 0 && html`<p class="notice clash"><${Icon} name="clash" /><b>${t("today.conflicts", { count: view.conflicts })}</b></p>`}
    <${Findings} view=${view} />
    <div class="stack">
      <p class="soft">${t("submit.ready.lead")}</p>
      <button class=${busy ? "strong busy" : "strong"} disabled=${busy} onClick=${() => run(() => engine.submit(view.id))}>${t("submit.do")}</button>
    </div>
  </section>`;
}

/** @param {{ view: InspectionView }} props */
function Done({ view }) {
  const left = ["received", "complete"].includes(whereIs(view));
  return html`<section class="stack narrow">
    <p class="row" role="status"><${Icon} name="complete" /><b>${t(left ? "submit.done.arrived" : "submit.done")}</b></p>
    <${Score} view=${view} />
    <p class="row"><${WhereTag} one=${view} /><span class="soft">${whyThere(view)}</span></p>
    <${Findings} view=${view} />
    <div class="row">
      <a class="button strong" href=${link("today")}>${t("submit.next")}</a>
      <a class="button" href=${link("inspect", view.id)}>${t("submit.stay")}</a>
    </div>
  </section>`;
}

/** @param {{ view: InspectionView }} props */
function Score({ view }) {
  const { running } = view;
  return html`<div class="card">
    <p class="big-score"><b>${running.final ?? running.points ?? t("inspect.no_score")}</b><span>${running.capped ? `${t("inspect.capped")} · ${running.uncapped}` : t("inspect.score_final")}</span></p>
    <p class="soft">${t("inspect.done", { done: view.answered, all: view.items })} · ${t("submit.photos", { count: view.photos })}</p>
  </div>`;
}

/** @param {{ view: InspectionView }} props */
function Findings({ view }) {
  const found = view.sections.flatMap((section) => section.items.filter((item) => item.failed).map((item) => ({ section, item })));
  return html`<section class="stack" aria-labelledby="findings">
    <h2 id="findings">${found.length ? t("submit.findings", { count: found.length }) : t("submit.no_findings")}</h2>
    ${found.length > 0 &&
    html`<ul class="list owes">
      ${found.map(
        ({ section, item }) =>
          html`<li key=${item.key}>
            <a href=${link("inspect", view.id, section.key, item.key)}><span>${item.critical ? "★ " : ""}${pick(item.text)}${item.note ? html`<small class="soft"> · ${item.note}</small>` : null}</span>${item.photos.length > 0 ? html`<span class="tag"><${Icon} name="camera" />${item.photos.length}</span>` : html`<span></span>`}<${Icon} name="forward" /></a>
          </li>`,
      )}
    </ul>`}
  </section>`;
}
