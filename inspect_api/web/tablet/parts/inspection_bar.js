// @ts-check
/** The bar under the thumb: running score, how far, the next open item, submit or revise. */
import { ReasonDialog } from "./dialog.js";
import { Icon } from "./icons.js";
import { useDoing, useSurroundings } from "./live.js";
import { html, useState } from "./preact.js";
import { revisionReasons } from "./reasons.js";
import { link } from "./router.js";
import { t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").InspectionView} InspectionView */

/** @param {{ view: InspectionView }} props */
export function InspectionBar({ view }) {
  const missing = view.missing[0];
  const share = view.items ? view.answered / view.items : 0;
  return html`<div class="bar" role="region" aria-label=${t("inspect.menu")}>
    <p class="now"><b>${view.running.final ?? view.running.points ?? t("inspect.no_score")}</b><span>${t(view.running.capped ? "inspect.capped" : view.running.final !== null ? "inspect.score_final" : "inspect.score_now")}</span></p>
    <div class="done"><span class="num">${t("inspect.done", { done: view.answered, all: view.items })}</span><progress max="1" value=${share} aria-hidden="true"></progress></div>
    ${!view.submitted && missing
      ? html`<a class="button next" href=${link("inspect", view.id, missing.sectionKey, missing.itemKey)}><${Icon} name="down" /><span class="word">${t("inspect.next_missing")}</span><span class="num">${view.missing.length}</span><span class="heard">${t("inspect.left", { count: view.missing.length })}</span></a>`
      : html`<span></span>`}
    ${view.submitted ? html`<${Revise} view=${view} />` : view.state !== "void" && html`<a class="button strong" href=${link("submit", view.id)}>${t("inspect.submit")}</a>`}
  </div>`;
}

/** @param {{ view: InspectionView }} props */
function Revise({ view }) {
  const { engine } = useSurroundings();
  const [asking, setAsking] = useState(false);
  const [, run] = useDoing();
  if (view.state === "void" || view.readOnly) return null;
  if (view.reason !== null) return html`<button class="strong" onClick=${() => run(() => engine.revise(view.id, null))}>${t("inspect.revise.end")}</button>`;
  return html`<button class="revise" onClick=${() => setAsking(true)}>${t("revise.title")}</button>
    ${asking &&
    html`<${ReasonDialog}
      title=${t("revise.do")}
      lead=${t("inspect.revising.lead")}
      reasons=${revisionReasons()}
      label=${t("revise.reason")}
      act=${t("revise.start")}
      onClose=${() => setAsking(false)}
      onReason=${(/** @type {string} */ reason) => run(async () => {
        await engine.revise(view.id, reason);
        setAsking(false);
      })}
    />`}`;
}
