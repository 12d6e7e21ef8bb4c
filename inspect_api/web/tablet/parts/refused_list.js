// @ts-check
/** Everything that the server does not take, each with why, what to do, and the tap that does it. */
import { Icon } from "./icons.js";
import { Picture } from "./item_photos.js";
import { useDoing, useLive, useSurroundings } from "./live.js";
import { html } from "./preact.js";
import { link } from "./router.js";
import { photoRefusal, refusal, reportRefusal } from "./states.js";
import { moment } from "./times.js";
import { half, pick, t } from "../texts/texts.js";

export function RefusedList() {
  const all = useLive(async (engine) => {
    const [changes, photos, fixes] = await Promise.all([engine.refused(), engine.refusedPhotos(), engine.fixes()]);
    return { changes, photos, fixes: fixes.filter((fix) => fix.state === "refused") };
  }, []);
  if (!all || all.changes.length + all.photos.length + all.fixes.length === 0) return null;
  return html`<section class="stack" aria-labelledby="refused">
    <h2 id="refused">${t("sync.problems")}</h2>
    <p class="soft">${t("sync.problems.lead")}</p>
    <ul class="list">
      ${all.photos.map((photo) => html`<${Photo} key=${photo.sha256} photo=${photo} />`)}
      ${all.fixes.map((fix) => html`<${Fix} key=${fix.id} fix=${fix} />`)}
      ${all.changes.map((change) => html`<${Change} key=${change.id} change=${change} />`)}
    </ul>
  </section>`;
}

/** @param {{ at: string, about?: any, why: string, what: string, children: any }} props */
function Problem({ at, about, why, what, children }) {
  return html`<li class="problem">
    <p class="row"><span class="tag bad"><${Icon} name="refused" />${t("sent.refused")}</span><span class="soft small">${moment(at)}</span></p>
    ${about}
    <p><b>${why}</b></p>
    <p>${what}</p>
    <p class="row">${children}</p>
  </li>`;
}

/** @param {{ change: import("../engine/engine.js").RefusedChange }} props */
function Change({ change }) {
  const { engine } = useSurroundings();
  const [busy, run] = useDoing();
  return html`<${Problem} at=${change.at} ...${refusal(change)}>
    <a class="button" href=${link("inspect", change.inspectionId)}>${t("sync.open_inspection")}</a>
    <button disabled=${busy} onClick=${() => run(() => engine.sendAnew(change.id, t("sync.send_anew")))}>${t("sync.send_anew")}</button>
  <//>`;
}

/** @param {{ photo: import("../engine/engine.js").RefusedPhoto }} props */
function Photo({ photo }) {
  const { engine } = useSurroundings();
  const [busy, run] = useDoing();
  const { sha256, inspectionId, sectionKey, itemKey, submitted } = photo;
  const place = sectionKey && itemKey ? [sectionKey, itemKey] : [];
  const remove = () => run(() => engine.removePhoto(inspectionId, sha256, submitted ? t("sync.refused_photo.reason") : undefined));
  const about = html`<p class="row"><span class="thumb"><${Picture} photo=${photo} size="small" /></span><span>${photo.itemText ? pick(photo.itemText) : t("inspect.loose_photos")}</span></p>`;
  return html`<${Problem} at=${photo.at} about=${about} ...${photoRefusal(photo.code)}>
    <a class="button" href=${link("inspect", inspectionId, ...place)}>${t("sync.refused_photo.again")}</a>
    <button disabled=${busy} onClick=${remove}>${t("photo.remove")}</button>
  <//>`;
}

/** @param {{ fix: import("../engine/engine.js").FixView }} props */
function Fix({ fix }) {
  const { engine } = useSurroundings();
  const [busy, run] = useDoing();
  const about = html`<p>${t("actions.fix")} · ${fix.subject} · ${half(fix.task)}</p><p class="soft">${fix.note}</p>`;
  return html`<${Problem} at=${fix.at} about=${about} ...${reportRefusal(fix)}>
    <a class="button" href=${link("action", fix.actionId)}>${t("actions.report.open")}</a>
    <button disabled=${busy} onClick=${() => run(() => engine.sendFixAgain(fix.id))}>${t("sync.send_anew")}</button>
  <//>`;
}
