// @ts-check
/** The first screen: who and what to inspect, who was seen how often and by whom, what waits, how this tablet is doing. */
import { Frame } from "../parts/frame.js";
import { Icon } from "../parts/icons.js";
import { useLive, useSurroundings } from "../parts/live.js";
import { html, useMemo, useState } from "../parts/preact.js";
import { link } from "../parts/router.js";
import { EmployeeRow, WorkspaceRow } from "../parts/subjects.js";
import { ActionRow } from "../parts/action_row.js";
import { LongList } from "../parts/long_list.js";
import { isMoving } from "../parts/sending.js";
import { Glance, TabletPanel, Warnings } from "../parts/tablet_panel.js";
import { Waiting } from "../parts/waiting.js";
import { pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").EmployeeView} EmployeeView */
/** @typedef {import("../engine/engine.js").WorkspaceView} WorkspaceView */
/** @typedef {import("../engine/engine.js").Today} TodayView */

const ACTIONS_SHOWN = 4;
const DRAFTS_SHOWN = 3;

export function Today() {
  const today = useLive((engine) => engine.today(), []);
  const { engine } = useSurroundings();
  const user = engine.account.user?.name ?? "";
  return html`<${Frame} title=${t("nav.today")} about=${user} screen="today" today=${today}>
    ${today ? html`<${Board} today=${today} />` : html`<${Waiting} />`}
  <//>`;
}

/** @param {{ today: TodayView }} props */
function Board({ today }) {
  const [text, setText] = useState("");
  const [site, setSite] = useState("");
  const people = useMemo(() => found(today.employees, text, site), [today, text, site]);
  const places = useMemo(() => found(today.workspaces, text, site), [today, text, site]);
  const quiet = !text;
  const several = today.sites.length > 1;
  return html`<${Warnings} today=${today} />
    <div class="board">
      <div class="stack">
        <label class="search"
          ><span class="heard">${t("today.search")}</span><${Icon} name="search" />
          <input type="search" placeholder=${t("today.search")} value=${text} enterkeyhint="search"
            onInput=${(/** @type {InputEvent} */ event) => setText(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
        /></label>
        ${quiet && html`<${Glance} today=${today} />`}
        ${quiet && today.drafts.length > 0 && html`<${Drafts} today=${today} />`}
        ${several && html`<${Sites} sites=${today.sites} site=${site} onSite=${setSite} />`}
        ${people.length > 0 &&
        html`<section class="stack" aria-label=${t("today.people")}>
          <div class="group-title"><h2>${t("today.people")}</h2><span class="soft small">${t("today.people.order")}</span></div>
          <${LongList} all=${people} row=${(/** @type {EmployeeView} */ one) => html`<${EmployeeRow} key=${one.id} one=${one} withSite=${several} />`} />
        </section>`}
        ${places.length > 0 &&
        html`<section class="stack" aria-label=${t("today.workspaces")}>
          <div class="group-title"><h2>${t("today.workspaces")}</h2></div>
          <${LongList} all=${places} row=${(/** @type {WorkspaceView} */ one) => html`<${WorkspaceRow} key=${one.id} one=${one} withSite=${several} />`} />
        </section>`}
        ${people.length + places.length === 0 && html`<${Nobody} text=${text} sending=${today.sending} />`}
      </div>
      <aside class="stack">
        ${quiet && today.actions.length > 0 && html`<${OpenActions} today=${today} />`}
        <${TabletPanel} today=${today} />
      </aside>
    </div>`;
}

/** Nobody fits the words; or the tablet has not received its people yet. @param {{ text: string, sending: import("../engine/engine.js").SyncState }} props */
function Nobody({ text, sending }) {
  if (!text && isMoving(sending)) return html`<p class="empty" role="status"><span class="spin"></span>${t("today.receiving")}</p>`;
  return html`<p class="empty" role="status"><${Icon} name="search" />${text ? t("today.none_found", { text }) : t("today.nobody")}</p>`;
}

/** @param {{ sites: import("../engine/engine.js").SiteView[], site: string, onSite: (id: string) => void }} props */
function Sites({ sites, site, onSite }) {
  const all = [{ id: "", name: t("today.all_sites") }, ...sites];
  return html`<div class="sites" role="group" aria-label=${t("today.sites")}>
    ${all.map((one) => html`<button key=${one.id} aria-pressed=${String(one.id === site)} onClick=${() => onSite(one.id)}>${one.name}</button>`)}
  </div>`;
}

/** @param {{ today: TodayView }} props */
function Drafts({ today }) {
  return html`<section class="stack" aria-label=${t("today.goes_on")}>
    <div class="group-title"><h2>${t("today.goes_on")}</h2>${today.drafts.length > DRAFTS_SHOWN && html`<a href=${link("inspections", "open")}>${t("today.all_actions", { count: today.drafts.length })}</a>`}</div>
    <ul class="list go-on">
      ${today.drafts.slice(0, DRAFTS_SHOWN).map(
        (draft) =>
          html`<li key=${draft.id}>
            <a href=${link("inspect", draft.id)}>
              <${Icon} name="note" />
              <span><b>${draft.subjectName}</b> · ${pick(draft.title)}</span>
              <span class="soft small num nowrap">${t("today.progress", { done: draft.answered, all: draft.items })}</span>
              <progress max=${draft.items || 1} value=${draft.answered} aria-hidden="true"></progress>
            </a>
          </li>`,
      )}
    </ul>
  </section>`;
}

/** @param {{ today: TodayView }} props */
function OpenActions({ today }) {
  return html`<section class="panel" aria-label=${t("actions.title")}>
    <div class="group-title"><h2>${t("actions.title")}</h2><a href=${link("actions")}>${t("today.all_actions", { count: today.actions.length })}</a></div>
    <ul class="list">
      ${today.actions.slice(0, ACTIONS_SHOWN).map((action) => html`<${ActionRow} key=${action.id} action=${action} />`)}
    </ul>
  </section>`;
}

/**
 * Those that the words fit, seen least this week first.
 * @template {EmployeeView | WorkspaceView} Subject
 * @param {Subject[]} all @param {string} text @param {string} site
 * @returns {Subject[]}
 */
function found(all, text, site) {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return all
    .filter((one) => !site || one.siteId === site)
    .filter((one) => {
      const own = one.kind === "employee" ? `${one.number} ${one.post ?? ""}` : one.code;
      const said = `${one.name} ${own} ${one.site}`.toLowerCase();
      return words.every((word) => said.includes(word));
    })
    .sort((one, other) => times(one) - times(other) || last(one).localeCompare(last(other)));
}

/** @param {EmployeeView | WorkspaceView} one */
function times(one) {
  return one.coverage.reduce((sum, entry) => sum + entry.count, 0);
}

/** @param {EmployeeView | WorkspaceView} one */
function last(one) {
  return one.coverage.reduce((latest, entry) => (entry.lastAt && entry.lastAt > latest ? entry.lastAt : latest), "");
}
