// @ts-check
/** The sections of a checklist, how far each one is, and what was found in it. */
import { Icon } from "./icons.js";
import { html } from "./preact.js";
import { link } from "./router.js";
import { pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").InspectionView} InspectionView */
/** @typedef {import("../engine/engine.js").SectionView} SectionView */

/** @param {{ view: InspectionView, current: string, onGo?: () => void }} props */
export function SectionList({ view, current, onGo }) {
  return html`<ol class="section-list">
    ${view.sections.map((section) => {
      const left = openIn(section);
      const found = section.items.filter((item) => item.failed).length;
      const state = [left === 0 ? "done" : "", found ? "found" : ""].join(" ");
      return html`<li key=${section.key}>
        <a class=${state} href=${link("inspect", view.id, section.key)} aria-current=${section.key === current ? "true" : undefined} onClick=${onGo}>
          <${Icon} name=${left === 0 || view.submitted ? "complete" : "open"} />
          <span>${pick(section.title)}</span>
          <span class="left num">${found ? html`<span class="nowrap">✕ ${found}<span class="heard"> ${t("inspect.section_found", { count: found })}</span></span> ` : null}${left > 0 ? html`<span aria-hidden="true" class="open-left">${left}</span><span class="heard">${t("inspect.section_left", { count: left })}</span>` : null}</span>
        </a>
      </li>`;
    })}
  </ol>`;
}

/** What still keeps the section from being done. @param {SectionView} section */
export function openIn(section) {
  return section.items.filter((item) => item.owes.length > 0 || item.conflict).length;
}
