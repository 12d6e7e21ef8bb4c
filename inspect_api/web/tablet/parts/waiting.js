// @ts-check
/** What is not there within a moment says that it is coming. */
import { html } from "./preact.js";
import { t } from "../texts/texts.js";

export function Waiting() {
  return html`<p class="empty waiting" role="status"><span class="spin"></span>${t("app.starting")}</p>`;
}
