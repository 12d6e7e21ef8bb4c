// @ts-check
/** A list of any length: what a screen can show is drawn at once, the rest when somebody asks for it. */
import { html, useState } from "./preact.js";
import { t } from "../texts/texts.js";

const SHOWN_AT_FIRST = 60;

/** @param {{ all: any[], row: (one: any) => any }} props */
export function LongList({ all, row }) {
  const [whole, setWhole] = useState(false);
  const shown = whole ? all : all.slice(0, SHOWN_AT_FIRST);
  return html`<ul class="list">${shown.map(row)}</ul>
    ${shown.length < all.length && html`<button class="show-all" onClick=${() => setWhole(true)}>${t("today.show_all", { count: all.length })}</button>`}`;
}
