// @ts-check
/** The answer itself: one tap for pass, fail, not applicable; levels with their words in view; occurrences by a counter. */
import { Icon } from "./icons.js";
import { html } from "./preact.js";
import { pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").ItemView} ItemView */
/** @typedef {string | number | null} Value */
/** @typedef {{ item: ItemView, value: Value, locked: boolean, onAnswer: (value: Value) => void }} AnswerProps */

const MOST = 99;

/** @param {AnswerProps} props */
export function Answers(props) {
  switch (props.item.response.kind) {
    case "rating":
      return html`<${Levels} ...${props} />`;
    case "deduction":
      return html`<${Counter} ...${props} />`;
    case "choice":
      return html`<${Options} ...${props} />`;
    case "measurement":
      return html`<${Measure} ...${props} />`;
    default:
      return html`<${PassFail} ...${props} />`;
  }
}

/**
 * One of several, as radio buttons: the arrow keys move and choose, the tab key goes on to the next item.
 * @param {{ label: string, kind: string, children: any }} props
 */
function OneOf({ label, kind, children }) {
  return html`<div class=${kind} role="radiogroup" aria-label=${t("item.answer", { item: label })} onKeyDown=${moveInGroup}>${children}</div>`;
}

/** @param {KeyboardEvent} event */
function moveInGroup(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const group = /** @type {HTMLElement} */ (event.currentTarget);
  if (!step) return;
  const all = /** @type {HTMLElement[]} */ ([...group.querySelectorAll("[role=radio]:not([disabled])")]);
  const from = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = all[(from + step + all.length) % all.length];
  if (from < 0 || !next) return;
  event.preventDefault();
  next.focus();
  next.click();
}

/**
 * @param {{ look: string, on: boolean, first: boolean, locked: boolean, onTap: () => void, children: any, label?: string }} props
 */
function Choice({ look, on, first, locked, onTap, children, label }) {
  return html`<button type="button" role="radio" class=${look} aria-checked=${String(on)} aria-label=${label} tabindex=${on || first ? 0 : -1} disabled=${locked && !on} onClick=${() => !locked && onTap()}>
    ${children}
  </button>`;
}

/** @param {AnswerProps} props */
function NotApplicable({ value, locked, onAnswer }) {
  const on = value === "not_applicable";
  return html`<${Choice} look="to-none" on=${on} first=${false} locked=${locked} onTap=${() => onAnswer("not_applicable")}><${Icon} name="none" />${t("item.not_applicable")}<//>`;
}

/** @param {AnswerProps} props */
function PassFail(props) {
  const { item, value, locked, onAnswer } = props;
  return html`<${OneOf} label=${pick(item.text)} kind="answers">
    <${Choice} look="to-pass" on=${value === "pass"} first=${value === null} locked=${locked} onTap=${() => onAnswer("pass")}><${Icon} name="pass" />${t("item.pass")}<//>
    <${Choice} look="to-fail" on=${value === "fail"} first=${false} locked=${locked} onTap=${() => onAnswer("fail")}><${Icon} name="fail" />${t("item.fail")}<//>
    <${NotApplicable} ...${props} />
  <//>`;
}

/** @param {AnswerProps} props */
function Levels(props) {
  const { item, value, locked, onAnswer } = props;
  const kind = item.response;
  if (kind.kind !== "rating") return null;
  return html`<${OneOf} label=${pick(item.text)} kind="levels">
    <div>
      ${kind.levels.map(
        (level, place) =>
          html`<${Choice}
            key=${level.level}
            look=${2 * level.level <= kind.max ? "level low" : "level"}
            on=${value === level.level}
            first=${value === null && place === 0}
            locked=${locked}
            onTap=${() => onAnswer(level.level)}
            ><b>${level.level}</b><span>${pick(level.text)}</span><//
          >`,
      )}
    </div>
    <${NotApplicable} ...${props} />
  <//>`;
}

/** @param {AnswerProps} props */
function Options(props) {
  const { item, value, locked, onAnswer } = props;
  const kind = item.response;
  if (kind.kind !== "choice") return null;
  const highest = Math.max(...kind.options.map((option) => option.points));
  return html`<${OneOf} label=${pick(item.text)} kind="levels">
    <div>
      ${kind.options.map(
        (option, place) =>
          html`<${Choice}
            key=${option.key}
            look=${2 * option.points <= highest ? "level low" : "level"}
            on=${value === option.key}
            first=${value === null && place === 0}
            locked=${locked}
            onTap=${() => onAnswer(option.key)}
            ><b>${option.points}</b><span>${pick(option.text)}</span><//
          >`,
      )}
    </div>
    <${NotApplicable} ...${props} />
  <//>`;
}

/** @param {AnswerProps} props */
function Counter(props) {
  const { item, value, locked, onAnswer } = props;
  const kind = item.response;
  if (kind.kind !== "deduction") return null;
  const count = typeof value === "number" ? value : 0;
  const lost = Math.min(count * kind.points, kind.cap);
  return html`<div class="answers counter" role="group" aria-label=${t("item.answer", { item: pick(item.text) })}>
    <button type="button" class="to-pass" aria-pressed=${String(value === 0)} disabled=${locked && value !== 0} onClick=${() => !locked && onAnswer(0)}><${Icon} name="pass" />${t("item.not_seen")}</button>
    <div class=${count > 0 ? "count on" : "count"}>
      <button type="button" aria-label=${t("item.less")} disabled=${locked || count === 0} onClick=${() => onAnswer(count - 1)}><${Icon} name="minus" /></button>
      <output aria-live="polite">${value === null || value === "not_applicable" ? "—" : t("item.times", { count })}${count > 0 && html`<small>${t("item.minus_points", { points: lost })}</small>`}</output>
      <button type="button" aria-label=${t("item.one_more")} disabled=${locked || count >= MOST} onClick=${() => onAnswer(count + 1)}><${Icon} name="plus" /></button>
    </div>
    <button type="button" class="to-none" aria-pressed=${String(value === "not_applicable")} disabled=${locked && value !== "not_applicable"} onClick=${() => !locked && onAnswer("not_applicable")}><${Icon} name="none" />${t("item.not_applicable")}</button>
  </div>`;
}

/** @param {AnswerProps} props */
function Measure(props) {
  const { item, value, locked, onAnswer } = props;
  const kind = item.response;
  if (kind.kind !== "measurement") return null;
  const measured = value === null || value === "not_applicable" ? "" : String(value);
  const take = (/** @type {Event} */ event) => {
    const told = /** @type {HTMLInputElement} */ (event.currentTarget).value.trim().replace(",", ".");
    if (told !== measured) onAnswer(told === "" ? null : told);
  };
  return html`<div class="answers measure" role="group" aria-label=${t("item.answer", { item: pick(item.text) })}>
    <label class="field">${t("item.measured", { unit: kind.unit })}<input inputmode="decimal" value=${measured} disabled=${locked} onChange=${take} /><span class="hint soft small">${t("item.tolerance", { minimum: kind.minimum ?? "", maximum: kind.maximum ?? "", unit: kind.unit })}</span></label>
    <button type="button" class="to-none" aria-pressed=${String(value === "not_applicable")} disabled=${locked} onClick=${() => onAnswer("not_applicable")}><${Icon} name="none" />${t("item.not_applicable")}</button>
  </div>`;
}
