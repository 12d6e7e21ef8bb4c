// @ts-check
/** A conflict: both values, who and when; one tap decides, and the other value stays in the record. */
import { useDoing, useSurroundings } from "./live.js";
import { html } from "./preact.js";
import { noteOf, valueInWords } from "./states.js";
import { moment } from "./times.js";
import { t } from "../texts/texts.js";

/** @typedef {import("../engine/engine.js").ConflictView} ConflictView */

/**
 * @param {{ inspectionId: string, conflict: ConflictView, kind: import("../engine/engine.js").ResponseKind | null, locked: boolean, reason?: string }} props
 */
export function Conflict({ inspectionId, conflict, kind, locked }) {
  const { engine, say } = useSurroundings();
  const [busy, run] = useDoing();
  const decide = (/** @type {unknown} */ value) =>
    run(async () => {
      await engine.resolve(inspectionId, conflict.path, value, t("conflict.reason"));
      say({ text: t("conflict.resolved") });
    });
  return html`<section class="stack" aria-label=${t("conflict.title")}>
    <p class="small">${t("conflict.lead")}</p>
    <div class="two-values">
      ${conflict.versions.map(
        (version, place) =>
          html`<div class="version" key=${version.stamp}>
            <div>
              <p class="value">${valueInWords(version.value, kind)}</p>
              ${noteOf(version.value) && html`<p>${noteOf(version.value)}</p>`}
              <p class="who">${version.mine ? t("conflict.own") : version.by}${version.at ? ` · ${moment(version.at)}` : ""}</p>
              ${place === 0 && html`<p class="counts">${t("conflict.counts")}</p>`}
            </div>
            ${!locked && html`<button type="button" disabled=${busy} onClick=${() => decide(version.value)}>${t("conflict.choose")}<span class="heard">: ${valueInWords(version.value, kind)}</span></button>`}
          </div>`,
      )}
    </div>
  </section>`;
}
