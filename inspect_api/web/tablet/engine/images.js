// @ts-check
/** Photos from the camera: upright, shrunk, with marks drawn in, and without what a camera writes beside the pixels. */

import { EngineError } from "./errors.js";

/** @typedef {import("./engine.js").Mark} Mark */

const LONGER_SIDE = 1920;
const QUALITY = 0.82;
const LARGEST = 25_000_000; // bytes of a picture that this browser cannot open and the server can

/**
 * A JPEG; or the file as it is, when this browser cannot open it (HEIC) and there is nothing to draw.
 * @param {Blob} blob
 * @param {Mark[]} marks
 * @returns {Promise<ArrayBuffer>}
 */
export async function prepare(blob, marks) {
  const picture = await read(blob);
  if (!picture) {
    if (!/^image\/hei[cf]/.test(blob.type) || marks.length) throw new EngineError("photo_unreadable");
    if (blob.size > LARGEST) throw new EngineError("photo_too_large");
    return blob.arrayBuffer();
  }
  const scale = Math.min(1, LONGER_SIDE / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  for (const mark of marks) draw(context, mark, width, height);
  const shrunk = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  return shrunk.arrayBuffer();
}

/** @param {Blob} blob */
async function read(blob) {
  try {
    return await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
}

/**
 * Twice, so that it stands out from light and dark: a white rim, then red.
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {Mark} mark
 * @param {number} width
 * @param {number} height
 */
function draw(context, mark, width, height) {
  const line = Math.max(4, Math.min(width, height) / 120);
  context.lineCap = context.lineJoin = "round";
  for (const [colour, thickness] of /** @type {const} */ ([["#ffffff", 2 * line], ["#d4001a", line]])) {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.beginPath();
    trace(context, mark, width, height);
    context.stroke();
  }
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {Mark} mark @param {number} width @param {number} height */
function trace(context, mark, width, height) {
  if (mark.kind === "circle") {
    context.arc(mark.x * width, mark.y * height, mark.radius * Math.max(width, height), 0, 2 * Math.PI);
  } else if (mark.kind === "line") {
    mark.points.forEach(([x, y], place) => (place ? context.lineTo(x * width, y * height) : context.moveTo(x * width, y * height)));
  } else {
    const from = { x: mark.x * width, y: mark.y * height };
    const to = { x: mark.toX * width, y: mark.toY * height };
    const angle = Math.atan2(to.y - from.y, to.x - from.x);
    const head = Math.max(16, Math.min(width, height) / 20);
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    for (const turn of [-0.5, 0.5]) {
      context.moveTo(to.x, to.y);
      context.lineTo(to.x - head * Math.cos(angle + turn), to.y - head * Math.sin(angle + turn));
    }
  }
}
