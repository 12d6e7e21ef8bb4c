// @ts-check
/** Digits for a thumb, and for a keyboard. The digits are never shown nor spoken, only how many there are. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "./preact.js";
import { t } from "../texts/texts.js";

const SHORTEST = 4;
const LONGEST = 12;

/** @param {{ label: string, problem: string, busy: boolean, onPin: (pin: string) => void }} props */
export function PinPad({ label, problem, busy, onPin }) {
  const [pin, show] = useState("");
  // Keys come faster than the screen is drawn: Enter must find the digit before it.
  const typed = useRef("");
  const set = (/** @type {string} */ digits) => show((typed.current = digits));
  useEffect(() => {
    if (problem) set("");
  }, [problem]);
  const add = (/** @type {string} */ digit) => typed.current.length < LONGEST && set(typed.current + digit);
  const erase = () => set(typed.current.slice(0, -1));
  const done = () => {
    if (typed.current.length < SHORTEST || busy) return;
    onPin(typed.current);
    set("");
  };
  // With the pad itself, not after it is painted: whoever sees it can type.
  useLayoutEffect(() => {
    const pressed = (/** @type {KeyboardEvent} */ event) => {
      if (event.metaKey || event.ctrlKey || event.altKey) return;
      if (/^\d$/.test(event.key)) add(event.key);
      else if (event.key === "Backspace") erase();
      else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) done();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
  return html`<section class="stack" aria-label=${label}>
    <div class="pin-dots" role="img" aria-label=${t("pin.entered", { count: pin.length })}>
      ${Array.from({ length: Math.max(SHORTEST, pin.length) }, (_, place) => html`<i class=${place < pin.length ? "on" : ""}></i>`)}
    </div>
    <p class="pin-problem" role="alert">${problem}</p>
    <div class="pin-pad">
      ${["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((digit) => html`<button type="button" onClick=${() => add(digit)}>${digit}</button>`)}
      <button type="button" class="plain" onClick=${erase} disabled=${!pin}>${t("pin.delete")}</button>
      <button type="button" onClick=${() => add("0")}>0</button>
      <button type="button" class=${busy ? "strong busy" : "strong"} onClick=${done} disabled=${busy || pin.length < SHORTEST}>${t("pin.ok")}</button>
    </div>
  </section>`;
}
