// @ts-check
/** Words that are kept while they are being typed: after a short pause, when the field is left, and when the screen goes. */
import { html, useEffect, useRef } from "./preact.js";

const PAUSE_MS = 500;

/**
 * `text`: as it is kept; `data-kept` says it, whatever stands in the field. What comes from elsewhere shows at once, unless
 * somebody is typing here.
 * @param {{ text: string, label: string, hint?: string, onKeep: (text: string) => void }} props
 */
export function Written({ text, label, hint, onKeep }) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const typed = useRef(/** @type {string | null} */ (null));
  const timer = useRef(0);
  const latest = useRef(onKeep);
  latest.current = onKeep;
  const keep = () => {
    clearTimeout(timer.current);
    const words = typed.current?.trim() ?? null;
    typed.current = null;
    if (words !== null && words !== text) latest.current(words);
  };
  const flush = useRef(keep);
  flush.current = keep;
  useEffect(() => {
    if (field.current && typed.current === null) field.current.value = text;
  }, [text]);
  useEffect(() => () => flush.current(), []);
  const input = (/** @type {Event} */ event) => {
    typed.current = /** @type {HTMLTextAreaElement} */ (event.currentTarget).value;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => flush.current(), PAUSE_MS);
  };
  return html`<textarea ref=${field} data-kept=${text} aria-label=${label} placeholder=${hint} maxlength="2000" rows="2" onInput=${input} onChange=${keep}></textarea>`;
}
