// @ts-check
/** The frame of every screen behind the door: heading, where sending stands, the four tabs. */
import { Icon } from "./icons.js";
import { useSurroundings } from "./live.js";
import { html, useEffect, useRef } from "./preact.js";
import { link } from "./router.js";
import { SendingBadge } from "./sending.js";
import { t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").Today} TodayView */

const TABS = /** @type {const} */ ([
  ["today", "today"],
  ["inspections", "list"],
  ["actions", "action"],
  ["settings", "settings"],
]);

/**
 * `bar`: what stands at the bottom instead of the tabs. `back`: where the arrow leads. `today`: makes the numbers on the tabs,
 * which stay there on screens that do not ask for it.
 * @param {{ title: string, about?: any, screen: string, back?: string, bar?: any, extra?: any, children: any, today?: TodayView }} props
 */
export function Frame({ title, about, screen, back, bar, extra, children, today }) {
  const { engine, marks: kept } = useSurroundings();
  const owner = engine.account.user?.replicaId ?? "";
  if (today) kept.last = { owner, badges: badgesOf(today) };
  /** @type {Record<string, number>} */
  const marks = { ...(kept.last?.owner === owner ? kept.last.badges : {}), settings: engine.update.waiting ? 1 : 0 };
  const heading = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title]);
  useEffect(() => {
    // A new screen begins at its top, and a screen reader hears its name.
    scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [screen]);
  return html`<a class="skip" href="#content" onClick=${skip}>${t("app.skip")}</a>
    <header class="top">
      <div class="line">
        ${back && html`<a class="button back" href=${back} aria-label=${t("app.back")}><${Icon} name="back" /></a>`}
        <div class="title">
          <h1 ref=${heading} tabindex="-1">${title}</h1>
          ${about && html`<p>${about}</p>`}
        </div>
        ${extra}<${SendingBadge} />
      </div>
    </header>
    <main id="content" tabindex="-1">${children}</main>
    ${bar ??
    html`<nav class="tabs" aria-label=${t("nav.label")}>
      <img class="mark-of-app" src="./icons/icon.svg" alt="" width="44" height="44" />
      ${TABS.map(
        ([name, sign]) =>
          html`<a href=${link(name)} aria-current=${screen === name ? "page" : undefined}>
            <${Icon} name=${sign} />${t(`nav.${name}`)}
            ${marks[name] ? html`<span class="badge">${marks[name]}</span>` : null}
          </a>`,
      )}
    </nav>`}`;
}

/** @param {TodayView} today */
function badgesOf({ attention, actions }) {
  return { inspections: attention.length, actions: actions.filter((action) => action.overdue).length };
}

/** The hash is taken by the router, so the jump is made by hand. @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
