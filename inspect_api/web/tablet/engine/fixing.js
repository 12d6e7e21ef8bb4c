// @ts-check
/** A corrective action is reported fixed: one durable edit, without the network; and how that report stands. */

import { EngineError } from "./errors.js";
import { KIND } from "./local/directory.js";
import { instantOf } from "./local/outbox.js";
import { newId } from "./rules/ids.js";

/** @typedef {import("./local/user.js").UserData} UserData */

/**
 * @param {UserData} user
 * @param {import("./engine.js").ActionView} action
 * @param {string} note
 * @param {ArrayBuffer | null} bytes of a photo
 */
export function reportFix(user, action, note, bytes) {
  return user.store.exclusively(async () => {
    const body = await user.directory.body(KIND.action, action.id);
    const under = (await user.fixes.rows()).some((fix) => fix.action === action.id && fix.state !== "refused");
    if (body?.state !== "open" || under) throw new EngineError("not_allowed", "it is not open, or was reported");
    const now = new Date();
    const since = instantOf(now);
    const prepared = bytes && (await user.photos.prepare(action.id, bytes, since));
    const about = { task: action.task, subject: action.subject?.name ?? action.site };
    const told = { note, photo: prepared?.digest ?? null, captured_at: since, reopened: body.reopened, ...about };
    const replaced = await user.fixes.write(newId(now.getTime()), action.id, told, prepared?.keep);
    for (const photo of replaced) await user.photos.giveUp(/** @type {string} */ (photo));
  });
}

/** @param {UserData} user @returns {Promise<import("./engine.js").FixView[]>} */
export async function fixViews(user) {
  return (await user.fixes.all()).map(({ id, action, state, since, refusal, told }) => ({
    id,
    actionId: action,
    state: state === "waiting" ? /** @type {const} */ ("here") : state,
    note: told.note,
    photo: told.photo,
    task: told.task,
    subject: told.subject,
    at: since,
    code: refusal?.code ?? "",
    message: refusal?.message ?? "",
  }));
}

/**
 * What the server takes, and an administrator's import.
 * @param {import("./local/fixes.js").Fix} fix
 * @param {number | null} offsetMs
 * @returns {import("./messages.js").Fix}
 */
export function fixBody({ id, told }, offsetMs) {
  const measured = offsetMs === null ? {} : { clock_offset_ms: offsetMs };
  const report = { id, captured_at: told.captured_at, reopened: told.reopened, ...measured };
  return { note: told.note, ...(told.photo ? { photo: told.photo } : {}), report };
}
