// @ts-check
/** The server wants the password once more: asked for where that is said. What waits stays; the PIN opens it again. */
import { Dialog } from "./dialog.js";
import { Icon } from "./icons.js";
import { useDoing, useSurroundings } from "./live.js";
import { html, useState } from "./preact.js";
import { t } from "../texts/texts.js";

/** What keeps the sync from its work, each with what can be done. @param {{ problems: import("../engine/engine.js").SyncProblem[] }} props */
export function SyncProblems({ problems }) {
  return problems.map(
    ({ code }) =>
      html`<div class="notice bad" key=${code}><${Icon} name="warn" /><b>${t(`sync.problem.${code}`)}</b>${code === "log_in_needed" && html`<${LogInAgain} />`}</div>`,
  );
}

function LogInAgain() {
  const { engine } = useSurroundings();
  const [asking, setAsking] = useState(false);
  const [busy, run] = useDoing();
  const login = engine.account.user?.login ?? "";
  const logIn = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const given = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    run(() => engine.account.logIn(String(given.get("login")), String(given.get("password"))));
  };
  return html`<button class="tap" onClick=${() => setAsking(true)}>${t("login.again")}</button>
    ${asking &&
    html`<${Dialog} title=${t("login.again")} onClose=${() => setAsking(false)}>
      <form class="stack" onSubmit=${logIn}>
        <label class="field">${t("login.login")}<input name="login" autocomplete="username" autocapitalize="none" required defaultValue=${login} /></label>
        <label class="field">${t("login.password")}<input name="password" type="password" autocomplete="current-password" required /></label>
        <p class="soft small">${t("login.again.lead")}</p>
        <div class="foot"><button class=${busy ? "strong busy" : "strong"} disabled=${busy}>${t("login.do")}</button></div>
      </form>
    <//>`}`;
}
