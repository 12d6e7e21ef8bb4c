// @ts-check
/** All inspections on this tablet, with where each one is in words a person understands. */
import { Frame } from "../parts/frame.js";
import { Icon } from "../parts/icons.js";
import { useLive } from "../parts/live.js";
import { LongList } from "../parts/long_list.js";
import { html } from "../parts/preact.js";
import { goInstead, link } from "../parts/router.js";
import { WhereTag, whereIs, whyThere } from "../parts/states.js";
import { moment } from "../parts/times.js";
import { Waiting } from "../parts/waiting.js";
import { pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").InspectionSummary} Summary */

const FILTERS = /** @type {Record<string, (one: Summary) => boolean>} */ ({
  all: () => true,
  open: (one) => !one.submitted && one.state !== "void",
  unsent: (one) => ["on_tablet", "sending"].includes(whereIs(one)) || one.photosUnsent > 0,
  problems: (one) => one.conflicts > 0 || whereIs(one) === "refused" || (one.submitted && one.state === "incomplete"),
});

/** @param {{ parts: string[] }} props */
export function Inspections({ parts }) {
  const chosen = parts[0] && parts[0] in FILTERS ? parts[0] : "all";
  const all = useLive((engine) => engine.inspections({ limit: Infinity }), []);
  const shown = all?.filter(FILTERS[chosen] ?? FILTERS.all);
  return html`<${Frame} title=${t("list.title")} screen="inspections">
    <div class="filters" role="group" aria-label=${t("list.title")}>
      ${Object.entries(FILTERS).map(
        ([name, fits]) =>
          html`<button key=${name} aria-pressed=${String(name === chosen)} onClick=${() => goInstead("inspections", name)}>${t(`list.${name}`)}${name !== "all" && all ? html` <span class="num soft-count">${all.filter(fits).length}</span>` : null}</button>`,
      )}
    </div>
    ${!shown && html`<${Waiting} />`}
    ${shown && shown.length === 0 && html`<p class="empty" role="status"><${Icon} name="list" /><b>${t("list.empty")}</b><span>${t("list.empty.do")}</span></p>`}
    ${shown && shown.length > 0 && html`<${LongList} key=${chosen} all=${shown} row=${(/** @type {Summary} */ one) => html`<${Line} key=${one.id} one=${one} />`} />`}
  <//>`;
}

/** @param {{ one: Summary }} props */
function Line({ one }) {
  return html`<li>
    <a class="state-line" href=${link("inspect", one.id)}>
      <span class="what">${one.subjectName} · ${pick(one.title)}</span>
      <span class="right">${one.score !== null && one.submitted && html`<span class="score">${one.score}</span>`}<${WhereTag} one=${one} /></span>
      <span class="when">${moment(one.begunAt)} · ${one.supervisor} · ${one.site}</span>
      <span class="why">
        ${one.conflicts > 0 && html`<span class="tag clash"><${Icon} name="clash" />${t("item.conflict")}</span> `}
        ${one.state === "void" && html`<span class="tag">${t("state.void")}</span> `}
        ${!one.submitted && one.state !== "void" && html`<span class="tag">${t("state.draft")} · ${t("today.progress", { done: one.answered, all: one.items })}</span> `}
        ${one.refused > 0 ? html`<b class="late">${t("list.refused")}</b>` : html`<span class="soft small">${whyThere(one)}</span>`}
      </span>
    </a>
  </li>`;
}
