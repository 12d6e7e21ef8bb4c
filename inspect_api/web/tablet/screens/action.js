// @ts-check
/** One corrective action: what is to be done, report it fixed with a photo, also offline, or inspect again. */
import { ActionState, taskOf } from "../parts/action_row.js";
import { Frame } from "../parts/frame.js";
import { Icon } from "../parts/icons.js";
import { Picture } from "../parts/item_photos.js";
import { useDoing, useLive, useSurroundings } from "../parts/live.js";
import { html, useEffect, useRef, useState } from "../parts/preact.js";
import { go, link } from "../parts/router.js";
import { reportRefusal } from "../parts/states.js";
import { day, moment } from "../parts/times.js";
import { pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").ActionView} ActionView */

/** @param {{ parts: string[] }} props */
export function Action({ parts }) {
  const id = parts[0] ?? "";
  const today = useLive((engine) => engine.today(), []);
  const action = today?.actions.find((one) => one.id === id);
  return html`<${Frame} title=${action?.subject?.name ?? action?.site ?? t("actions.title")} about=${action?.site} screen="action" back=${link("actions")} today=${today}>
    ${today && !action && html`<p class="empty" role="status"><${Icon} name="complete" />${t("actions.state.closed")}</p>`}
    ${action && html`<div class="settings"><${Facts} action=${action} /><div class="stack">${action.state === "open" && html`<${Fix} action=${action} />`}<${Reinspect} action=${action} /></div></div>`}
  <//>`;
}

/** @param {{ action: ActionView }} props */
function Facts({ action }) {
  return html`<section class="card stack">
    <div class="row apart"><h2>${taskOf(action)}</h2><${ActionState} action=${action} /></div>
    <dl class="facts">
      ${action.itemText && html`<dt>${t("actions.item")}</dt><dd>${pick(action.itemText)}</dd>`}
      ${action.dueAt && html`<dt>${t("actions.due_word")}</dt><dd class=${action.overdue ? "late" : ""}>${day(action.dueAt)}</dd>`}
      ${action.body.fixed_at && html`<dt>${t("actions.fixed_at")}</dt><dd>${moment(action.body.fixed_at)}</dd>`}
      ${action.owner && html`<dt>${t("actions.owner")}</dt><dd>${action.owner}</dd>`}
    </dl>
    ${action.body.reopened > 0 && html`<p class="tag warn">${t("actions.reopened", { count: action.body.reopened })}</p>`}
  </section>`;
}

/** What was reported on this tablet; refused, it can be reported anew. @param {{ action: ActionView }} props */
function Fix({ action }) {
  const { report } = action;
  if (!report) return html`<${Form} action=${action} said="" />`;
  const shown = html`<p>${report.note}</p>${report.photo && html`<span class="thumb"><${Picture} photo=${{ sha256: report.photo }} size="small" /></span>`}`;
  if (report.state !== "refused")
    return html`<section class="card stack"><h2>${t("actions.fix.sent")}</h2>${shown}<p class="soft small">${moment(report.at)} · ${t(`sent.${report.state === "here" ? "on_tablet.why" : "received"}`)}</p></section>`;
  const { why, what } = reportRefusal(report);
  return html`<div class="notice bad"><${Icon} name="refused" /><b>${t("actions.report.refused")}: ${why}</b><span>${what}</span></div><${Form} action=${action} said=${report.note} />`;
}

/** @param {{ action: ActionView, said: string }} props */
function Form({ action, said }) {
  const { engine, say } = useSurroundings();
  const [busy, run] = useDoing();
  const words = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const camera = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [photo, setPhoto] = useState(/** @type {Blob | null} */ (null));
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    const note = words.current?.value.trim() ?? "";
    if (!note) return words.current?.focus();
    run(async () => {
      await engine.reportFix(action.id, note, photo);
      say({ text: t("actions.fix.kept") });
      go("actions");
    });
  };
  return html`<form class="card stack" onSubmit=${send}>
    <h2>${t("actions.fix")}</h2>
    <label class="field">${t("actions.fix.note")}<textarea ref=${words} required maxlength="900" defaultValue=${said}></textarea></label>
    <div>
      <button type="button" onClick=${() => camera.current?.click()}><${Icon} name="camera" />${t("actions.fix.photo")}</button>
      <input ref=${camera} class="file" type="file" accept="image/*" capture="environment" tabindex="-1" aria-hidden="true" data-fix
        onChange=${(/** @type {Event} */ event) => {
          const input = /** @type {HTMLInputElement} */ (event.currentTarget);
          setPhoto(input.files?.[0] ?? null);
          input.value = "";
        }}
      />
    </div>
    ${photo && html`<${Preview} photo=${photo} />`}
    <p class="soft small">${t("actions.fix.offline")}</p>
    <button class=${busy ? "strong busy" : "strong"} disabled=${busy}>${t("actions.fix.do")}</button>
  </form>`;
}

/** @param {{ photo: Blob }} props */
function Preview({ photo }) {
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(photo);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [photo]);
  return html`<div class="looking">${address && html`<img src=${address} alt=${t("actions.fix.photo")} />`}</div>`;
}

/** The next inspection of the same subject closes or reopens it; the service finds it by itself. @param {{ action: ActionView }} props */
function Reinspect({ action }) {
  if (!action.subject || !action.item) return null;
  return html`<section class="card stack">
    <h2>${t("actions.reinspect")}</h2>
    <p class="soft">${t("actions.reinspect.lead")}</p>
    <a class=${action.state === "fixed" ? "button strong" : "button"} href=${link("begin", action.subject.kind, action.subject.id)}>${t("actions.reinspect")}</a>
  </section>`;
}
