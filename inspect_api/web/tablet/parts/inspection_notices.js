// @ts-check
/** What must be known before the items: read only, being revised, refused, in conflict, a wrong clock. */
import { Conflict } from "./conflict.js";
import { Icon } from "./icons.js";
import { html } from "./preact.js";
import { link } from "./router.js";
import { refusal } from "./states.js";
import { pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").InspectionView} InspectionView */

/** @param {{ view: InspectionView, editing: import("./editing.js").Editing }} props */
export function InspectionNotices({ view, editing }) {
  const loose = view.conflictPaths.filter((conflict) => conflict.itemKey === null);
  const inItems = view.sections.flatMap((section) => section.items.filter((item) => item.conflict).map((item) => ({ section, item })));
  // A refusal that names no item that is shown below stands here.
  const shown = new Set(view.sections.flatMap((section) => section.items).map((item) => item.refused?.id));
  const refusals = view.refusals.filter((change) => !shown.has(change.id));
  return html`${view.state === "void" && html`<p class="notice warn"><${Icon} name="warn" /><b>${t("inspect.readonly")}</b></p>`}
    ${view.submitted && view.state !== "void" && view.reason === null && html`<p class="notice"><${Icon} name="complete" /><b>${t("inspect.submitted")}</b></p>`}
    ${view.reason !== null && html`<p class="notice warn" role="status"><${Icon} name="note" /><b>${t("inspect.revising", { reason: view.reason })}</b><span>${t("inspect.revising.lead")}</span></p>`}
    ${refusals.map((change) => {
      const { why, what } = refusal(change);
      return html`<p class="notice bad" key=${change.id}><${Icon} name="refused" /><b>${t("sent.refused")}: ${why}</b><span>${what}</span></p>`;
    })}
    ${loose.map(
      (conflict) =>
        html`<div class="notice clash" key=${conflict.path}>
          <${Icon} name="clash" /><b>${t("conflict.title")} · ${t(fieldWords(conflict.path))}</b>
          <${Conflict} inspectionId=${view.id} conflict=${conflict} kind=${null} locked=${editing.readOnly} />
        </div>`,
    )}
    ${view.clockSkewed && html`<p class="notice warn"><${Icon} name="warn" /><b>${t("inspect.clock_skewed")}</b></p>`}
    ${inItems.length > 0 &&
    html`<div class="notice clash">
      <${Icon} name="clash" /><b>${t("conflict.title")}</b>
      <ul>${inItems.map(({ section, item }) => html`<li key=${item.key}><a class="tap" href=${link("inspect", view.id, section.key, item.key)}>${pick(item.text)}</a></li>`)}</ul>
    </div>`}`;
}

/** @param {string} path */
function fieldWords(path) {
  if (path === "inspection/note") return "inspect.note";
  if (path === "inspection/submitted") return "submit.title";
  return path === "inspection/void" ? "inspect.void" : "conflict.field";
}
