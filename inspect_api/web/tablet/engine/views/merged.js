// @ts-check
/**
 * An inspection as this tablet knows it: what the server showed, and what is still on its way there. The rules are those of
 * the server (sync/projection.py, sync/tablet/views.py).
 */

import { conflicts, merge, valueOf } from "../rules/merge.js";
import * as paths from "../rules/paths.js";
import { asResponse, owes, problemOf } from "../rules/responses.js";
import { scoreInspection } from "../rules/scoring.js";
import { applicableKeys, asCircumstances } from "../rules/template.js";

/** @typedef {import("../local/outbox.js").Entry} Entry */
/** @typedef {import("../local/directory.js").PulledInspection} PulledInspection */
/** @typedef {import("./revisions.js").Revision} Revision */
/** @typedef {import("../rules/merge.js").Live} Live */
/** @typedef {import("../rules/responses.js").Response} Response */
/** @typedef {{author: string, reason: string | null, at: string | null, stamp: string}} Origin */
/**
 * @typedef {object} Merged
 * @property {string} id
 * @property {string} siteId
 * @property {Live} live
 * @property {Map<string, Origin>} origins change id (as in `live`) → who and why
 * @property {Entry[]} entries own changes that are still here
 * @property {PulledInspection["view"] | null} server
 * @property {string[]} conflicts paths
 * @property {boolean} submitted
 * @property {boolean} void
 * @property {boolean} onlyRefused nothing of it counts: it shows what the refused changes say, until they are sent anew
 */
/**
 * @typedef {object} Judged a merged inspection, read by its revision
 * @property {Map<string, Response>} responses by item key
 * @property {Set<string>} applicable
 * @property {import("../rules/scoring.js").Score} score
 * @property {Map<string, ("response" | "photo" | "note")[]>} owed by item key; only what owes something
 * @property {Map<string, string | null>} photos declared: SHA-256 → item key
 */

/**
 * @param {string} id
 * @param {PulledInspection | null} pulled
 * @param {Entry[]} entries
 * @param {string} userId
 * @returns {Merged | null} null when this tablet knows no such inspection
 */
export function mergeHere(id, pulled, entries, userId) {
  if (!pulled && !entries.length) return null;
  const shown = new Set(pulled?.view.writes.map((write) => write.stamp));
  /** @type {Map<string, Origin>} */
  const origins = new Map();
  // Places stand for ids, which views do not carry; what these have superseded is not in a view either.
  const changes = (pulled?.view.writes ?? []).map((write, place) => {
    origins.set(String(place), { author: write.author, reason: write.reason ?? null, at: null, stamp: write.stamp });
    return { id: String(place), stamp: write.stamp, fields: write.fields, supersedes: {} };
  });
  const onlyRefused = !pulled && entries.every((entry) => entry.state === "refused");
  for (const { change, state } of entries) {
    // An own change whose stamp is among the server's live writes has been merged there; here it would bring back what
    // others have superseded since.
    if ((state === "refused" && !onlyRefused) || state === "shown" || shown.has(change.stamp)) continue;
    const { reason = null, captured_at: at, stamp } = change;
    origins.set(change.id, { author: userId, reason, at, stamp });
    changes.push({ id: change.id, stamp, fields: change.fields, supersedes: change.supersedes ?? {} });
  }
  const live = merge(changes);
  return {
    id,
    siteId: pulled?.siteId ?? entries[0].change.site_id,
    live,
    origins,
    entries,
    server: pulled?.view ?? null,
    conflicts: conflicts(live),
    submitted: valueOf(live, paths.SUBMITTED) === true,
    void: valueOf(live, paths.VOID) === true,
    onlyRefused,
  };
}

/** @param {Merged} merged @param {Revision} revision @returns {Judged} */
export function judge({ live }, revision) {
  /** @type {Map<string, Response>} */
  const responses = new Map();
  /** @type {Map<string, number>} */
  const counted = new Map();
  const photos = declaredPhotos(live);
  for (const item of photos.values()) if (item !== null) counted.set(item, (counted.get(item) ?? 0) + 1);
  for (const [path, writes] of live) {
    const key = paths.itemOf(path);
    const item = key === null ? undefined : revision.items.get(key);
    const response = item && asResponse(writes[0].value);
    if (item && response && !problemOf(item, response)) responses.set(item.key, response);
  }
  const applicable = applicableKeys(revision.template, asCircumstances(valueOf(live, paths.CIRCUMSTANCES)));
  const score = scoreInspection(revision.compiled, responses, applicable);
  /** @type {Judged["owed"]} */
  const owed = new Map(score.unanswered.map((key) => [key, ["response"]]));
  for (const [key, response] of responses) {
    const item = /** @type {import("../rules/template.js").Item} */ (revision.items.get(key));
    const lacks = owes(item, response, counted.get(key) ?? 0);
    if (lacks.length) owed.set(key, lacks);
  }
  return { responses, applicable, score, owed, photos };
}

/** @param {Live} live @returns {Map<string, string | null>} SHA-256 → item key, of what is declared and not taken back */
export function declaredPhotos(live) {
  const photos = new Map();
  for (const [path, [{ value }]] of live) {
    if (!path.startsWith(paths.EVIDENCE) || value === null) continue;
    const item = typeof value === "object" ? /** @type {any} */ (value).item : null;
    photos.set(path.slice(paths.EVIDENCE.length), typeof item === "string" ? item : null);
  }
  return photos;
}

/** The stamps that a write of this path supersedes. @param {Merged} merged @param {string} path */
export function seen({ live }, path) {
  return [...new Set((live.get(path) ?? []).map((write) => write.stamp))].sort();
}

/**
 * The declared photos that are on the server, as far as this tablet can know.
 * @param {Merged} merged
 * @param {Map<string, import("../local/database.js").PhotoRow>} photos
 */
export function arrivedPhotos({ live, server }, photos) {
  const arrived = new Set([...declaredPhotos(live).keys()].filter((digest) => photos.get(digest)?.state === "stored"));
  const missing = new Set(server?.missing_photos ?? []);
  for (const write of server?.writes ?? []) {
    for (const path of Object.keys(write.fields)) {
      const digest = path.startsWith(paths.EVIDENCE) ? path.slice(paths.EVIDENCE.length) : null;
      if (digest !== null && !missing.has(digest)) arrived.add(digest);
    }
  }
  return arrived;
}
