// @ts-check
/**
 * Answers on their way to the disk. A tap is seen at once; it counts as saved when the engine says so, and when it cannot be
 * saved it is taken back before the eyes of whoever tapped.
 */
import { explain, useSurroundings } from "./live.js";
import { useEffect, useMemo, useRef, useState } from "./preact.js";
import { usualReasons } from "./reasons.js";

/** @typedef {import("../engine/engine.js").ItemView} ItemView */
/** @typedef {import("../engine/engine.js").InspectionView} InspectionView */
/** @typedef {string | number | null} Value */
/**
 * `locked`: nothing can be written now. `readOnly`: nor ever. `saving`: something is not on the disk yet.
 * @typedef {{ locked: boolean, readOnly: boolean, saving: boolean, valueOf: (item: ItemView) => Value, answer: (item: ItemView, value: Value) => void, note: (item: ItemView, note: string) => void }} Editing
 */

/** @param {InspectionView | null | undefined} view @returns {Editing} */
export function useEditing(view) {
  const { engine, say } = useSurroundings();
  const [, redraw] = useState(0);
  /** @type {{ current: Map<string, { value: Value, kept: boolean }> }} */
  const waiting = useRef(new Map());
  const id = view?.id ?? "";
  useEffect(() => {
    // The engine shows by now what was kept.
    for (const [key, entry] of waiting.current) if (entry.kept) waiting.current.delete(key);
  }, [view]);
  const readOnly = !view || view.readOnly || view.state === "void";
  const locked = readOnly || (view.submitted && view.reason === null);

  return useMemo(() => {
    const write = async (/** @type {ItemView} */ item, /** @type {Value} */ value, /** @type {{ note?: string }} */ options) => {
      const entry = { value, kept: false };
      waiting.current.set(item.key, entry);
      redraw((count) => count + 1);
      try {
        await engine.respond(id, item.key, value, options);
        entry.kept = true;
      } catch (error) {
        if (waiting.current.get(item.key) === entry) waiting.current.delete(item.key);
        say({ text: explain(error), bad: true });
      }
      redraw((count) => count + 1);
    };
    const valueOf = (/** @type {ItemView} */ item) => {
      const entry = waiting.current.get(item.key);
      return entry ? entry.value : item.value;
    };
    return {
      locked,
      readOnly,
      get saving() {
        return [...waiting.current.values()].some((entry) => !entry.kept);
      },
      valueOf,
      answer: (item, value) => {
        if (value === valueOf(item) || locked) return;
        write(item, value, { note: noteFor(item, value) });
      },
      note: (item, note) => void write(item, valueOf(item), { note }),
    };
  }, [engine, id, locked, readOnly, view]);
}

/**
 * "Not applicable" needs a note: the usual reason stands there at once, in view, to be changed with a tap. It goes again with
 * the value that it explains.
 * @param {ItemView} item @param {Value} value
 */
function noteFor(item, value) {
  const usual = usualReasons();
  if (value === "not_applicable") return item.note || usual[0];
  return item.note && item.value === "not_applicable" && usual.includes(item.note) ? "" : undefined;
}
