// @ts-check
/**
 * The queue as a file, for a tablet that gets no network any more: an administrator imports it (docs/tablet-engine.md).
 * A first line, a line of JSON, then the bytes of the photos one after the other.
 */

import { fixBody } from "./fixing.js";

export const FIRST_LINE = "INSPECT-QUEUE 1";

/** @param {import("./local/user.js").UserData} user */
export async function exportQueue(user) {
  // Frozen first: a change of which a copy is under way must never become another under the same id.
  const offset = (await user.store.get("clock_offset_ms")) ?? null;
  const entries = await user.outbox.putInFlight(Number.MAX_SAFE_INTEGER, new Set(), offset);
  /** @type {Blob[]} */
  const parts = [];
  const photos = [];
  for (const photo of await user.photos.waiting()) {
    const bytes = await user.photos.bytes(photo.sha256);
    if (!bytes) continue;
    parts.push(new Blob([bytes]));
    photos.push({ sha256: photo.sha256, size: photo.size });
  }
  const fixes = (await user.fixes.all("waiting")).map((fix) => ({ action_id: fix.action, ...fixBody(fix, offset) }));
  const { replicaId, userId, login, name } = user.account;
  const manifest = { replica_id: replicaId, user_id: userId, changes: entries.map((entry) => entry.change), photos, fixes };
  const blob = new Blob([`${FIRST_LINE}\n${JSON.stringify(manifest)}\n`, ...parts], { type: "application/octet-stream" });
  const day = new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-");
  return { name: `inspect-queue-${login || name}-${day}.queue`, blob };
}
