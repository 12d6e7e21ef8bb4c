// @ts-check
/** Whom it is about is chosen; which checklist? With what this week has seen, and the draft that is open. */
import { Frame } from "../parts/frame.js";
import { Icon } from "../parts/icons.js";
import { useDoing, useLive, useSurroundings } from "../parts/live.js";
import { html } from "../parts/preact.js";
import { goInstead, link } from "../parts/router.js";
import { WhereTag } from "../parts/states.js";
import { dressName, joined, postName, Seen } from "../parts/subjects.js";
import { moment } from "../parts/times.js";
import { Waiting } from "../parts/waiting.js";
import { pick, t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").EmployeeView} EmployeeView */
/** @typedef {import("../engine/engine.js").WorkspaceView} WorkspaceView */
/** @typedef {import("../engine/engine.js").TemplateChoice} TemplateChoice */

const LATEST = 5;

/** @param {{ parts: string[] }} props */
export function Begin({ parts }) {
  const kind = parts[0] === "workspace" ? "workspace" : "employee";
  const id = parts[1] ?? "";
  const known = useLive(
    async (engine) => {
      const [today, templates, latest] = await Promise.all([
        engine.today(),
        engine.templates(kind),
        engine.inspections({ subject: { kind, id }, limit: LATEST }),
      ]);
      const all = /** @type {(EmployeeView | WorkspaceView)[]} */ (kind === "employee" ? today.employees : today.workspaces);
      return { subject: all.find((one) => one.id === id), templates, latest };
    },
    [kind, id],
  );
  const subject = known?.subject;
  return html`<${Frame} title=${subject?.name ?? t("begin.title")} about=${subject && about(subject)} screen="begin" back=${link("today")}>
    ${!known && html`<${Waiting} />`}
    ${known && html`<${Choices} subject=${subject} kind=${kind} id=${id} templates=${known.templates} />`}
    ${known && known.latest.length > 0 && html`<${Latest} all=${known.latest} />`}
  <//>`;
}

/** @param {EmployeeView | WorkspaceView} subject */
function about(subject) {
  const own = subject.kind === "employee" ? [subject.number, subject.post ?? postName(subject.postType), dressName(subject.dressVariant)] : [subject.code];
  return [...own, subject.site].filter(Boolean).join(" · ");
}

/** @param {{ subject: EmployeeView | WorkspaceView | undefined, kind: "employee" | "workspace", id: string, templates: TemplateChoice[] }} props */
function Choices({ subject, kind, id, templates }) {
  const { engine } = useSurroundings();
  const [busy, run] = useDoing();
  const begin = (/** @type {string} */ key) =>
    run(async () => {
      const inspectionId = await engine.begin(key, { kind, id });
      goInstead("inspect", inspectionId);
    });
  if (!subject || templates.length === 0) return html`<p class="empty"><${Icon} name="list" />${t("begin.none")}</p>`;
  return html`${subject.kind === "employee" && !subject.postType && html`<p class="notice warn"><${Icon} name="warn" /><span>${t("begin.post_unknown")}</span></p>`}
    <ul class="choice">
      ${templates.map((template) => {
        const seen = subject.coverage.find((entry) => entry.templateKey === template.key);
        return html`<li class="card" key=${template.key}>
          <div class="stack">
            <h2>${pick(template.title)}</h2>
            ${seen && html`<div class="row seen-line"><${Seen} entry=${seen} /><span class="soft">${seen.count ? t("begin.week.by", { count: seen.count, by: joined(seen.by) }) : t("today.seen_never")}</span></div>`}
            ${template.introduction && html`<p class="soft small">${pick(template.introduction)}</p>`}
          </div>
          ${seen?.draftId
            ? html`<a class="button strong" href=${link("inspect", seen.draftId)}>${t("begin.go_on")}<span class="heard"> ${pick(template.title)}</span></a>`
            : html`<button class=${busy ? "strong busy" : "strong"} disabled=${busy} onClick=${() => begin(template.key)}>${t("begin.start")}<span class="heard"> ${pick(template.title)}</span></button>`}
        </li>`;
      })}
    </ul>`;
}

/** @param {{ all: import("../engine/engine.js").InspectionSummary[] }} props */
function Latest({ all }) {
  return html`<section class="stack" aria-label=${t("begin.latest")}>
    <h2>${t("begin.latest")}</h2>
    <ul class="list">
      ${all.map(
        (one) =>
          html`<li key=${one.id}>
            <a class="state-line" href=${link("inspect", one.id)}>
              <span class="what">${pick(one.title)}</span>
              <span class="right">${one.score !== null && html`<span class="score">${one.score}</span>`}<${WhereTag} one=${one} /></span>
              <span class="when">${moment(one.begunAt)} · ${one.supervisor}</span>
            </a>
          </li>`,
      )}
    </ul>
  </section>`;
}
