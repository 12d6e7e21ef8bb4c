// @ts-check
/** Which screen is shown: the door as long as nobody is in, then the one that the address names. */
import { Icon } from "./parts/icons.js";
import { Surroundings } from "./parts/live.js";
import { html, useCallback, useEffect, useMemo, useRef, useState } from "./parts/preact.js";
import { goInstead, here } from "./parts/router.js";
import { Actions } from "./screens/actions.js";
import { Action } from "./screens/action.js";
import { Begin } from "./screens/begin.js";
import { Door } from "./screens/door.js";
import { Inspect } from "./screens/inspect.js";
import { Inspections } from "./screens/inspections.js";
import { Sending } from "./screens/sending.js";
import { Settings } from "./screens/settings.js";
import { Submit } from "./screens/submit.js";
import { Today } from "./screens/today.js";
import { onLanguage, suggestLanguage, t } from "./texts/texts.js";

/** @typedef {import("./engine/engine.js").Engine} Engine */
/** @typedef {import("./parts/live.js").Toast} Toast */

const SCREENS = {
  today: Today,
  begin: Begin,
  inspect: Inspect,
  submit: Submit,
  inspections: Inspections,
  actions: Actions,
  action: Action,
  sending: Sending,
  settings: Settings,
};
const TOAST_MS = 4000;
const WITHOUT_TABS = new Set(["inspect", "submit"]);

/** @param {{ engine: Engine }} props */
export function App({ engine }) {
  const [, count] = useState(0);
  const redraw = useCallback(() => count((before) => before + 1), []);
  const [place, setPlace] = useState(here());
  const [toast, say] = useToast();
  const surroundings = useMemo(() => ({ engine, say, redraw, marks: {} }), [engine, say, redraw]);
  useEffect(() => engine.subscribe(redraw), [engine]);
  useEffect(() => onLanguage(redraw), []);
  useEffect(() => {
    const moved = () => {
      setPlace(here());
      say(null);
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const open = engine.account.state === "open";
  const inspectionId = open && WITHOUT_TABS.has(place.screen) ? (place.parts[0] ?? null) : null;
  useEffect(() => {
    engine.update.opened(inspectionId);
  }, [engine, inspectionId]);
  useOwnPlace(engine.account.user?.replicaId ?? null);
  const theirs = engine.account.user?.language;
  useEffect(() => {
    suggestLanguage(theirs);
  }, [theirs]);
  useEffect(() => {
    const frame = document.getElementById("app");
    if (frame) frame.className = !open ? "" : WITHOUT_TABS.has(place.screen) ? "in-inspection" : "with-tabs";
  }, [open, place.screen]);

  const Screen = SCREENS[/** @type {keyof typeof SCREENS} */ (place.screen)] ?? Today;
  return html`<${Surroundings.Provider} value=${surroundings}>
    ${open ? html`<${Screen} key=${`${place.screen}/${place.parts[0] ?? ""}`} parts=${place.parts} />` : html`<${Door} />`}
    <div class="toasts" role="status" aria-live="polite">${toast && html`<${Note} toast=${toast} onDone=${() => say(null)} />`}</div>
  <//>`;
}

/** Whoever comes next begins at Today, never in what somebody else had open. @param {string | null} replicaId */
function useOwnPlace(replicaId) {
  const before = useRef(replicaId);
  useEffect(() => {
    if (before.current !== null && before.current !== replicaId) goInstead("today");
    before.current = replicaId;
  }, [replicaId]);
}

/** One message at a time; what went wrong stays until it is closed. @returns {[Toast | null, (toast: Toast | null) => void]} */
function useToast() {
  const [toast, setToast] = useState(/** @type {Toast | null} */ (null));
  const timer = useRef(0);
  const say = useCallback((/** @type {Toast | null} */ next) => {
    clearTimeout(timer.current);
    setToast(next);
    if (next && !next.bad) timer.current = setTimeout(() => setToast(null), TOAST_MS);
  }, []);
  return [toast, say];
}

/** @param {{ toast: Toast, onDone: () => void }} props */
function Note({ toast, onDone }) {
  return html`<div class=${toast.bad ? "toast bad" : "toast"}>
    <span>${toast.text}</span>
    ${toast.bad && html`<button class="round" aria-label=${t("app.close")} onClick=${onDone}><${Icon} name="fail" /></button>`}
  </div>`;
}
