// @ts-check
/** Open corrective actions of one's sites, those due first in front. */
import { ActionRow } from "../parts/action_row.js";
import { Frame } from "../parts/frame.js";
import { Icon } from "../parts/icons.js";
import { useLive } from "../parts/live.js";
import { html } from "../parts/preact.js";
import { Waiting } from "../parts/waiting.js";
import { t } from "../texts/texts.js";

export function Actions() {
  const today = useLive((engine) => engine.today(), []);
  return html`<${Frame} title=${t("actions.title")} screen="actions" today=${today}>
    ${!today && html`<${Waiting} />`}
    ${today && today.actions.length === 0 && html`<p class="empty" role="status"><${Icon} name="complete" />${t("actions.empty")}</p>`}
    ${today && today.actions.length > 0 && html`<ul class="list">${today.actions.map((action) => html`<${ActionRow} key=${action.id} action=${action} />`)}</ul>`}
  <//>`;
}
