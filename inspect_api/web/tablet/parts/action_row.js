// @ts-check
/** A corrective action in a list. */
import { html } from "./preact.js";
import { link } from "./router.js";
import { day } from "./times.js";
import { has, pick, t } from "../texts/texts.js";

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
  const key = `actions.state.${action.state}`;
  const look = action.overdue ? "bad" : action.state === "fixed" ? "go" : "warn";
  return html`<span class=${`tag ${look}`}>${has(key) ? t(key) : action.state}</span>`;
}

/** What is to be done; where a rule made it, the item says it. @param {ActionView} action */
export function taskOf(action) {
  return action.task || pick(action.itemText);
}
