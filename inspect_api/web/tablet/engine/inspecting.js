// @ts-check
/** What a supervisor does on a tablet, each tap one durable edit. None of it needs the network. */

import { EngineError } from "./errors.js";
import { instantOf } from "./local/outbox.js";
import { KIND } from "./local/directory.js";
import { newId } from "./rules/ids.js";
import { valueOf } from "./rules/merge.js";
import * as paths from "./rules/paths.js";
import { asResponse, problemOf } from "./rules/responses.js";
import { judge, mergeHere, seen } from "./views/merged.js";

/** @typedef {import("./views/merged.js").Merged} Merged */
/** @typedef {import("./views/revisions.js").Revision} Revision */
/** @typedef {import("./rules/template.js").Item} Item */

export class Inspecting {
  /** @param {import("./local/user.js").UserData} user */
  constructor(user) {
    this.user = user;
    /** @type {Map<string, string>} inspection → the reason of the edits that follow */
    this.reasons = new Map();
  }

  /** @param {string} templateKey @param {import("./engine.js").SubjectRef} ref */
  async begin(templateKey, ref) {
    const { directory, outbox, revisions, store } = this.user;
    const now = new Date();
    const revision = (await revisions.inForce(now)).get(templateKey);
    const subject = await directory.body(ref.kind === "employee" ? KIND.employee : KIND.workspace, ref.id);
    if (!revision || revision.template.subject !== ref.kind || !subject) {
      throw new EngineError("not_allowed", "the template, or whom it is about, is not on this tablet");
    }
    const circumstances = await this.#circumstances(ref.kind, subject);
    const fields = {
      [paths.TEMPLATE_REVISION]: revision.id,
      [ref.kind === "employee" ? paths.EMPLOYEE : paths.WORKSPACE]: ref.id,
      [paths.CAPTURED_AT]: instantOf(now),
      ...(Object.keys(circumstances).length ? { [paths.CIRCUMSTANCES]: circumstances } : {}),
    };
    const id = newId(now.getTime());
    const edit = { inspectionId: id, siteId: subject.site_id, fields, seen: {}, reason: null };
    await store.exclusively(() => outbox.write(edit, now));
    return id;
  }

  /**
   * @param {string} id
   * @param {string} itemKey
   * @param {string | number | null} value
   * @param {{note?: string, reason?: string}} [options]
   */
  respond(id, itemKey, value, { note, reason } = {}) {
    return this.#edit(id, reason, async (merged, revision) => {
      const path = paths.RESPONSES + itemKey;
      if (!revision?.items.has(itemKey)) throw new EngineError("not_allowed", `the template has no item ${itemKey}`);
      if (value === null) return { [path]: null };
      const item = /** @type {Item} */ (revision.items.get(itemKey));
      const kept = note === undefined ? asResponse(valueOf(merged.live, path))?.note : note;
      return { [path]: checked(item, kept ? { value, note: kept } : { value }) };
    });
  }

  /** @param {string} id @param {string} path @param {unknown} value @param {string} [reason] */
  write(id, path, value, reason) {
    return this.#edit(id, reason, async () => ({ [path]: value }));
  }

  /** @param {string} id @param {string} sectionKey @returns {Promise<number>} how many answers were set */
  async passRest(id, sectionKey) {
    let count = 0;
    await this.#edit(id, undefined, async (merged, revision) => {
      const section = revision?.template.sections.find((one) => one.key === sectionKey);
      if (!revision || !section) throw new EngineError("not_allowed", `the template has no section ${sectionKey}`);
      const fields = fullMarks(merged, revision, section.items);
      count = Object.keys(fields).length;
      return fields;
    });
    return count;
  }

  /** @param {string} id @returns {Promise<Map<string, ("response" | "photo" | "note")[]>>} what is missing; then nothing was written */
  async submit(id) {
    /** @type {Map<string, ("response" | "photo" | "note")[]>} */
    let owed = new Map();
    await this.#edit(id, undefined, async (merged, revision) => {
      if (!revision) throw new EngineError("not_allowed", "the template revision is not on this tablet");
      owed = judge(merged, revision).owed;
      return owed.size || merged.submitted ? {} : { [paths.SUBMITTED]: true };
    });
    return owed;
  }

  /** @param {string} id @param {string | null} reason */
  revise(id, reason) {
    if (reason?.trim()) this.reasons.set(id, reason.trim());
    else this.reasons.delete(id);
  }

  /**
   * Keep a photo and declare it, in one transaction. The same photo of the same item again is nothing new.
   * @param {string} id
   * @param {string | null} itemKey
   * @param {ArrayBuffer} bytes
   * @param {string} takenAt
   * @param {string} [reason]
   */
  async attach(id, itemKey, bytes, takenAt, reason) {
    let digest = "";
    await this.user.store.exclusively(async () => {
      const prepared = await this.user.photos.prepare(id, bytes, instantOf(new Date()));
      digest = prepared.digest;
      const merged = await this.#merged(id);
      const revision = await this.user.revisions.get(valueOf(merged.live, paths.TEMPLATE_REVISION));
      if (itemKey !== null && !revision?.items.has(itemKey)) {
        throw new EngineError("not_allowed", `the template has no item ${itemKey}`);
      }
      const path = paths.EVIDENCE + digest;
      const former = /** @type {any} */ (valueOf(merged.live, path));
      const same = former !== null && (former.item ?? null) === itemKey;
      const value = { ...(itemKey === null ? {} : { item: itemKey }), taken_at: same ? former.taken_at : takenAt };
      await this.#write(merged, { [path]: value }, reason, prepared.keep);
    });
    return digest;
  }

  /** @param {string} id @param {string} digest @param {string} [reason] */
  async removePhoto(id, digest, reason) {
    await this.write(id, paths.EVIDENCE + digest, null, reason);
    await this.user.photos.giveUp(digest);
  }

  /** Write a refused change anew, under another id. @param {string} changeId @param {string} [reason] */
  sendAnew(changeId, reason) {
    const { outbox, store } = this.user;
    return store.exclusively(async () => {
      const entry = (await outbox.refused()).find((one) => one.id === changeId);
      if (!entry) throw new EngineError("not_allowed", "there is no such refused change");
      const { change } = entry;
      const merged = await this.#merged(change.inspection_id, true);
      const isNewer = (/** @type {string} */ stamp) => stamp > change.stamp && stamp.endsWith(store.replicaId);
      const kept = Object.entries(change.fields).filter(([path]) => !seen(merged, path).some(isNewer));
      if (kept.length) await this.#write(merged, Object.fromEntries(kept), reason ?? change.reason ?? undefined, undefined, true);
      await outbox.drop(changeId);
    });
  }

  /**
   * @param {string} id
   * @param {string | undefined} reason
   * @param {(merged: Merged, revision: Revision | null) => Promise<Record<string, unknown>>} make fields; none: nothing is written
   */
  #edit(id, reason, make) {
    return this.user.store.exclusively(async () => {
      const merged = await this.#merged(id);
      const revision = await this.user.revisions.get(valueOf(merged.live, paths.TEMPLATE_REVISION));
      const fields = await make(merged, revision);
      if (Object.keys(fields).length) await this.#write(merged, fields, reason);
    });
  }

  /**
   * @param {Merged} merged
   * @param {Record<string, unknown>} fields
   * @param {string} [given]
   * @param {(transaction: any) => void} [also]
   * @param {boolean} [again] a refused change may bring its beginning once more
   */
  #write(merged, fields, given, also, again = false) {
    const reason = given?.trim() || this.reasons.get(merged.id) || null;
    if (merged.submitted && !reason) throw new EngineError("reason_required");
    const fixed = Object.keys(fields).filter((path) => paths.BEGINNING.has(path) && merged.live.has(path));
    if (fixed.length && !again) throw new EngineError("beginning_is_fixed", fixed.join(", "));
    const stamps = Object.fromEntries(Object.keys(fields).map((path) => [path, seen(merged, path)]));
    const edit = { inspectionId: merged.id, siteId: merged.siteId, fields, seen: stamps, reason };
    return this.user.outbox.write(edit, new Date(), also);
  }

  /** @param {string} id @param {boolean} [refused] also one of which nothing counts, since all of it was refused */
  async #merged(id, refused = false) {
    const { directory, outbox, account } = this.user;
    const merged = mergeHere(id, await directory.inspection(id), await outbox.of(id), account.userId);
    if (!merged || (merged.onlyRefused && !refused)) throw new EngineError("not_allowed", "there is no such inspection here");
    return merged;
  }

  /** What decides which items apply, as this tablet knows it. @param {string} kind @param {any} subject */
  async #circumstances(kind, subject) {
    const { directory } = this.user;
    const site = await directory.body(KIND.site, subject.site_id);
    const post = kind === "employee" && subject.post_id ? await directory.body(KIND.post, subject.post_id) : null;
    const known = { post_type: post?.post_type, dress_variant: subject.dress_variant, season: site?.season };
    return Object.fromEntries(Object.entries(known).filter(([, value]) => value != null));
  }
}

/** What answers an item in full without looking closer; null where one has to look. @param {Item} item @returns {string | number | null} */
export function fullMark({ response }) {
  if (response.kind === "pass_fail") return "pass";
  if (response.kind === "rating") return response.max;
  return response.kind === "deduction" ? 0 : null;
}

/** @param {Merged} merged @param {Revision} revision @param {Item[]} items */
function fullMarks(merged, revision, items) {
  const { responses, applicable } = judge(merged, revision);
  const open = items.filter(({ key }) => applicable.has(key) && !responses.has(key) && !merged.conflicts.includes(paths.RESPONSES + key));
  const marks = open.map((item) => /** @type {const} */ ([paths.RESPONSES + item.key, fullMark(item)]));
  return Object.fromEntries(marks.filter(([, value]) => value !== null).map(([path, value]) => [path, { value }]));
}

/** @param {Item} item @param {{value: string | number, note?: string}} told */
function checked(item, told) {
  const response = asResponse(told);
  const problem = response ? problemOf(item, response) : "wrong_kind";
  if (problem) throw new EngineError("invalid_response", `${item.key}: ${problem}`, { code: problem });
  return told;
}
