// @ts-check
/** A dialog of the platform: it keeps the focus, Escape closes it, and the focus goes back to where it was. */
import { Icon } from "./icons.js";
import { html, useEffect, useRef } from "./preact.js";
import { t } from "../texts/texts.js";

/**
 * @param {{ title: string, onClose: () => void, children: any, kind?: string }} props
 */
export function Dialog({ title, onClose, children, kind }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return html`<dialog ref=${box} class=${kind} aria-label=${title}
    onCancel=${(/** @type {Event} */ event) => {
      event.preventDefault();
      onClose();
    }}
    onClick=${(/** @type {MouseEvent} */ event) => event.target === box.current && onClose()}>
    <div class="dialog">
      <div class="head">
        <h2>${title}</h2>
        <button class="quiet round" aria-label=${t("app.close")} onClick=${onClose}><${Icon} name="fail" /></button>
      </div>
      ${children}
    </div>
  </dialog>`;
}

/**
 * Asks for a reason: a tap on a usual one, or words of one's own. Nothing happens without one.
 * @param {{ title: string, lead?: string, reasons: string[], label: string, act: string, danger?: boolean, onClose: () => void, onReason: (reason: string) => void }} props
 */
export function ReasonDialog({ title, lead, reasons, label, act, danger, onClose, onReason }) {
  const words = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const done = () => {
    const text = words.current?.value.trim() ?? "";
    if (text) onReason(text);
    else words.current?.focus();
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    ${lead && html`<p class="soft">${lead}</p>`}
    <div class="chips" role="group" aria-label=${label}>
      ${reasons.map(
        (reason) =>
          html`<button
            type="button"
            onClick=${() => {
              if (words.current) words.current.value = reason;
              words.current?.focus();
            }}
          >
            ${reason}
          </button>`,
      )}
    </div>
    <label class="field">${label}<textarea ref=${words} required maxlength="1000"></textarea></label>
    <div class="foot">
      <button onClick=${onClose}>${t("app.cancel")}</button>
      <button class=${danger ? "danger" : "strong"} onClick=${done}>${act}</button>
    </div>
  <//>`;
}
