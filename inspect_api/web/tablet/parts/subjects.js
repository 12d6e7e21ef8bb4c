// @ts-check
/** An employee or a workspace in a list: who, where, how often seen this week and by whom. */
import { Icon } from "./icons.js";
import { html } from "./preact.js";
import { link } from "./router.js";
import { moment } from "./times.js";
import { has, language, pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").Coverage} Coverage */

/** So many inspections, by two supervisors on two days, make a week official (the service's default). */
const ENOUGH = 3;

/** @param {{ one: import("../engine/engine.js").EmployeeView, withSite: boolean }} props */
export function EmployeeRow({ one, withSite }) {
  const about = [one.post ?? postName(one.postType), withSite ? one.site : ""].filter(Boolean).join(" · ");
  return html`<${Row} one=${one} number=${one.number} about=${about} />`;
}

/** @param {{ one: import("../engine/engine.js").WorkspaceView, withSite: boolean }} props */
export function WorkspaceRow({ one, withSite }) {
  return html`<${Row} one=${one} number=${one.code} about=${withSite ? one.site : ""} />`;
}

/** @param {{ one: any, number: string, about: string }} props */
function Row({ one, number, about }) {
  return html`<li>
    <a class="person" href=${link("begin", one.kind, one.id)}>
      <span class="name">${one.name}<span class="number">${number}</span>${one.actions > 0 && html` <span class="tag warn"><${Icon} name="action" />${one.actions}</span>`}</span>
      <span class="about">${[about, lastSeen(one.coverage)].filter(Boolean).join(" · ")}</span>
      <span class="marks">${one.coverage.map((/** @type {Coverage} */ entry) => html`<${Seen} key=${entry.templateKey} entry=${entry} />`)}</span>
    </a>
  </li>`;
}

/** Three marks a checklist; the third makes the week official. @param {{ entry: Coverage }} props */
export function Seen({ entry }) {
  return html`<span class=${entry.count ? "mark seen" : "mark"}>
    <span class="lead">${shortTitle(entry)}</span>
    <span class=${entry.count >= ENOUGH ? "pips done" : "pips"} aria-hidden="true">${[1, 2, 3].map((place) => html`<i class=${entry.count >= place ? "on" : ""}></i>`)}</span>
    <span class="of num"><span aria-hidden="true">${entry.count}</span><span class="heard">${t("today.count_of", { count: entry.count })}</span></span>
  </span>`;
}

/** @param {Coverage} entry */
function shortTitle(entry) {
  const key = `dimension.${entry.templateKey}.short`;
  return has(key) ? t(key) : pick(entry.title);
}

/** When last and by whom, over all checklists. @param {Coverage[]} coverage */
function lastSeen(coverage) {
  const latest = coverage.filter((entry) => entry.lastAt).sort((one, other) => String(other.lastAt).localeCompare(String(one.lastAt)))[0];
  if (!latest) return t("today.seen_never");
  const names = [...new Set(coverage.flatMap((entry) => entry.by))];
  return t("today.seen", { when: moment(latest.lastAt), by: joined(names) });
}

/** @param {string[]} names */
export function joined(names) {
  return names.join(language() === "zh" ? "、" : ", ");
}

/** @param {string | null | undefined} type */
export function postName(type) {
  return type && has(`post.${type}`) ? t(`post.${type}`) : "";
}

/** @param {string | null | undefined} variant */
export function dressName(variant) {
  return variant && has(`dress.${variant}`) ? t(`dress.${variant}`) : "";
}
