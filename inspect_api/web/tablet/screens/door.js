// @ts-check
/** Before anybody is in: enrol this tablet, choose who it is, log in, PIN. */
import { explain, useDoing, useLive, useSurroundings } from "../parts/live.js";
import { Icon } from "../parts/icons.js";
import { html, useEffect, useRef, useState } from "../parts/preact.js";
import { PinPad } from "../parts/pin_pad.js";
import { goInstead } from "../parts/router.js";
import { language, setLanguage, t } from "../texts/texts.js";
import { EngineError } from "../engine/engine.js";

export function Door() {
  const { engine } = useSurroundings();
  const [wish, setWish] = useState(/** @type {"login" | "enrol" | "forgot" | "who" | null} */ (null));
  const { state } = engine.account;
  // Reading the code takes it out of the address, so that no picture of the screen and no history keeps it.
  const [scanned, setScanned] = useState(() => engine.account.codeInAddress());
  const [login, setLogin] = useState("");
  const chosen = engine.account.user?.replicaId;
  // The last one who waited here may leave while somebody types their log-in: that changes nothing for them.
  const place = state === "logged_out" ? "not_enrolled" : state;
  useEffect(() => setWish(null), [place, chosen]);
  if (state === "pin_needed") return html`<${SetPin} />`;
  if (wish === "login" || wish === "forgot") return html`<${LogIn} forgot=${wish === "forgot"} login=${wish === "forgot" ? (engine.account.user?.login ?? "") : login} onBack=${() => setWish(null)} onEnrol=${() => setWish("enrol")} />`;
  if (wish === "enrol" || state === "not_enrolled" || scanned !== null)
    return html`<${Enrol} scanned=${scanned ?? ""} onLogIn=${() => {
      setScanned(null);
      setWish("login");
    }} />`;
  if (state === "locked" && engine.account.user && wish !== "who")
    return html`<${Unlock} onForgot=${() => setWish("forgot")} onOther=${() => setWish("who")} />`;
  return html`<${WhoIsIt} onLogIn=${(/** @type {string} */ name) => {
    setLogin(name);
    setWish("login");
  }} onSame=${() => setWish(null)} />`;
}

/** @param {{ title: string, lead?: string, children: any }} props */
function DoorFrame({ title, lead, children }) {
  const { redraw } = useSurroundings();
  const other = language() === "zh" ? "en" : "zh";
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title]);
  return html`<main class="door">
    <div class="row apart">
      <p class="brand"><img src="./icons/icon.svg" alt="" width="48" height="48" />${t("app.name")}</p>
      <button
        class="quiet"
        lang=${other === "zh" ? "zh-CN" : "en"}
        onClick=${() => {
          setLanguage(other);
          redraw();
        }}
      >
        ${other === "zh" ? "中文" : "English"}
      </button>
    </div>
    <div class="stack">
      <h1>${title}</h1>
      ${lead && html`<p class="soft">${lead}</p>`}
    </div>
    ${children}
  </main>`;
}

/** @param {{ scanned: string, onLogIn: () => void }} props */
function Enrol({ scanned, onLogIn }) {
  const { engine } = useSurroundings();
  const code = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [busy, run] = useDoing();
  const [wrong, setWrong] = useState("");
  const enrol = (/** @type {Event} */ event) => {
    event.preventDefault();
    setWrong("");
    run(async () => {
      try {
        await engine.account.enrol(code.current?.value ?? "");
        goInstead("today");
      } catch (error) {
        setWrong(explain(error));
        code.current?.focus();
      }
    });
  };
  return html`<${DoorFrame} title=${t("enrol.title")} lead=${t("enrol.lead")}>
    <form onSubmit=${enrol}>
      <label class="field"
        >${t("enrol.code")}<input
          ref=${code}
          class="code"
          name="code"
          defaultValue=${scanned}
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck=${false}
          required
          aria-invalid=${wrong ? "true" : undefined}
          aria-describedby="enrol-wrong"
      /></label>
      <p id="enrol-wrong" role="alert" hidden=${!wrong} class="notice bad"><${Icon} name="warn" /><span>${wrong}</span></p>
      <button class=${busy ? "strong busy" : "strong"} disabled=${busy}>${t("enrol.do")}</button>
      <p class="soft small">${t("enrol.need_network")}</p>
    </form>
    <p class="foot"><button class="quiet" onClick=${onLogIn}>${t("login.with_password")}</button></p>
  <//>`;
}

/** @param {{ forgot: boolean, login: string, onBack: () => void, onEnrol: () => void }} props */
function LogIn({ forgot, login: known, onBack, onEnrol }) {
  const { engine } = useSurroundings();
  const [busy, run] = useDoing();
  const [wrong, setWrong] = useState("");
  const logIn = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    setWrong("");
    const given = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const login = String(given.get("login"));
    const password = String(given.get("password"));
    run(async () => {
      try {
        await (forgot ? engine.account.forgetPin(login, password) : engine.account.logIn(login, password));
      } catch (error) {
        setWrong(explain(error));
      }
    });
  };
  return html`<${DoorFrame} title=${t("login.title")} lead=${t(forgot ? "pin.forget.lead" : "login.lead")}>
    <form onSubmit=${logIn}>
      <label class="field"
        >${t("login.login")}<input
          name="login"
          autocomplete="username"
          autocapitalize="none"
          spellcheck=${false}
          required
          defaultValue=${known}
      /></label>
      <label class="field">${t("login.password")}<input name="password" type="password" autocomplete="current-password" required /></label>
      <p role="alert" hidden=${!wrong} class="notice bad"><${Icon} name="warn" /><span>${wrong}</span></p>
      <button class=${busy ? "strong busy" : "strong"} disabled=${busy}>${t("login.do")}</button>
    </form>
    <p class="foot">
      <button class="quiet" onClick=${onBack}>${t("app.back")}</button>
      <button class="quiet" onClick=${onEnrol}>${t("login.with_code")}</button>
    </p>
  <//>`;
}

/** @param {{ onLogIn: (login: string) => void, onSame: () => void }} props */
function WhoIsIt({ onLogIn, onSame }) {
  const { engine } = useSurroundings();
  const [, run] = useDoing();
  const users = useLive((live) => live.account.users(), []);
  const choose = (/** @type {import("../engine/engine.js").TabletUser} */ user) => {
    if (user.replicaId === engine.account.user?.replicaId) onSame();
    else if (user.loggedOut) onLogIn(user.login);
    else run(() => engine.account.choose(user.replicaId));
  };
  // Who logged out and has nothing to send is not kept: then there is nobody to choose.
  useEffect(() => {
    if (users && users.length === 0) onLogIn("");
  }, [users]);
  return html`<${DoorFrame} title=${t("login.who")}>
    <ul class="people-pick">
      ${(users ?? []).map(
        (user) =>
          html`<li key=${user.replicaId}>
            <button class="wide" onClick=${() => choose(user)}>
              <span class="face" aria-hidden="true">${user.name.slice(0, 1)}</span>
              <span class="grow">${user.name}</span>
              ${(user.loggedOut || user.logInNeeded) && html`<span class="tag"><${Icon} name="lock" />${t("login.with_password.tag")}</span>`}
              ${user.unsent > 0 && html`<span class="tag warn">${t("login.waiting", { count: user.unsent })}</span>`}
            </button>
          </li>`,
      )}
    </ul>
    <p class="foot"><button class="quiet" onClick=${() => onLogIn("")}>${t("login.someone_else")}</button></p>
  <//>`;
}

/** @param {{ onForgot: () => void, onOther: () => void }} props */
function Unlock({ onForgot, onOther }) {
  const { engine } = useSurroundings();
  const [wrong, setWrong] = useState("");
  const [busy, run] = useDoing();
  const name = engine.account.user?.name ?? "";
  const unlock = (/** @type {string} */ pin) =>
    run(async () => {
      try {
        await engine.account.unlock(pin);
      } catch (error) {
        setWrong(pinProblem(error));
      }
    });
  return html`<${DoorFrame} title=${t("pin.hello", { name })} lead=${t("pin.unlock")}>
    <${PinPad} label=${t("pin.unlock")} problem=${wrong} busy=${busy} onPin=${unlock} />
    <p class="foot">
      <button class="quiet" onClick=${onOther}>${t("pin.other")}</button>
      <button class="quiet" onClick=${onForgot}>${t("pin.forgot")}</button>
    </p>
  <//>`;
}

/** @param {unknown} error */
function pinProblem(error) {
  if (!(error instanceof EngineError) || error.code !== "bad_pin") return explain(error);
  const { wait, left } = /** @type {{ wait?: number, left?: number }} */ (error.detail);
  if (wait) return t("pin.wait", { seconds: Math.ceil(wait) });
  return left === undefined ? t("pin.wrong") : t("pin.left", { left });
}

function SetPin() {
  const { engine } = useSurroundings();
  const [first, setFirst] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, run] = useDoing();
  const take = (/** @type {string} */ pin) => {
    if (!first) {
      setFirst(pin);
      setWrong("");
      return;
    }
    if (pin !== first) {
      setFirst("");
      setWrong(t("pin.different"));
      return;
    }
    run(() => engine.account.setPin(pin));
  };
  return html`<${DoorFrame} title=${t(first ? "pin.repeat" : "pin.choose")} lead=${first ? undefined : t("pin.choose.lead")}>
    <${PinPad} key=${first ? "again" : "first"} label=${t(first ? "pin.repeat" : "pin.choose")} problem=${wrong} busy=${busy} onPin=${take} />
  <//>`;
}
