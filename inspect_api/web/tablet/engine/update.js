// @ts-check
/** The service worker: starts the app without a network, and brings new versions, which wait until nothing is open. */

import { EngineError } from "./errors.js";

const WORKER = new URL("../service_worker.js", import.meta.url);
const LOOK_EVERY_MS = 60 * 60_000;
const AGAIN_AFTER_MS = 1_000;
const OPEN_LOCK = "inspect-open-inspection";

export class Update {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.version = "development";
    this.waiting = false;
    this.offlineReady = false;
    /** @type {ServiceWorkerRegistration | null} */
    this.registration = null;
    /** @type {(() => void) | null} */
    this.release = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }

  async start() {
    const container = navigator.serviceWorker;
    if (!container) return;
    const had = container.controller !== null;
    container.addEventListener("controllerchange", () => {
      if (had) location.reload(); // the files of one version belong together
      else void this.#look();
    });
    try {
      this.registration = await container.register(WORKER, { updateViaCache: "none" });
    } catch (error) {
      console.warn("the app will not start without a network:", error);
      return;
    }
    this.registration.addEventListener("updatefound", () => this.#watch());
    this.#watch();
    void container.ready.then(() => this.#look());
    this.timer = setInterval(() => void this.registration?.update().catch(() => {}), LOOK_EVERY_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.release?.();
  }

  /** @param {string | null} inspectionId */
  opened(inspectionId) {
    if (inspectionId === null) {
      this.release?.();
      this.release = null;
    } else if (!this.release) {
      // A lock that every tab can see, and that ends with the tab whatever happens to it.
      const closed = new Promise((resolve) => (this.release = () => resolve(undefined))); // also before the lock is there
      void navigator.locks.request(OPEN_LOCK, { mode: "shared" }, () => closed);
    }
  }

  /** Ends with the page: once told, the wish stands until the new version has taken over, or an inspection is opened. */
  async apply() {
    for (let worker; (worker = this.registration?.waiting); ) {
      const { held = [] } = await navigator.locks.query();
      if (held.some((lock) => lock.name === OPEN_LOCK)) throw new EngineError("inspection_open");
      worker.postMessage("take over"); // can be lost while a still newer version takes the place of the one that waits
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
    }
  }

  #watch() {
    const worker = this.registration?.installing;
    worker?.addEventListener("statechange", () => void this.#look());
    void this.#look();
  }

  async #look() {
    const active = this.registration?.active;
    this.waiting = Boolean(this.registration?.waiting && active);
    this.offlineReady = active?.state === "activated" || active?.state === "activating";
    if (active) this.version = await ask(active);
    this.changed();
  }
}

/** Which version a worker is of. @param {ServiceWorker} worker @returns {Promise<string>} */
function ask(worker) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => resolve(String(event.data));
    worker.postMessage("version", [port2]);
  });
}
