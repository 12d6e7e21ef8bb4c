// @ts-check
/** Photos that the server will not take, each with where it belongs. */

import { mergeHere } from "./merged.js";
import { shorten } from "./summaries.js";

/**
 * Without those of reports of a fix: these are refused with their report.
 * @param {import("../local/user.js").UserData} user
 * @returns {Promise<import("../engine.js").RefusedPhoto[]>} oldest first
 */
export async function refusedPhotos(user) {
  const reported = new Set((await user.fixes.all()).map((fix) => fix.told.photo));
  const rows = (await user.photos.waiting("refused")).filter((row) => !reported.has(row.sha256));
  return Promise.all(
    rows.map(async (row) => {
      const pulled = await user.directory.inspection(row.inspection);
      const merged = mergeHere(row.inspection, pulled, await user.outbox.of(row.inspection), user.account.userId);
      const short = await shorten(user, merged);
      const itemKey = short?.judged?.photos.get(row.sha256) ?? null;
      const section = short?.revision?.template.sections.find((one) => one.items.some((item) => item.key === itemKey));
      return {
        sha256: row.sha256,
        inspectionId: row.inspection,
        submitted: merged?.submitted ?? false,
        sectionKey: section?.key ?? null,
        itemKey,
        itemText: short?.revision?.items.get(itemKey ?? "")?.text ?? null,
        code: row.refusal?.code ?? "",
        at: row.since,
      };
    }),
  );
}
