// @ts-check
/** One item of a checklist: what is judged, the answer, and what belongs to it. */
import { Answers } from "./answers.js";
import { Conflict } from "./conflict.js";
import { Icon } from "./icons.js";
import { AddPhoto, Photos } from "./item_photos.js";
import { html, useEffect, useRef, useState } from "./preact.js";
import { usualReasons } from "./reasons.js";
import { refusal } from "./states.js";
import { day } from "./times.js";
import { Written } from "./written.js";
import { pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").ItemView} ItemView */
/** @typedef {import("./editing.js").Editing} Editing */

/**
 * `asked`: somebody jumped here; it comes into view and takes the focus once.
 * @param {{ inspectionId: string, item: ItemView, editing: Editing, asked: boolean }} props
 */
export function Item({ inspectionId, item, editing, asked }) {
  const box = useRef(/** @type {HTMLLIElement | null} */ (null));
  const [explained, setExplained] = useState(false);
  const [noting, setNoting] = useState(false);
  const owesNote = item.owes.includes("note");
  useEffect(() => {
    // What asked for words stays open while they are typed, also once they are enough.
    if (owesNote) setNoting(true);
  }, [owesNote]);
  useEffect(() => {
    if (!asked || !box.current) return;
    box.current.scrollIntoView({ block: "center" });
    const target = box.current.querySelector("[role=radio][tabindex='0'], .answers button, input");
    if (target instanceof HTMLElement) target.focus({ preventScroll: true });
  }, [asked]);
  const value = editing.valueOf(item);
  const text = pick(item.text);
  const notApplicable = value === "not_applicable";
  const withNote = noting || notApplicable || owesNote;
  const short = !["rating", "choice"].includes(item.response.kind);
  return html`<li ref=${box} class=${`item ${lookOf(item, value)}${short ? " short" : ""}${asked ? " asked" : ""}`} id=${`item-${item.key}`}>
    <div class="head">
      <div class="what">
        <h3 class="words">${item.critical && html`<span class="star" aria-hidden="true">★</span>`}${text}</h3>
        <${Rules} item=${item} />
      </div>
      <div class="tools">
        <button type="button" aria-expanded=${String(explained)} onClick=${() => setExplained(!explained)}><${Icon} name="rule" />${t("item.standard")}<span class="heard">: ${text}</span></button>
        ${!editing.locked && html`<button type="button" disabled=${value === null} aria-expanded=${String(withNote)} onClick=${() => setNoting(!noting)}><${Icon} name="note" />${t("item.note")}<span class="heard">: ${text}</span></button>`}
        ${!editing.locked && html`<${AddPhoto} inspectionId=${inspectionId} itemKey=${item.key} label=${text} owed=${item.owes.includes("photo")} cue=${pick(item.photoCue)} />`}
      </div>
    </div>
    <div class="answer"><${Answers} item=${item} value=${value} locked=${editing.locked} onAnswer=${(/** @type {any} */ given) => editing.answer(item, given)} /></div>
    ${item.conflict && html`<${Conflict} inspectionId=${inspectionId} conflict=${item.conflict} kind=${item.response} locked=${editing.readOnly} />`}
    ${item.refused && html`<${Refused} change=${item.refused} />`}
    ${withNote && !editing.locked ? html`<${Note} item=${item} editing=${editing} notApplicable=${notApplicable} />` : item.note && html`<p class="said"><${Icon} name="note" /><span>${item.note}</span></p>`}
    <${Photos} inspectionId=${inspectionId} label=${text} photos=${item.photos} locked=${editing.locked} />
    ${explained && html`<${Words} item=${item} onClear=${editing.locked || value === null ? null : () => editing.answer(item, null)} />`}
  </li>`;
}

/** The sign at the edge of the card. @param {ItemView} item @param {string | number | null} value */
function lookOf(item, value) {
  if (item.conflict) return "clash";
  if (value === null) return "open";
  if (value === "not_applicable") return "na";
  if (value !== item.value) return ""; // just tapped; the engine has not judged it yet
  return item.failed ? "fail" : "pass";
}

/** @param {{ item: ItemView }} props */
function Rules({ item }) {
  const { lastTime } = item;
  const kind = item.response;
  return html`<div class="rules">
    ${item.conflict && html`<span class="tag clash"><${Icon} name="clash" />${t("item.conflict")}</span>`}
    ${lastTime?.failed && html`<span class="tag warn"><${Icon} name="again" />${t("item.last_failed.when", { when: day(lastTime.at) })}${lastTime.note ? ` ${lastTime.note}` : ""}</span>`}
    ${item.critical && html`<span class="tag bad">★ ${t("item.critical.short")}<span class="heard">. ${t("item.critical")}</span></span>`}
    ${kind.kind === "deduction" && html`<span class="tag">${t("item.each", { points: kind.points, cap: kind.cap })}</span>`}
    ${item.photoRule !== "never" && html`<span class="tag"><${Icon} name="camera" />${t(item.photoRule === "always" ? "item.photo.required" : "item.photo.on_fail")}</span>`}
    ${!item.required && html`<span class="tag">${t("item.optional")}</span>`}
  </div>`;
}

/** @param {{ change: import("../engine/engine.js").RefusedChange }} props */
function Refused({ change }) {
  const { why, what } = refusal(change);
  return html`<p class="notice bad"><${Icon} name="refused" /><b>${t("sent.refused")}: ${why}</b><span>${what}</span></p>`;
}

/** Standard, taboo, where to look, how to photograph, why so, and where it is written. @param {{ item: ItemView, onClear: (() => void) | null }} props */
function Words({ item, onClear }) {
  const lines = /** @type {const} */ ([
    ["standard", item.standard, "good"],
    ["taboo", item.taboo, "bad"],
    ["look_at", item.lookAt, ""],
    ["photo_cue", item.photoCue, ""],
    ["why_stricter", item.disagreement, ""],
  ]);
  return html`<div class="more">
    <dl>
      ${lines.map(([name, both, look]) => both && html`<dt class=${look}>${t(`item.${name}`)}</dt><dd>${pick(both)}</dd>`)}
      <dt>${t("item.source")}</dt>
      <dd class="small">${item.source.map((source) => html`<p>${source.clause}</p>`)}</dd>
    </dl>
    ${onClear && html`<button type="button" class="clear" onClick=${onClear}><${Icon} name="erase" />${t("item.clear")}<span class="heard">: ${pick(item.text)}</span></button>`}
  </div>`;
}

/** @param {{ item: ItemView, editing: Editing, notApplicable: boolean }} props */
function Note({ item, editing, notApplicable }) {
  const owed = item.owes.includes("note");
  const text = pick(item.text);
  // The note of "not applicable" is its reason, and cannot be emptied.
  const keep = (/** @type {string} */ said) => (said || !notApplicable) && editing.note(item, said);
  return html`<div class="note">
    ${notApplicable &&
    html`<div class="chips" role="group" aria-label=${t("item.note.why")}>
      ${usualReasons().map((reason) => html`<button type="button" key=${reason} aria-pressed=${String(item.note === reason)} onClick=${() => editing.note(item, reason)}>${reason}</button>`)}
    </div>`}
    <${Written}
      text=${item.note ?? ""}
      label=${t(notApplicable ? "item.note.why" : "item.note.of", { item: text })}
      hint=${t(notApplicable ? "item.note.why" : owed ? "item.note.owed" : "item.note")}
      onKeep=${keep}
    />
  </div>`;
}
