// @ts-check
/** The states of an inspection and of a photo in words: on this tablet / sending / received / complete / refused. */
import { Icon } from "./icons.js";
import { html } from "./preact.js";
import { half, has, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").InspectionSummary} Summary */
/** @typedef {import("../engine/engine.js").RefusedChange} RefusedChange */

/** Where an inspection is. @param {Summary} one @returns {"on_tablet" | "sending" | "received" | "complete" | "refused"} */
export function whereIs(one) {
  if (one.refused || one.delivery === "refused") return "refused";
  if (one.delivery === "here") return "on_tablet";
  if (one.delivery === "sending") return "sending";
  return one.state === "complete" && !one.photosUnsent ? "complete" : "received";
}

const LOOKS = /** @type {const} */ ({
  on_tablet: ["tablet", "warn"],
  sending: ["up", "go"],
  received: ["received", "go"],
  complete: ["complete", "good"],
  refused: ["refused", "bad"],
});

/** @param {{ one: Summary }} props */
export function WhereTag({ one }) {
  const where = whereIs(one);
  const [sign, look] = LOOKS[where];
  return html`<span class=${`tag ${look}`}><${Icon} name=${sign} />${t(`sent.${where}`)}</span>`;
}

/** What it waits for, or why it was refused and what to do; empty when there is nothing to say. @param {Summary} one */
export function whyThere(one) {
  const where = whereIs(one);
  if (where === "complete" || where === "refused") return "";
  if (where !== "on_tablet" && one.photosUnsent) return t("sent.photos_left", { count: one.photosUnsent });
  if (where === "received" && one.state === "draft") return "";
  return where === "received" && one.state === "void" ? "" : t(`sent.${where}.why`);
}

/** Why a change was refused, and what to do about it. @param {RefusedChange} change */
export function refusal(change) {
  const key = `refused.${change.code}`;
  return { why: has(key) ? t(key) : half(change.message), what: has(`${key}.do`) ? t(`${key}.do`) : t("sync.ask_admin") };
}

const KIND_OF_PHOTO_REFUSAL = /** @type {Record<string, string>} */ ({ unsupported: "kind", bomb: "large", body_too_large: "large", local_copy_missing: "gone" });

/** Why a photo was refused, and what to do about it. @param {string | null} code */
export function photoRefusal(code) {
  const kind = KIND_OF_PHOTO_REFUSAL[code ?? ""] ?? "damaged";
  return { why: t(`photo.refused.${kind}`), what: t(kind === "kind" ? "photo.refused.kind.do" : "photo.refused.do") };
}

/** Why the report of a fix was refused, and what to do about it. @param {import("../engine/engine.js").FixView} fix */
export function reportRefusal({ code, message }) {
  const why = code.startsWith("photo.") ? photoRefusal(code.slice(6)).why : half(message);
  return { why, what: t(code === "not_found" ? "refused.foreign_site.do" : "actions.report.do") };
}

/** A response as a person reads it. @param {unknown} value @param {import("../engine/engine.js").ResponseKind | null} kind */
export function valueInWords(value, kind) {
  const plain = value && typeof value === "object" && "value" in value ? value.value : value;
  if (plain === null || plain === undefined) return t("conflict.cleared");
  if (plain === "pass" || plain === "fail" || plain === "not_applicable") return t(`item.${plain}`);
  if (kind?.kind === "deduction") return plain === 0 ? t("item.not_seen") : t("item.times", { count: Number(plain) });
  if (kind?.kind === "rating") return t("item.rated", { level: Number(plain) });
  if (kind?.kind === "measurement") return `${plain} ${kind.unit}`;
  if (typeof plain === "boolean") return t(plain ? "value.yes" : "value.no");
  return typeof plain === "object" ? "" : String(plain);
}

/** The note that came with a response. @param {unknown} value */
export function noteOf(value) {
  return value && typeof value === "object" && "note" in value ? String(value.note ?? "") : "";
}
