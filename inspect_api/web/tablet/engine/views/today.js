// @ts-check
/** The first screen: whom and what there is to inspect, who was seen, what waits. */

import { fixViews } from "../fixing.js";
import { KIND } from "../local/directory.js";
import { dayOf, weekOf } from "./weeks.js";

/** @typedef {import("./summaries.js").Context} Context */
/** @typedef {import("./summaries.js").Short} Short */
/** @typedef {import("../engine.js").Coverage} Coverage */
/** @typedef {import("../engine.js").InspectionSummary} InspectionSummary */
/** @typedef {import("./revisions.js").Revision} Revision */

const OPEN_ACTIONS = new Set(["open", "fixed"]);
const MOST = 50;

/**
 * @param {Context} context
 * @param {Short[]} shorts
 * @param {Map<string, Revision>} templates in force, by key
 * @param {Date} now
 */
export async function todayOf(context, shorts, templates, now) {
  const summaries = shorts.map((short) => context.summary(short)).sort((a, b) => (a.begunAt < b.begunAt ? 1 : -1));
  const bySubject = groupBySubject(summaries);
  const actions = await openActions(context, templates, now);
  const coverage = (/** @type {string} */ id, /** @type {string} */ kind, /** @type {string} */ siteId) =>
    coverageOf(bySubject.get(id) ?? [], kind, templates, context.sites.get(siteId)?.zone ?? "UTC", now);
  const today = dayOf(now.getTime());
  return {
    now: now.toISOString(),
    sites: [...context.sites].map(([id, site]) => ({ id, ...site })).sort(byCode),
    employees: [...context.employees]
      .filter(([, body]) => context.sites.has(body.site_id) && isEmployed(body, now))
      .map(([id, body]) => ({
        kind: /** @type {const} */ ("employee"),
        id,
        ...employeeParts(context, body),
        coverage: coverage(id, "employee", body.site_id),
        actions: actions.filter((action) => action.subject?.id === id).length,
      }))
      .sort((a, b) => compare(a.number, b.number)),
    workspaces: [...context.workspaces]
      .filter(([, body]) => context.sites.has(body.site_id))
      .map(([id, body]) => ({
        kind: /** @type {const} */ ("workspace"),
        id,
        siteId: body.site_id,
        site: context.sites.get(body.site_id)?.name ?? "–",
        code: body.code,
        name: body.name,
        coverage: coverage(id, "workspace", body.site_id),
        actions: actions.filter((action) => action.subject?.id === id).length,
      }))
      .sort(byCode),
    actions,
    drafts: summaries.filter((one) => one.mine && one.state === "draft").slice(0, MOST),
    attention: summaries.filter((one) => needsSomebody(one)).slice(0, MOST),
    done: summaries.filter((one) => one.mine && one.submitted && dayOf(Date.parse(one.begunAt)) === today),
  };
}

/**
 * @param {InspectionSummary[]} summaries of the subject, newest first
 * @param {string} kind
 * @param {Map<string, Revision>} templates
 * @param {string} zone
 * @param {Date} now
 * @returns {Coverage[]}
 */
function coverageOf(summaries, kind, templates, zone, now) {
  const week = weekOf(now.getTime(), zone);
  return [...templates.values()]
    .filter(({ template }) => template.subject === kind)
    .map(({ template }) => {
      const own = summaries.filter((one) => one.templateKey === template.key);
      const seen = own.filter((one) => one.submitted && one.state !== "void" && weekOf(Date.parse(one.begunAt), zone) === week);
      return {
        templateKey: template.key,
        title: template.title,
        count: seen.length,
        by: mostFirst(seen.map((one) => one.supervisor)),
        lastAt: seen[0]?.begunAt ?? null,
        draftId: own.find((one) => one.mine && one.state === "draft")?.id ?? null,
      };
    });
}

/** @param {Context} context @param {Map<string, Revision>} templates @param {Date} now @returns {Promise<import("../engine.js").ActionView[]>} */
async function openActions(context, templates, now) {
  const bodies = /** @type {Map<string, import("../feed.js").CorrectiveActionBody>} */ (
    await context.user.directory.bodies(KIND.action)
  );
  const items = new Map([...templates.values()].flatMap((revision) => [...revision.items]));
  const reports = new Map((await fixViews(context.user)).map((report) => [report.actionId, report]));
  return [...bodies]
    .filter(([, body]) => OPEN_ACTIONS.has(body.state) && context.sites.has(body.site_id))
    .map(([id, body]) => ({
      id,
      siteId: body.site_id,
      site: context.sites.get(body.site_id)?.name ?? "–",
      task: body.task,
      item: body.item,
      itemText: items.get(body.item ?? "")?.text ?? null,
      subject: subjectOf(context, body),
      owner: body.owner === null ? null : context.nameOf(body.owner),
      priority: body.priority,
      state: body.state,
      dueAt: body.due_at,
      overdue: body.state === "open" && body.due_at !== null && Date.parse(body.due_at) < now.getTime(),
      escalated: body.escalated,
      report: (body.state === "open" && reports.get(id)) || null,
      body,
    }))
    .sort((a, b) => compare(a.dueAt ?? "9", b.dueAt ?? "9"));
}

/** @param {Context} context @param {import("../feed.js").CorrectiveActionBody} body */
function subjectOf(context, { employee_id, workspace_id }) {
  const id = employee_id ?? workspace_id;
  if (id === null) return null;
  const subject = { kind: employee_id ? /** @type {const} */ ("employee") : /** @type {const} */ ("workspace"), id };
  return { ...subject, name: context.subject(subject).name };
}

/** @param {Context} context @param {import("../feed.js").EmployeeBody} body */
function employeeParts(context, body) {
  const post = context.posts.get(body.post_id ?? "");
  return {
    siteId: body.site_id,
    site: context.sites.get(body.site_id)?.name ?? "–",
    number: body.number,
    name: body.name,
    post: post?.name ?? null,
    postType: post?.post_type ?? null,
    dressVariant: body.dress_variant,
  };
}

/** @param {InspectionSummary} one */
function needsSomebody(one) {
  return one.conflicts > 0 || one.refused > 0 || (one.mine && one.state === "incomplete" && one.photosUnsent === 0);
}

/** @param {import("../feed.js").EmployeeBody} body @param {Date} now */
function isEmployed(body, now) {
  const today = dayOf(now.getTime());
  return body.employed_from <= today && (body.employed_until === null || body.employed_until >= today);
}

/** @param {string[]} names */
function mostFirst(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

/** @param {InspectionSummary[]} summaries */
function groupBySubject(summaries) {
  /** @type {Map<string, InspectionSummary[]>} */
  const groups = new Map();
  for (const one of summaries) groups.set(one.subject.id, [...(groups.get(one.subject.id) ?? []), one]);
  return groups;
}

/** @param {{code: string}} a @param {{code: string}} b */
function byCode(a, b) {
  return compare(a.code, b.code);
}

/** @param {string} a @param {string} b */
function compare(a, b) {
  return a.localeCompare(b, undefined, { numeric: true });
}
