// @ts-check
/** Words in the language of this tablet. Chinese unless somebody chose otherwise, here or in their account. */
import en from "./en.js";
import zh from "./zh.js";

/** @typedef {"zh" | "en"} Language */
/** @type {Record<Language, Record<string, string>>} */
const WORDS = { zh, en };
const KEPT = "inspect.language";

/** @type {Language} */
let current = kept() ?? "zh";
document.documentElement.lang = tag();
// Chosen on another screen or in another tab of this tablet.
addEventListener("inspect:language", () => use(kept() ?? current));
addEventListener("storage", (event) => event.key === KEPT && use(kept() ?? current));

/** What somebody chose on this tablet, or null. @returns {Language | null} */
function kept() {
  const value = localStorage.getItem(KEPT);
  return value === "zh" || value === "en" ? value : null;
}

function tag() {
  return current === "zh" ? "zh-CN" : "en";
}

/** @returns {Language} */
export function language() {
  return current;
}

/** @param {Language} chosen */
export function setLanguage(chosen) {
  localStorage.setItem(KEPT, chosen);
  use(chosen);
}

/** The language of whoever opened the tablet, unless one was chosen on it. @param {Language | undefined} theirs */
export function suggestLanguage(theirs) {
  if (theirs && !kept()) use(theirs);
}

/** @param {Language} chosen */
function use(chosen) {
  current = chosen;
  document.documentElement.lang = tag();
  document.title = t("app.name");
  for (const listener of listeners) listener();
}

/** @type {Set<() => void>} */
const listeners = new Set();

/** Called after every change of the language. Gives back what ends it. @param {() => void} listener @returns {() => void} */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * The words of a key. A key that does not exist is a bug and shows itself.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values) {
  const words = WORDS[current][key] ?? key;
  return values ? words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? "")) : words;
}

/** @param {string} key */
export function has(key) {
  return key in WORDS[current];
}

/** Of a template's two texts, the one to show. @param {import("../engine/engine.js").Bilingual | null | undefined} both */
export function pick(both) {
  return both ? both[current] : "";
}

/** Of a server's message "中文 / English", the half to show. @param {string | null | undefined} message */
export function half(message) {
  if (!message) return "";
  const parts = message.split(" / ");
  return parts.length === 2 ? parts[current === "zh" ? 0 : 1] : message;
}
