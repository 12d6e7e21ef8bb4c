// @ts-check
/** A corrective action in a list. */
import { Icon } from "./icons.js";
import { html } from "./preact.js";
import { link } from "./router.js";
import { day } from "./times.js";
import { half, has, pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").ActionView} ActionView */

/** @param {{ action: ActionView }} props */
export function ActionRow({ action }) {
  return html`<li>
    <a class="state-line" href=${link("action", action.id)}>
      <span class="what">${action.subject?.name ?? action.site}</span>
      <span class="right"><${ActionState} action=${action} /></span>
      <span class="when">${action.dueAt && html`<span class=${action.overdue ? "late" : ""}>${t(action.overdue ? "actions.overdue" : "actions.due", { when: day(action.dueAt) })}</span>`}</span>
      <span class="why">${action.priority === "high" && html`<b class="late">${t("actions.urgent")} · </b>`}${taskOf(action)}</span>
    </a>
  </li>`;
}

/** @param {{ action: ActionView }} props */
export function ActionState({ action }) {
  if (action.report) return html`<${ReportState} report=${action.report} />`;
  const key = `actions.state.${action.state}`;
  const look = action.overdue ? "bad" : action.state === "fixed" ? "go" : "warn";
  return html`<span class=${`tag ${look}`}>${has(key) ? t(key) : action.state}</span>`;
}

/** That it was fixed, as reported on this tablet. @param {{ report: import("../engine/engine.js").FixView }} props */
function ReportState({ report }) {
  const [sign, look] = /** @type {const} */ ({ here: ["tablet", "warn"], sent: ["received", "go"], refused: ["refused", "bad"] })[report.state];
  return html`<span class=${`tag ${look}`}><${Icon} name=${sign} />${t(`actions.report.${report.state}`)}</span>`;
}

/** What is to be done; what a rule wrote is in both languages. @param {ActionView} action */
export function taskOf({ task, itemText, body }) {
  return body.origin === "manual" ? task : pick(itemText) || half(task);
}
