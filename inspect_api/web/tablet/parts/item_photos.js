// @ts-check
/** Photos of an item: taken with the device's own camera, marked with a finger, shown with where they are. */
import { Dialog } from "./dialog.js";
import { DrawDialog } from "./draw_dialog.js";
import { Icon } from "./icons.js";
import { useDoing, useSurroundings } from "./live.js";
import { html, useEffect, useRef, useState } from "./preact.js";
import { photoRefusal } from "./states.js";
import { t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").PhotoView} PhotoView */

/**
 * @param {{ inspectionId: string, itemKey: string | null, label: string, owed: boolean, cue: string }} props
 */
export function AddPhoto({ inspectionId, itemKey, label, owed, cue }) {
  const { engine, say } = useSurroundings();
  const camera = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [taken, setTaken] = useState(/** @type {Blob | null} */ (null));
  const keep = async (/** @type {Blob} */ photo, /** @type {import("../engine/engine.js").Mark[]} */ marks) => {
    await engine.takePhoto(inspectionId, itemKey, photo, marks);
    setTaken(null);
    say({ text: t("photo.taken") });
  };
  return html`<button type="button" class=${owed ? "owed" : ""} onClick=${() => camera.current?.click()}>
      <${Icon} name="camera" />${t(owed ? "item.photo.owed" : "item.photo")}<span class="heard">: ${label}</span>
    </button>
    <input
      ref=${camera}
      class="file"
      type="file"
      accept="image/*"
      capture="environment"
      tabindex="-1"
      aria-hidden="true"
      data-item=${itemKey ?? ""}
      onChange=${(/** @type {Event} */ event) => {
        const input = /** @type {HTMLInputElement} */ (event.currentTarget);
        const file = input.files?.[0];
        input.value = ""; // so that the same picture can be chosen again
        if (file) setTaken(file);
      }}
    />
    ${taken && html`<${DrawDialog} photo=${taken} cue=${cue} onUse=${keep} onDiscard=${() => setTaken(null)} />`}`;
}

/**
 * @param {{ inspectionId: string, label: string, photos: PhotoView[], locked: boolean }} props
 */
export function Photos({ inspectionId, label, photos, locked }) {
  const [shown, setShown] = useState(/** @type {string | null} */ (null));
  const look = photos.find((photo) => photo.sha256 === shown);
  if (photos.length === 0) return null;
  return html`<div class="photos">
      ${photos.map(
        (photo) =>
          html`<button type="button" key=${photo.sha256} onClick=${() => setShown(photo.sha256)}>
            <span class="heard">${t("photo.show", { item: label })}. </span>
            <${Picture} photo=${photo} size="small" />
            <span class=${photo.state === "refused" ? "where bad" : "where"}>${stateOf(photo)}</span>
          </button>`,
      )}
    </div>
    ${look && html`<${PhotoDialog} inspectionId=${inspectionId} label=${label} photo=${look} locked=${locked} onClose=${() => setShown(null)} />`}`;
}

/** @param {PhotoView} photo */
function stateOf(photo) {
  if (photo.state === "sending") return `${t("photo.sending")} ${Math.round(100 * photo.progress)}%`;
  return t(`photo.${photo.state}`);
}

/**
 * @param {{ inspectionId: string, label: string, photo: PhotoView, locked: boolean, onClose: () => void }} props
 */
function PhotoDialog({ inspectionId, label, photo, locked, onClose }) {
  const { engine } = useSurroundings();
  const [busy, run] = useDoing();
  const refused = photo.state === "refused" ? photoRefusal(photo.code) : null;
  const remove = () => run(async () => {
    await engine.removePhoto(inspectionId, photo.sha256);
    onClose();
  });
  return html`<${Dialog} title=${label} onClose=${onClose} kind="looking">
    <${Picture} photo=${photo} size="large" />
    <p role="status">${stateOf(photo)}${refused ? `: ${refused.why}` : ""}</p>
    ${refused && html`<p>${refused.what}</p>`}
    ${!locked && html`<div class="foot"><button class="danger" disabled=${busy} onClick=${remove}>${t("photo.remove")}</button></div>`}
  <//>`;
}

/** @param {{ photo: { sha256: string }, size: "small" | "large" }} props */
export function Picture({ photo, size }) {
  const { engine } = useSurroundings();
  const [address, setAddress] = useState("");
  const [gone, setGone] = useState(false);
  const [broken, setBroken] = useState(false); // what this browser cannot show: HEIC, or no picture at all
  useEffect(() => {
    let made = "";
    let left = false;
    engine.photo(photo.sha256, size).then(
      (blob) => {
        if (left) return;
        if (!blob) return setGone(true);
        made = URL.createObjectURL(blob);
        setAddress(made);
      },
      () => !left && setGone(true),
    );
    return () => {
      left = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [photo.sha256, size]);
  if (gone) return size === "large" ? html`<p class="empty">${t("photo.gone")}</p>` : html`<${Icon} name="camera" />`;
  if (broken) return html`<${Icon} name="camera" />`;
  return address ? html`<img src=${address} alt="" onError=${() => setBroken(true)} />` : html`<span class="spin"></span>`;
}
