// @ts-check
/** Every inspection on the tablet in short. One is made anew only when its rows have changed. */

import { KIND } from "../local/directory.js";
import { valueOf } from "../rules/merge.js";
import * as paths from "../rules/paths.js";
import { display } from "../rules/scoring.js";
import { arrivedPhotos, declaredPhotos, judge, mergeHere } from "./merged.js";

/** @typedef {import("../engine.js").InspectionSummary} InspectionSummary */
/** @typedef {import("../engine.js").ViewState} ViewState */
/** @typedef {import("../local/database.js").FeedRow} FeedRow */
/** @typedef {import("../local/database.js").OutboxRow} OutboxRow */
/** @typedef {import("../local/database.js").PhotoRow} PhotoRow */
/** @typedef {import("./merged.js").Merged} Merged */
/** @typedef {import("./merged.js").Judged} Judged */
/**
 * @typedef {object} Short what follows from the changes alone
 * @property {Merged} merged
 * @property {Judged | null} judged
 * @property {import("./revisions.js").Revision | null} revision
 * @property {number} begunMs
 * @property {import("../engine.js").SubjectRef} subject
 * @property {string} supervisorId
 */

const RECENT_MS = 35 * 86_400_000;

export class Summaries {
  /** @param {import("../local/user.js").UserData} user */
  constructor(user) {
    this.user = user;
    /** @type {Map<string, {fingerprint: string, short: Short}>} */
    this.known = new Map();
  }

  /** Those of the last five weeks and everything that waits here. @param {Date} now @returns {Promise<Short[]>} */
  async recent(now) {
    const feed = await this.user.directory.rowsSince(now.getTime() - RECENT_MS);
    return this.#shorts(new Map(feed.map((row) => [row.id, row])), await this.user.outbox.rows());
  }

  /** Of one employee or workspace, newest first. @param {string} subject @param {number} most @returns {Promise<Short[]>} */
  async ofSubject(subject, most) {
    const feed = (await this.user.directory.rowsOf(subject)).slice(0, most);
    const made = await this.#shorts(new Map(feed.map((row) => [row.id, row])), await this.user.outbox.rows());
    return made.filter((short) => short.subject.id === subject).sort((a, b) => b.begunMs - a.begunMs).slice(0, most);
  }

  /** @param {Map<string, FeedRow>} feed @param {OutboxRow[]} outbox */
  async #shorts(feed, outbox) {
    /** @type {Map<string, OutboxRow[]>} */
    const own = new Map();
    for (const row of outbox) own.set(row.inspection, [...(own.get(row.inspection) ?? []), row]);
    const ids = [...new Set([...feed.keys(), ...own.keys()])];
    const found = await Promise.all(ids.map((id) => this.#short(id, feed.get(id) ?? null, own.get(id) ?? [])));
    return found.filter((short) => short !== null);
  }

  /** @param {string} id @param {FeedRow | null} row @param {OutboxRow[]} own @returns {Promise<Short | null>} */
  async #short(id, row, own) {
    const fingerprint = [row?.sealed.iv.join() ?? "", ...own.map((one) => `${one.state} ${one.sealed.iv.join()}`)].join(";");
    const known = this.known.get(id);
    if (known?.fingerprint === fingerprint) return known.short;
    const { directory, outbox } = this.user;
    // What was begun long ago and is written to again is not among the recent rows.
    const pulled = row ? await directory.unseal(row) : await directory.inspection(id);
    const short = await shorten(this.user, mergeHere(id, pulled, await outbox.unseal(own), this.user.account.userId));
    if (short) this.known.set(id, { fingerprint, short });
    return short;
  }
}

/**
 * null for what this tablet cannot say anything of.
 * @param {import("../local/user.js").UserData} user
 * @param {Merged | null} merged
 * @returns {Promise<Short | null>}
 */
export async function shorten(user, merged) {
  if (!merged) return null;
  const { live, origins } = merged;
  const employee = valueOf(live, paths.EMPLOYEE);
  const id = employee ?? valueOf(live, paths.WORKSPACE);
  const beginning = live.get(paths.TEMPLATE_REVISION)?.[0];
  if (typeof id !== "string" || !beginning) return null;
  const revision = await user.revisions.get(beginning.value);
  return {
    merged,
    judged: revision && judge(merged, revision),
    revision,
    begunMs: Date.parse(String(valueOf(live, paths.CAPTURED_AT))) || 0,
    subject: { kind: employee ? "employee" : "workspace", id },
    supervisorId: origins.get(beginning.change_id)?.author ?? "",
  };
}

/** Names, and what is under way: what a summary needs besides the changes. */
export class Context {
  /** @param {import("../local/user.js").UserData} user @param {boolean} syncing @param {Iterable<string>} [digests] only these photos */
  static async of(user, syncing, digests) {
    const { directory } = user;
    const context = new Context();
    context.user = user;
    context.syncing = syncing;
    context.employees = await directory.bodies(KIND.employee);
    context.workspaces = await directory.bodies(KIND.workspace);
    context.sites = await directory.bodies(KIND.site);
    context.posts = await directory.bodies(KIND.post);
    context.people = await directory.bodies(KIND.user);
    context.photos = digests ? await user.photos.some(digests) : await user.photos.all();
    return context;
  }

  /** @type {import("../local/user.js").UserData} */ user = /** @type {any} */ (null);
  syncing = false;
  /** @type {Map<string, import("../feed.js").EmployeeBody>} */ employees = new Map();
  /** @type {Map<string, import("../feed.js").WorkspaceBody>} */ workspaces = new Map();
  /** @type {Map<string, import("../feed.js").SiteBody>} */ sites = new Map();
  /** @type {Map<string, import("../feed.js").PostBody>} */ posts = new Map();
  /** @type {Map<string, import("../feed.js").UserBody>} */ people = new Map();
  /** @type {Map<string, PhotoRow>} */ photos = new Map();

  /** @param {string} userId */
  nameOf(userId) {
    if (userId === this.user.account.userId) return this.user.account.name;
    return this.people.get(userId)?.name ?? "–";
  }

  /** @param {import("../engine.js").SubjectRef} subject */
  subject({ kind, id }) {
    const body = kind === "employee" ? this.employees.get(id) : this.workspaces.get(id);
    if (!body) return { name: "–", number: "" };
    return { name: body.name, number: "number" in body ? body.number : body.code };
  }

  /** @param {Short} short @returns {InspectionSummary} */
  summary({ merged, judged, revision, begunMs, subject, supervisorId }) {
    const state = stateOf(merged, judged, this.photos);
    const declared = declaredPhotos(merged.live);
    const own = [...declared.keys()].map((digest) => this.photos.get(digest));
    const photosUnsent = own.filter((photo) => photo?.state === "waiting").length;
    const refused =
      merged.entries.filter((entry) => entry.state === "refused").length + own.filter((one) => one?.state === "refused").length;
    const unsent = photosUnsent + merged.entries.filter((entry) => entry.state === "open" || entry.state === "in_flight").length;
    const { name, number } = this.subject(subject);
    return {
      id: merged.id,
      templateKey: revision?.template.key ?? "",
      title: revision?.template.title ?? { zh: "–", en: "–" },
      subject,
      subjectName: name,
      subjectNumber: number,
      siteId: merged.siteId,
      site: this.sites.get(merged.siteId)?.name ?? "–",
      begunAt: new Date(begunMs).toISOString(),
      supervisor: this.nameOf(supervisorId),
      mine: supervisorId === this.user.account.userId,
      state,
      submitted: merged.submitted,
      delivery: refused ? "refused" : !unsent ? "received" : this.syncing ? "sending" : "here",
      score: state === "complete" && judged?.score.score ? display(judged.score.score) : null,
      items: judged?.applicable.size ?? 0,
      answered: judged ? [...judged.applicable].filter((key) => judged.responses.has(key)).length : 0,
      photos: declared.size,
      photosUnsent,
      conflicts: merged.conflicts.length,
      refused,
    };
  }
}

/**
 * As the server will say, for what this tablet knows.
 * @param {Merged} merged
 * @param {Judged | null} judged
 * @param {Map<string, PhotoRow>} photos
 * @returns {ViewState}
 */
export function stateOf(merged, judged, photos) {
  if (merged.void) return "void";
  if (!judged) return /** @type {ViewState} */ (merged.server?.state ?? "waiting");
  if (!merged.submitted) return "draft";
  const arrived = arrivedPhotos(merged, photos);
  const missing = [...judged.photos.keys()].some((digest) => !arrived.has(digest));
  return missing || judged.score.unanswered.length || judged.score.invalid.length ? "incomplete" : "complete";
}
