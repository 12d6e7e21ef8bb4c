// @ts-check
/** One inspection as a screen shows it. */

import { canonical, isConflict, valueOf } from "../rules/merge.js";
import { millisecondsOf } from "../rules/clock.js";
import * as paths from "../rules/paths.js";
import { isFailed } from "../rules/responses.js";
import { display } from "../rules/scoring.js";
import { asCircumstances } from "../rules/template.js";
import { fullMark } from "../inspecting.js";
import { arrivedPhotos } from "./merged.js";

/** @typedef {import("./summaries.js").Short} Short */
/** @typedef {import("./summaries.js").Context} Context */
/** @typedef {import("./merged.js").Judged} Judged */
/** @typedef {import("./revisions.js").Revision} Revision */
/** @typedef {import("../rules/template.js").Item} Item */
/** @typedef {import("../rules/scoring.js").Score} Score */
/** @typedef {import("../engine.js").ItemView} ItemView */
/** @typedef {import("../engine.js").PhotoView} PhotoView */
/** @typedef {import("../engine.js").ConflictView} ConflictView */
/** @typedef {import("../engine.js").InspectionView} InspectionView */
/** @typedef {import("../engine.js").RefusedChange} RefusedChange */

/**
 * @param {Short} short
 * @param {Context} context
 * @param {{last: Short | null, progress: Map<string, number>, reason: string | null}} more `last`: the inspection before this one
 * @returns {InspectionView}
 */
export function inspectionView(short, context, { last, progress, reason }) {
  const { merged, judged, revision } = short;
  const photos = photoViews(short, context, progress);
  const refusals = merged.entries.filter((entry) => entry.state === "refused").map(refusedChange);
  const conflicts = [...merged.live].filter(([, writes]) => isConflict(writes)).map(([path]) => conflictView(short, context, path));
  const template = revision?.template;
  const parts = { photos, refusals, conflicts, last: last && lastAnswers(last, context) };
  const sections = judged && revision ? sectionViews(revision, judged, short, parts) : [];
  const arrived = arrivedPhotos(merged, context.photos);
  return {
    ...context.summary(short),
    revisionId: revision?.id ?? String(valueOf(merged.live, paths.TEMPLATE_REVISION)),
    revisionNumber: revision?.body.number ?? 0,
    introduction: template?.introduction ?? null,
    method: template?.method ?? "weighted",
    dimension: template?.dimension ?? "",
    circumstances: /** @type {any} */ (asCircumstances(valueOf(merged.live, paths.CIRCUMSTANCES))),
    sections,
    running: runningScore(judged?.score ?? null),
    missing: sections.flatMap((section) =>
      section.items.flatMap((item) =>
        item.owes.map((what) => ({ itemKey: item.key, path: item.path, sectionKey: section.key, text: item.text, what })),
      ),
    ),
    note: /** @type {string | null} */ (valueOf(merged.live, paths.NOTE)),
    loosePhotos: photos.filter((photo) => photo.itemKey === null),
    conflictPaths: conflicts,
    refusals,
    missingPhotos: [...(judged?.photos.keys() ?? [])].filter((digest) => !arrived.has(digest)),
    clockSkewed: merged.server?.clock_skewed ?? false,
    reason,
    readOnly: revision === null || merged.void || merged.onlyRefused,
    revisions: revisionsOf(short, context),
  };
}

/** @param {import("../local/outbox.js").Entry} entry @returns {RefusedChange} */
export function refusedChange({ change, refusal, since }) {
  return {
    id: change.id,
    inspectionId: change.inspection_id,
    code: refusal?.code ?? "",
    path: refusal?.path ?? "",
    message: refusal?.message ?? "",
    fields: change.fields,
    at: since,
  };
}

/**
 * @param {Revision} revision
 * @param {Judged} judged
 * @param {Short} short
 * @param {{photos: PhotoView[], refusals: RefusedChange[], conflicts: ConflictView[], last: Map<string, NonNullable<ItemView["lastTime"]>> | null}} parts
 */
function sectionViews(revision, judged, short, parts) {
  return revision.template.sections
    .map((section) => {
      const applying = section.items.filter((item) => judged.applicable.has(item.key));
      const items = applying.map((item) => itemView(item, judged, parts));
      const open = applying.filter((item) => !judged.responses.has(item.key) && fullMark(item) !== null);
      return {
        key: section.key,
        title: section.title,
        items,
        answered: items.filter((item) => item.value !== null).length,
        canPass: open.filter((item) => !short.merged.conflicts.includes(paths.RESPONSES + item.key)).length,
      };
    })
    .filter((section) => section.items.length);
}

/**
 * @param {Item} item
 * @param {Judged} judged
 * @param {{photos: PhotoView[], refusals: RefusedChange[], conflicts: ConflictView[], last: Map<string, NonNullable<ItemView["lastTime"]>> | null}} parts
 * @returns {ItemView}
 */
function itemView(item, judged, { photos, refusals, conflicts, last }) {
  const path = paths.RESPONSES + item.key;
  const response = judged.responses.get(item.key);
  return {
    key: item.key,
    path,
    text: item.text,
    standard: item.standard ?? null,
    taboo: item.taboo ?? null,
    lookAt: item.look_at ?? null,
    photoCue: item.photo_cue ?? null,
    disagreement: item.disagreement ?? null,
    source: item.source,
    response: responseKind(item.response),
    weight: item.weight ?? 1,
    critical: item.critical ?? false,
    required: item.required ?? true,
    photoRule: item.photo ?? "never",
    noteRule: item.note ?? "never",
    value: response?.value ?? null,
    note: response?.note ?? null,
    failed: response !== undefined && isFailed(item, response),
    owes: judged.owed.get(item.key) ?? [],
    photos: photos.filter((photo) => photo.itemKey === item.key),
    conflict: conflicts.find((conflict) => conflict.path === path) ?? null,
    lastTime: last?.get(item.key) ?? null,
    refused: refusals.find((refusal) => path in refusal.fields) ?? null,
  };
}

/** @param {import("../rules/template.js").ResponseKind} kind @returns {import("../engine.js").ResponseKind} */
function responseKind(kind) {
  return kind.kind === "measurement" ? { ...kind, minimum: kind.minimum ?? null, maximum: kind.maximum ?? null } : kind;
}

/** @param {Score | null} score @returns {import("../engine.js").RunningScore} */
export function runningScore(score) {
  return {
    points: score?.running ? display(score.running) : null,
    uncapped: score?.capped && score.runningUncapped ? display(score.runningUncapped) : null,
    final: score?.score ? display(score.score) : null,
    capped: score?.capped ?? false,
    redFlags: score?.redFlags ?? [],
    lowCoverage: score?.lowCoverage ?? false,
    open: score?.unanswered.length ?? 0,
  };
}

/** @param {Short} last @param {Context} context */
function lastAnswers(last, context) {
  /** @type {Map<string, NonNullable<ItemView["lastTime"]>>} */
  const answers = new Map();
  const at = new Date(last.begunMs).toISOString();
  const by = context.nameOf(last.supervisorId);
  for (const [key, response] of last.judged?.responses ?? []) {
    const item = last.revision?.items.get(key);
    if (item) answers.set(key, { failed: isFailed(item, response), value: response.value, note: response.note ?? null, at, by });
  }
  return answers;
}

/** @param {Short} short @param {Context} context @param {string} path @returns {ConflictView} */
function conflictView({ merged }, context, path) {
  /** @type {Map<string, ConflictView["versions"][number]>} equal values are one version */
  const versions = new Map();
  for (const write of merged.live.get(path) ?? []) {
    const origin = merged.origins.get(write.change_id);
    const author = origin?.author ?? "";
    const key = canonical(write.value);
    if (versions.has(key)) continue;
    versions.set(key, {
      value: write.value,
      by: context.nameOf(author),
      mine: author === context.user.account.userId,
      at: origin?.at ?? new Date(millisecondsOf(write.stamp)).toISOString(),
      stamp: write.stamp,
    });
  }
  return { path, itemKey: paths.itemOf(path), versions: [...versions.values()] };
}

/** @param {Short} short @param {Context} context @param {Map<string, number>} progress @returns {PhotoView[]} */
function photoViews({ merged, judged }, context, progress) {
  const arrived = arrivedPhotos(merged, context.photos);
  return [...(judged?.photos ?? [])].map(([sha256, itemKey]) => {
    const row = context.photos.get(sha256);
    const share = progress.get(sha256);
    const declared = /** @type {any} */ (valueOf(merged.live, paths.EVIDENCE + sha256));
    const waiting = share === undefined ? "here" : "sending";
    const known = row?.state === "refused" ? "refused" : arrived.has(sha256) ? "received" : row ? waiting : "elsewhere";
    return {
      sha256,
      itemKey,
      takenAt: declared?.taken_at ?? null,
      state: /** @type {PhotoView["state"]} */ (known),
      progress: known === "received" ? 1 : (share ?? 0),
      code: row?.refusal?.code ?? null,
      message: row?.refusal?.message ?? null,
      local: row !== undefined && row.state !== "stored",
    };
  });
}

/** @param {Short} short @param {Context} context @returns {InspectionView["revisions"]} */
function revisionsOf({ merged }, context) {
  /** @type {Map<string, string[]>} */
  const written = new Map();
  for (const [path, writes] of merged.live) {
    for (const write of writes) written.set(write.change_id, [...(written.get(write.change_id) ?? []), path]);
  }
  return [...merged.origins]
    .filter(([id, origin]) => origin.reason !== null && written.has(id))
    .sort(([, a], [, b]) => (a.stamp < b.stamp ? -1 : 1))
    .map(([id, origin]) => ({
      reason: origin.reason ?? "",
      author: context.nameOf(origin.author),
      paths: (written.get(id) ?? []).sort(),
      at: origin.at ?? new Date(millisecondsOf(origin.stamp)).toISOString(),
    }));
}
