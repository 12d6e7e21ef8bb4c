// @ts-check
/** A photo just taken: circle the problem with a finger, or take it as it is. Nothing is kept before "use". */
import { Icon } from "./icons.js";
import { explain, useSurroundings } from "./live.js";
import { html, useEffect, useRef, useState } from "./preact.js";
import { t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").Mark} Mark */
/** @typedef {[number, number]} Point */

const LONGEST_SHOWN = 1600;
const CLOSE_POINTS = 0.004;

/**
 * @param {{ photo: Blob, cue: string, onUse: (photo: Blob, marks: Mark[]) => Promise<void>, onDiscard: () => void }} props
 */
export function DrawDialog({ photo, cue, onUse, onDiscard }) {
  const { say } = useSurroundings();
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const picture = useRef(/** @type {ImageBitmap | null} */ (null));
  const [lines, setLines] = useState(/** @type {Point[][]} */ ([]));
  const [busy, setBusy] = useState(true);

  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    let left = false;
    showable(photo).then(
      (bitmap) => {
        if (left || !canvas.current) return;
        picture.current = bitmap;
        canvas.current.width = bitmap.width;
        canvas.current.height = bitmap.height;
        paint(canvas.current, bitmap, []);
        setBusy(false);
      },
      // A picture that this browser cannot show may still be one that the server reads; the engine decides.
      () => !left && setBusy(false),
    );
    return () => {
      left = true;
      picture.current?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => {
    if (canvas.current && picture.current) paint(canvas.current, picture.current, lines);
  }, [lines]);

  const use = async () => {
    setBusy(true);
    try {
      await onUse(photo, lines.map((points) => ({ kind: "line", points })));
    } catch (error) {
      say({ text: explain(error), bad: true });
      onDiscard();
    }
  };
  const drawing = useDrawing(setLines);
  return html`<dialog ref=${box} class="drawing" aria-label=${t("draw.title")} onCancel=${(/** @type {Event} */ event) => {
    event.preventDefault();
    onDiscard();
  }}>
    <div class="frame">
      <div class="bar-top"><p>${cue || t("draw.lead")}</p><button type="button" disabled=${lines.length === 0} onClick=${() => setLines((all) => all.slice(0, -1))}>${t("draw.undo")}</button></div>
      <div class="paper"><canvas ref=${canvas} role="img" aria-label=${t("draw.canvas")} ...${drawing}></canvas></div>
      <div class="foot">
        <button type="button" onClick=${onDiscard}>${t("draw.retake")}</button>
        <button type="button" class=${busy ? "strong busy" : "strong"} disabled=${busy} onClick=${use}>${busy ? null : html`<${Icon} name="pass" />`}${t("draw.use")}</button>
      </div>
    </div>
  </dialog>`;
}

/** Strokes by finger, pen or mouse, in shares of the picture. @param {(change: (all: Point[][]) => Point[][]) => void} setLines */
function useDrawing(setLines) {
  const finger = useRef(/** @type {number | null} */ (null));
  const at = (/** @type {PointerEvent} */ event) => {
    const { left, top, width, height } = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const share = (/** @type {number} */ value) => Math.round(1e4 * Math.min(1, Math.max(0, value))) / 1e4;
    return /** @type {Point} */ ([share((event.clientX - left) / width), share((event.clientY - top) / height)]);
  };
  const ends = () => {
    finger.current = null;
  };
  return {
    onPointerDown: (/** @type {PointerEvent} */ event) => {
      if (finger.current !== null) return;
      finger.current = event.pointerId;
      /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
      const point = at(event);
      setLines((all) => [...all, [point]]);
    },
    onPointerMove: (/** @type {PointerEvent} */ event) => {
      if (finger.current !== event.pointerId) return;
      const point = at(event);
      setLines((all) => {
        const line = all[all.length - 1];
        const last = line?.[line.length - 1];
        if (!line || !last || Math.hypot(point[0] - last[0], point[1] - last[1]) < CLOSE_POINTS) return all;
        return [...all.slice(0, -1), [...line, point]];
      });
    },
    onPointerUp: ends,
    onPointerCancel: ends,
  };
}

/** Upright, and no larger than a screen can show. @param {Blob} photo */
async function showable(photo) {
  const whole = await createImageBitmap(photo, { imageOrientation: "from-image" });
  const shrink = Math.min(1, LONGEST_SHOWN / Math.max(whole.width, whole.height));
  if (shrink === 1) return whole;
  const small = await createImageBitmap(whole, { resizeWidth: Math.round(whole.width * shrink), resizeHeight: Math.round(whole.height * shrink), resizeQuality: "medium" });
  whole.close();
  return small;
}

/** As the engine will draw it: red with a white rim. @param {HTMLCanvasElement} canvas @param {ImageBitmap} picture @param {Point[][]} lines */
function paint(canvas, picture, lines) {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.drawImage(picture, 0, 0);
  pen.lineCap = pen.lineJoin = "round";
  const width = Math.max(canvas.width, canvas.height) / 130;
  for (const [colour, thick] of /** @type {[string, number][]} */ ([["#ffffff", width * 1.7], ["#d81e10", width]])) {
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    for (const line of lines) {
      pen.beginPath();
      line.forEach(([x, y], place) => (place ? pen.lineTo(x * canvas.width, y * canvas.height) : pen.moveTo(x * canvas.width, y * canvas.height)));
      if (line.length === 1 && line[0]) pen.lineTo(line[0][0] * canvas.width + 0.1, line[0][1] * canvas.height);
      pen.stroke();
    }
  }
}
