// @ts-check
/** Opens the engine and shows the app over it. */
import { App } from "./app.js";
import { openEngine } from "./engine/engine.js";
import { html, render } from "./parts/preact.js";
import { explain } from "./parts/live.js";
import { t } from "./texts/texts.js";

const place = /** @type {HTMLElement} */ (document.getElementById("app"));

/** @param {any} tree */
function show(tree) {
  render(tree, place);
}

document.title = t("app.name");
const slow = setTimeout(
  () => show(html`<main class="door"><p class="row" role="status"><span class="spin"></span>${t("app.starting")}</p></main>`),
  400,
);
try {
  const engine = await openEngine();
  clearTimeout(slow);
  show(html`<${App} engine=${engine} />`);
} catch (error) {
  clearTimeout(slow);
  show(
    html`<main class="door">
      <h1>${t("app.failed")}</h1>
      <p>${t("app.failed.do")}</p>
      <p class="notice bad" role="alert"><span>${explain(error)}</span></p>
    </main>`,
  );
}
