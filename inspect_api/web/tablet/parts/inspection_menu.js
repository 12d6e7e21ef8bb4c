// @ts-check
/** What concerns the whole inspection: saved or not, a note, voiding, what was revised. */
import { Dialog, ReasonDialog } from "./dialog.js";
import { Icon } from "./icons.js";
import { AddPhoto, Photos } from "./item_photos.js";
import { useDoing, useSurroundings } from "./live.js";
import { html, useState } from "./preact.js";
import { voidReasons } from "./reasons.js";
import { WhereTag } from "./states.js";
import { moment } from "./times.js";
import { Written } from "./written.js";
import { t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").InspectionView} InspectionView */
/** @typedef {import("./editing.js").Editing} Editing */

/** @param {{ view: InspectionView, editing: Editing }} props */
export function InspectionMenu({ view, editing }) {
  const [open, setOpen] = useState(false);
  return html`<button class="quiet menu" aria-haspopup="dialog" onClick=${() => setOpen(true)}>
      ${editing.saving ? html`<span class="spin"></span>` : html`<${Icon} name="menu" />`}<span class="heard">${t("inspect.menu")}</span>
    </button>
    ${open && html`<${Menu} view=${view} editing=${editing} onClose=${() => setOpen(false)} />`}`;
}

/** @param {{ view: InspectionView, editing: Editing, onClose: () => void }} props */
function Menu({ view, editing, onClose }) {
  const { engine } = useSurroundings();
  const [voiding, setVoiding] = useState(false);
  const [, run] = useDoing();
  const keep = (/** @type {string} */ said) => run(() => engine.write(view.id, "inspection/note", said || null));
  if (voiding)
    return html`<${ReasonDialog}
      title=${t("inspect.void")}
      lead=${t("inspect.void.lead")}
      reasons=${voidReasons()}
      label=${t("inspect.void.reason")}
      act=${t("inspect.void")}
      danger
      onClose=${onClose}
      onReason=${(/** @type {string} */ reason) => run(async () => {
        await engine.void(view.id, reason);
        onClose();
      })}
    />`;
  return html`<${Dialog} title=${t("inspect.menu")} onClose=${onClose}>
    <p class="row"><span class="tag">${t(view.state === "draft" ? "state.draft" : view.state === "void" ? "state.void" : "state.submitted")}</span><${WhereTag} one=${view} /><span class="soft">${t("inspect.by", { who: view.supervisor, when: moment(view.begunAt) })}</span></p>
    <p class="soft small">${t("inspect.saved")}</p>
    ${editing.locked
      ? view.note && html`<p class="said"><${Icon} name="note" /><span>${view.note}</span></p>`
      : html`<div class="field"><p class="soft">${t("inspect.note")}</p><${Written} text=${view.note ?? ""} label=${t("inspect.note")} onKeep=${keep} /></div>`}
    <${Photos} inspectionId=${view.id} label=${t("inspect.loose_photos")} photos=${view.loosePhotos} locked=${editing.locked} />
    ${!editing.locked && html`<div class="tools"><${AddPhoto} inspectionId=${view.id} itemKey=${null} label=${t("inspect.loose_photos")} owed=${false} cue="" /></div>`}
    ${view.revisions.length > 0 && html`<section class="stack"><h3>${t("inspect.revisions")}</h3><ul class="list">${view.revisions.map((one) => html`<li class="problem"><b>${one.reason}</b><span class="soft small">${one.author}${one.at ? ` · ${moment(one.at)}` : ""}</span></li>`)}</ul></section>`}
    ${!editing.readOnly && html`<div class="foot"><button class="danger" onClick=${() => setVoiding(true)}>${t("inspect.void")}</button></div>`}
  <//>`;
}
