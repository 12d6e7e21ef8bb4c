// @ts-check
/** Language, light or dark, PIN, log out, version: each one tap, nothing destructive. */
import { Dialog } from "../parts/dialog.js";
import { Frame } from "../parts/frame.js";
import { Icon } from "../parts/icons.js";
import { useDoing, useLive, useSurroundings } from "../parts/live.js";
import { PinPad } from "../parts/pin_pad.js";
import { html, useState } from "../parts/preact.js";
import { unsent } from "../parts/sending.js";
import { size } from "../parts/times.js";
import { language, setLanguage, t } from "../texts/texts.js";
import { Export } from "./sending.js";

const THEME = "inspect.theme";

export function Settings() {
  return html`<${Frame} title=${t("nav.settings")} screen="settings">
    <div class="settings"><${Looks} /><${Account} /><${Version} /><${Export} /></div>
  <//>`;
}

/**
 * @param {{ name: string, legend: string, value: string, choices: [string, string][], onPick: (value: any) => void }} props
 */
function Pick({ name, legend, value, choices, onPick }) {
  return html`<fieldset>
    <legend>${legend}</legend>
    <div class="pick">
      ${choices.map(([key, words]) => html`<label key=${key}><input type="radio" name=${name} value=${key} checked=${key === value} onChange=${() => onPick(key)} />${words}</label>`)}
    </div>
  </fieldset>`;
}

function Looks() {
  const { redraw } = useSurroundings();
  const kept = localStorage.getItem(THEME) ?? "auto";
  const theme = (/** @type {string} */ value) => {
    localStorage.setItem(THEME, value);
    dispatchEvent(new Event("inspect:theme"));
    redraw();
  };
  return html`<section class="card stack">
    <${Pick} name="language" legend=${t("settings.language")} value=${language()} choices=${[["zh", "中文"], ["en", "English"]]}
      onPick=${(/** @type {"zh" | "en"} */ value) => {
        setLanguage(value);
        redraw();
      }}
    />
    <${Pick} name="theme" legend=${t("settings.theme")} value=${kept} choices=${["auto", "light", "dark"].map((name) => [name, t(`settings.theme.${name}`)])} onPick=${theme} />
  </section>`;
}

function Account() {
  const { engine } = useSurroundings();
  const [asking, setAsking] = useState(/** @type {"" | "pin" | "logout"} */ (""));
  const [, run] = useDoing();
  const { state } = engine.sync;
  const waiting = unsent(state);
  return html`<section class="card stack">
    <h2>${engine.account.user?.name}</h2>
    <p class="soft">${engine.account.user?.login}</p>
    <p class="soft small">${t("settings.encrypted")}</p>
    <div class="row">
      <button onClick=${() => run(() => engine.account.lock())}><${Icon} name="lock" />${t("settings.lock")}</button>
      <button onClick=${() => setAsking("pin")}>${t("settings.pin.change")}</button>
      <button onClick=${() => setAsking("logout")}>${t("settings.logout")}</button>
    </div>
    ${asking === "pin" && html`<${ChangePin} onClose=${() => setAsking("")} />`}
    ${asking === "logout" &&
    html`<${Dialog} title=${t("settings.logout")} onClose=${() => setAsking("")}>
      ${waiting > 0 && html`<p><b>${t("settings.logout.waiting", { count: waiting })}</b></p>`}
      <p>${t("settings.logout.lead")}</p>
      ${!state.online && html`<p class="notice warn" role="status"><${Icon} name="offline" /><b>${t("settings.logout.offline")}</b></p>`}
      <p>${t("settings.logout.instead")}</p>
      <div class="foot"><button onClick=${() => setAsking("")}>${t("app.cancel")}</button><button class=${state.online ? "" : "strong"} onClick=${() => run(() => engine.account.lock())}><${Icon} name="lock" />${t("settings.lock")}</button><button class=${state.online ? "strong" : ""} onClick=${() => run(() => engine.account.logOut())}>${t("settings.logout")}</button></div>
    <//>`}
  </section>`;
}

/** @param {{ onClose: () => void }} props */
function ChangePin({ onClose }) {
  const { engine, say } = useSurroundings();
  const [first, setFirst] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, run] = useDoing();
  const take = (/** @type {string} */ pin) => {
    if (!first) return setFirst(pin);
    if (pin !== first) {
      setFirst("");
      return setProblem(t("pin.different"));
    }
    run(async () => {
      await engine.account.setPin(pin);
      say({ text: t("settings.pin.changed") });
      onClose();
    });
  };
  const title = t(first ? "pin.repeat" : "pin.choose");
  return html`<${Dialog} title=${title} onClose=${onClose}><${PinPad} key=${first ? "again" : "first"} label=${title} problem=${problem} busy=${busy} onPin=${take} /><//>`;
}

function Version() {
  const { engine } = useSurroundings();
  const [busy, run] = useDoing();
  const storage = useLive(async (live) => (await live.today()).storage, []);
  const { update } = engine;
  return html`<section class="card stack">
    <h2>${t("settings.app")}</h2>
    <dl class="facts">
      <dt>${t("settings.version")}</dt><dd>${update.version.slice(0, 11)}</dd>
      <dt>${t("settings.offline")}</dt><dd>${t(update.offlineReady ? "settings.offline.ready" : "settings.offline.not")}</dd>
      ${storage && storage.used !== null && html`<dt>${t("settings.storage")}</dt><dd>${size(storage.used)}${storage.quota !== null ? ` / ${size(storage.quota)}` : ""}</dd>`}
    </dl>
    ${storage && !storage.persisted && html`<p class="soft small">${t("today.storage.not_persisted")}</p>`}
    ${update.waiting
      ? html`<p class="notice"><${Icon} name="again" /><b>${t("settings.update")}</b></p><button class="strong" disabled=${busy} onClick=${() => run(() => update.apply())}>${t("settings.update.do")}</button>`
      : html`<p class="soft">${t("settings.up_to_date")}</p>`}
  </section>`;
}
