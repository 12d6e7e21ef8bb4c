// @ts-check
/** One inspection, a section at a time: "#/inspect/{id}/{section}/{item}". Every tap is on the disk before it counts as saved. */
import { Frame } from "../parts/frame.js";
import { Icon } from "../parts/icons.js";
import { Item } from "../parts/item.js";
import { InspectionBar } from "../parts/inspection_bar.js";
import { InspectionMenu } from "../parts/inspection_menu.js";
import { InspectionNotices } from "../parts/inspection_notices.js";
import { Dialog } from "../parts/dialog.js";
import { useEditing } from "../parts/editing.js";
import { useDoing, useLive, useSurroundings } from "../parts/live.js";
import { html, useEffect, useRef, useState } from "../parts/preact.js";
import { link } from "../parts/router.js";
import { openIn, SectionList } from "../parts/sections.js";
import { postName } from "../parts/subjects.js";
import { moment } from "../parts/times.js";
import { Waiting } from "../parts/waiting.js";
import { pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").InspectionView} InspectionView */
/** @typedef {import("../engine/engine.js").SectionView} SectionView */

/** @param {{ parts: string[] }} props */
export function Inspect({ parts }) {
  const id = parts[0] ?? "";
  const view = useLive((engine) => engine.inspection(id), [id]);
  const editing = useEditing(view);
  const [first, setFirst] = useState("");
  useEffect(() => {
    // Where somebody left off; chosen once, so that finishing a section does not throw them into the next.
    if (view && !first) setFirst((view.sections.find((one) => openIn(one) > 0) ?? view.sections[0])?.key ?? "");
  }, [view, first]);
  if (view === null) return html`<${Frame} title=${t("nav.inspections")} screen="inspect" back=${link("today")}><p class="empty">${t("inspect.gone")}</p><//>`;
  const key = parts[1] || first;
  const place = Math.max(0, view?.sections.findIndex((one) => one.key === key) ?? 0);
  const section = view?.sections[place];
  return html`<${Frame}
    title=${view?.subjectName ?? ""}
    about=${view && html`${pick(view.title)}${view.circumstances.post_type ? ` · ${postName(view.circumstances.post_type)}` : ""} · ${moment(view.begunAt)}`}
    screen="inspect"
    back=${link("today")}
    extra=${view && html`<${InspectionMenu} view=${view} editing=${editing} />`}
    bar=${view ? html`<${InspectionBar} view=${view} />` : html`<div class="bar"></div>`}
  >
    ${!view && html`<${Waiting} />`}
    ${view && section && html`<${Sheet} view=${view} section=${section} place=${place} editing=${editing} asked=${parts[2] ?? ""} />`}
  <//>`;
}

/** @param {{ view: InspectionView, section: SectionView, place: number, editing: import("../parts/editing.js").Editing, asked: string }} props */
function Sheet({ view, section, place, editing, asked }) {
  const [choosing, setChoosing] = useState(false);
  const heading = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  const began = useRef(section.key);
  useEffect(() => {
    if (began.current === section.key || asked) return;
    began.current = section.key;
    scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [section.key, asked]);
  const left = openIn(section);
  return html`<${InspectionNotices} view=${view} editing=${editing} />
    <div class="sheet">
      <nav class="sections" aria-label=${t("inspect.sections_of")}><${SectionList} view=${view} current=${section.key} /></nav>
      <section class="stack" aria-labelledby="section-title">
        <div class="section-head">
          <div>
            <h2 id="section-title" ref=${heading} tabindex="-1">${pick(section.title)}</h2>
            <p class="soft">${t("inspect.section_of", { number: place + 1, all: view.sections.length })}${left > 0 ? ` · ${t("inspect.left", { count: left })}` : ""}</p>
          </div>
          <button class="only-narrow" onClick=${() => setChoosing(true)}><${Icon} name="list" />${t("inspect.sections_of")}</button>
        </div>
        ${place === 0 && view.introduction && !view.submitted && html`<p class="soft small">${pick(view.introduction)}</p>`}
        <ol class="items">
          ${section.items.map((item) => html`<${Item} key=${item.key} inspectionId=${view.id} item=${item} editing=${editing} asked=${item.key === asked} />`)}
        </ol>
        <${SectionFoot} view=${view} section=${section} place=${place} editing=${editing} />
      </section>
    </div>
    ${choosing && html`<${Dialog} title=${t("inspect.sections")} onClose=${() => setChoosing(false)}><${SectionList} view=${view} current=${section.key} onGo=${() => setChoosing(false)} /><//>`}`;
}

/** @param {{ view: InspectionView, section: SectionView, place: number, editing: import("../parts/editing.js").Editing }} props */
function SectionFoot({ view, section, place, editing }) {
  const { engine } = useSurroundings();
  const [busy, run] = useDoing();
  const [set, setSet] = useState(/** @type {string[]} */ ([]));
  useEffect(() => setSet([]), [section.key]);
  const next = view.sections[place + 1];
  const rest = () =>
    run(async () => {
      const open = section.items.filter((item) => item.value === null).map((item) => item.key);
      await engine.passRest(view.id, section.key);
      const after = await engine.inspection(view.id);
      const items = after?.sections[place]?.items ?? [];
      setSet(items.filter((item) => item.value !== null && open.includes(item.key)).map((item) => item.key));
    });
  const undo = () =>
    run(async () => {
      for (const key of set) await engine.respond(view.id, key, null);
      setSet([]);
    });
  return html`<div class="section-foot">
    ${!editing.locked && section.canPass > 0 && html`<button class="rest" disabled=${busy} onClick=${rest}>${busy ? html`<span class="spin"></span>` : html`<${Icon} name="pass" />`}${restWords(section)}</button>`}
    ${!editing.locked && section.canPass === 0 && set.length > 0 && html`<button class="undo" disabled=${busy} onClick=${undo}>${busy ? html`<span class="spin"></span>` : html`<${Icon} name="again" />`}${t("app.undo")}<span class="soft small">${t("inspect.rest.done", { count: set.length })}</span></button>`}
    <p class="heard" role="status">${set.length > 0 ? t("inspect.rest.done", { count: set.length }) : ""}</p>
    ${next
      ? html`<a class="button" href=${link("inspect", view.id, next.key)}>${t("inspect.section_next", { title: pick(next.title) })}<${Icon} name="forward" /></a>`
      : !view.submitted && !editing.readOnly && html`<a class="button" href=${link("submit", view.id)}>${t("inspect.review")}<${Icon} name="forward" /></a>`}
  </div>`;
}

/** @param {SectionView} section */
function restWords(section) {
  const kinds = new Set(section.items.filter((item) => item.value === null).map((item) => item.response.kind));
  const count = section.canPass;
  if (kinds.has("deduction")) return t("inspect.rest.deduction", { count });
  return t(kinds.has("rating") && !kinds.has("pass_fail") ? "inspect.rest.rating" : "inspect.rest", { count });
}
