// @ts-check
/** How screens see the engine: what they ask is asked again after every change, and the old answer stands until the new one is there. */
import { createContext, useCallback, useContext, useEffect, useRef, useState } from "./preact.js";
import { EngineError } from "../engine/engine.js";
import { has, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").Engine} Engine */
/** @typedef {{ text: string, bad?: boolean }} Toast */
/** @typedef {{ last?: { owner: string, badges: Record<string, number> } }} Marks on the tabs, and whose they are */
/** @typedef {{ engine: Engine, say: (toast: Toast) => void, redraw: () => void, marks: Marks }} Surroundings */

const PATIENCE_MS = 1000;
const LONGEST_REST_MS = 1000;

export const Surroundings = createContext(/** @type {Surroundings} */ (/** @type {unknown} */ (null)));

/** @returns {Surroundings} */
export function useSurroundings() {
  return useContext(Surroundings);
}

/**
 * The answer to `ask`, undefined before the first one. Asked again when `about` changes and after every change of the engine.
 * @template Answer
 * @param {(engine: Engine) => Promise<Answer>} ask
 * @param {unknown[]} about
 * @returns {Answer | undefined}
 */
export function useLive(ask, about) {
  const { engine, say } = useSurroundings();
  const [answer, setAnswer] = useState(/** @type {{ about: string, value: Answer } | undefined} */ (undefined));
  const key = JSON.stringify(about);
  useEffect(() => {
    let gone = false;
    let asking = false;
    let stale = false;
    let shown = 0;
    const again = async () => {
      stale = true;
      if (asking) return;
      asking = true;
      while (stale && !gone) {
        stale = false;
        const began = performance.now();
        try {
          const value = await ask(engine);
          // While a month is being sent there is always something newer: what is a second old is better than nothing.
          if (!gone && (!stale || Date.now() - shown > PATIENCE_MS)) {
            shown = Date.now();
            setAnswer({ about: key, value });
          }
        } catch (error) {
          // Locked in the meantime: the door is shown instead of this screen.
          if (!gone && !(error instanceof EngineError && error.code === "not_open")) say({ text: explain(error), bad: true });
        }
        // In a flood of changes two thirds of the time are left to what makes them: a month is sent, not redrawn.
        if (stale) await rest(Math.min(LONGEST_REST_MS, 2 * (performance.now() - began)));
      }
      asking = false;
    };
    again();
    const end = engine.subscribe(again);
    return () => {
      gone = true;
      end();
    };
  }, [engine, key]);
  return answer && answer.about === key ? answer.value : undefined;
}

/** @param {number} milliseconds */
function rest(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Does something and says it when that fails; `busy` while it runs for longer than a moment, so that progress is seen
 * and nothing is pressed twice.
 * @returns {[boolean, (work: () => Promise<unknown>) => Promise<boolean>]}
 */
export function useDoing() {
  const { say } = useSurroundings();
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const run = useCallback(async (/** @type {() => Promise<unknown>} */ work) => {
    if (running.current) return false;
    running.current = true;
    const shown = setTimeout(() => setBusy(true), 250);
    try {
      await work();
      return true;
    } catch (error) {
      say({ text: explain(error), bad: true });
      return false;
    } finally {
      clearTimeout(shown);
      running.current = false;
      setBusy(false);
    }
  }, []);
  return [busy, run];
}

/** What went wrong, in words for the person. @param {unknown} error */
export function explain(error) {
  if (error instanceof EngineError) {
    const key = `error.${error.code}`;
    if (has(key)) return t(key, /** @type {Record<string, string>} */ (error.detail));
  }
  return t("app.error", { why: error instanceof Error ? error.message : String(error) });
}
