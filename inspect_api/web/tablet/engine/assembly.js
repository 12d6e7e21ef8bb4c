// @ts-check
/** The engine put together. What screens may call is described in engine.d.ts. */

import { Account } from "./account.js";
import { Device } from "./device.js";
import { EngineError, isStorageFull } from "./errors.js";
import { exportQueue } from "./exporting.js";
import { fixViews, reportFix } from "./fixing.js";
import { prepare } from "./images.js";
import { Inspecting } from "./inspecting.js";
import { instantOf } from "./local/outbox.js";
import { fetchPhoto } from "./remote/asking.js";
import { Syncing } from "./syncing.js";
import { Update } from "./update.js";
import { storageOf } from "./storage.js";
import { inspectionView, refusedChange } from "./views/inspection.js";
import { mergeHere } from "./views/merged.js";
import { refusedPhotos } from "./views/refused_photos.js";
import { Context, shorten, Summaries } from "./views/summaries.js";
import { todayOf } from "./views/today.js";

/** @typedef {import("./engine.js").Engine} Contract */
/** @typedef {import("./engine.js").EngineOptions} EngineOptions */

const LOCK_AFTER_SECONDS = 900;
const FRAME_MS = 16;
const LATEST = 6; // inspections of the same subject, among which the one before is looked for

/** @param {EngineOptions} [options] @returns {Promise<Contract>} */
export async function openEngine(options = {}) {
  if (!globalThis.crypto?.subtle || !navigator.locks) throw new EngineError("insecure");
  try {
    const engine = new Engine(await Device.open(), options);
    await engine.start();
    return engine;
  } catch (error) {
    throw isStorageFull(error) ? new EngineError("storage_full") : error;
  }
}

/** @implements {Contract} */
class Engine {
  /** @param {Device} device @param {EngineOptions} options */
  constructor(device, { lockAfter = LOCK_AFTER_SECONDS, automatic = true }) {
    this.device = device;
    this.version = 0;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.told = false;
    this.update = new Update(() => this.#changed());
    const { update } = this;
    this.account = new Account(device, {
      changed: () => this.#changed(),
      opened: () => this.#opened(),
      closing: async () => this.#closing(),
      deliver: (replicaId) => this.sync.deliver(replicaId),
      get appVersion() {
        return `tablet ${update.version}`;
      },
    });
    this.sync = new Syncing(device, this.account, {
      changed: () => this.#changed(),
      pulled: () => this.#pulled(),
      get appVersion() {
        return `tablet ${update.version}`;
      },
      automatic,
    });
    this.automatic = automatic;
    this.lockAfter = lockAfter;
    this.channel = new BroadcastChannel("inspect-tablet");
    this.channel.onmessage = () => this.#pulled(true);
    /** @type {Inspecting | null} */
    this.inspecting = null;
    /** @type {Summaries | null} */
    this.summaries = null;
    /** @type {Map<string, import("./views/summaries.js").Short | null>} inspection → the one before it, until something was pulled */
    this.before = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.idle = undefined;
  }

  async start() {
    await this.account.start();
    if (this.automatic) await this.update.start();
    for (const event of ["pointerdown", "keydown"]) addEventListener(event, this.#touched, { passive: true });
    this.sync.start();
  }

  async close() {
    for (const event of ["pointerdown", "keydown"]) removeEventListener(event, this.#touched);
    clearTimeout(this.idle);
    this.update.stop();
    await this.sync.close();
    this.channel.close();
    this.account.data?.close();
    this.device.close();
  }

  /** @param {() => void} listener */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** @returns {Promise<import("./engine.js").Today>} */
  async today() {
    const user = this.#user();
    const now = new Date();
    await this.sync.count();
    const context = await this.#context();
    const shorts = await /** @type {Summaries} */ (this.summaries).recent(now);
    const today = await todayOf(context, shorts, await user.revisions.inForce(now), now);
    const own = /** @type {import("./engine.js").TabletUser} */ (this.account.user);
    return { user: own, ...today, sending: this.sync.state, storage: await storageOf() };
  }

  /** @param {import("./engine.js").SubjectKind} [kind] */
  async templates(kind) {
    const revisions = await this.#user().revisions.inForce(new Date());
    return [...revisions.values()]
      .filter(({ template }) => !kind || template.subject === kind)
      .map(({ id, body, template }) => ({
        key: template.key,
        revisionId: id,
        number: body.number,
        title: template.title,
        introduction: template.introduction ?? null,
        subject: template.subject,
        method: template.method,
        dimension: template.dimension,
      }));
  }

  /** @param {import("./engine.js").InspectionFilter} [filter] */
  async inspections({ subject, mine, state, limit = 100 } = {}) {
    const context = await this.#context();
    const summaries = /** @type {Summaries} */ (this.summaries);
    const shorts = subject ? await summaries.ofSubject(subject.id, limit) : await summaries.recent(new Date());
    return shorts
      .map((short) => context.summary(short))
      .filter((one) => (!mine || one.mine) && (!state || state.includes(one.state)))
      .sort((a, b) => (a.begunAt < b.begunAt ? 1 : -1))
      .slice(0, limit);
  }

  /** @param {string} templateKey @param {import("./engine.js").SubjectRef} subject */
  begin(templateKey, subject) {
    return this.#write((inspecting) => inspecting.begin(templateKey, subject));
  }

  /** @param {string} id */
  async inspection(id) {
    const user = this.#user();
    const entries = await user.outbox.of(id);
    const short = await shorten(user, mergeHere(id, await user.directory.inspection(id), entries, user.account.userId));
    if (!short) return null;
    const reason = this.inspecting?.reasons.get(id) ?? null;
    const last = await this.#before(short);
    const context = await this.#context(short.judged?.photos.keys());
    return inspectionView(short, context, { last, progress: this.sync.photos, reason });
  }

  /** @param {string} id @param {string} itemKey @param {string | number | null} value @param {{note?: string, reason?: string}} [options] */
  respond(id, itemKey, value, options) {
    return this.#write((inspecting) => inspecting.respond(id, itemKey, value, options));
  }

  /** @param {string} id @param {string} path @param {unknown} value @param {string} [reason] */
  write(id, path, value, reason) {
    return this.#write((inspecting) => inspecting.write(id, path, value, reason));
  }

  /** @param {string} id @param {string} sectionKey */
  passRest(id, sectionKey) {
    return this.#write((inspecting) => inspecting.passRest(id, sectionKey));
  }

  /** @param {string} id */
  async submit(id) {
    const owed = await this.#write((inspecting) => inspecting.submit(id));
    if (!owed.size) return { ok: true, missing: [] };
    return { ok: false, missing: (await this.inspection(id))?.missing ?? [] };
  }

  /** @param {string} id @param {string | null} reason */
  async revise(id, reason) {
    this.#user();
    this.inspecting?.revise(id, reason);
    this.#changed();
  }

  /** @param {string} id @param {string} reason */
  void(id, reason) {
    if (!reason.trim()) return Promise.reject(new EngineError("reason_required"));
    return this.#write((inspecting) => inspecting.write(id, "inspection/void", true, reason));
  }

  /** @param {string} id @param {string} path @param {unknown} value @param {string} [reason] */
  resolve(id, path, value, reason) {
    return this.write(id, path, value, reason);
  }

  /** @param {string} id @param {string | null} itemKey @param {Blob} blob @param {import("./engine.js").Mark[]} [marks] @param {string} [reason] */
  async takePhoto(id, itemKey, blob, marks = [], reason) {
    const bytes = await prepare(blob, marks);
    const digest = await this.#write((inspecting) => inspecting.attach(id, itemKey, bytes, takenAt(blob), reason));
    const view = await this.inspection(id);
    const photos = view ? [...view.loosePhotos, ...view.sections.flatMap((section) => section.items.flatMap((item) => item.photos))] : [];
    return /** @type {import("./engine.js").PhotoView} */ (photos.find((photo) => photo.sha256 === digest));
  }

  /** @param {string} id @param {string} sha256 @param {string} [reason] */
  removePhoto(id, sha256, reason) {
    return this.#write((inspecting) => inspecting.removePhoto(id, sha256, reason));
  }

  /** @param {string} sha256 @param {"small" | "large"} [size] */
  async photo(sha256, size = "small") {
    const user = this.#user();
    const bytes = await user.photos.bytes(sha256);
    return bytes ? new Blob([bytes], { type: "image/jpeg" }) : fetchPhoto(user.store, sha256, size);
  }

  async refused() {
    return (await this.#user().outbox.refused()).map(refusedChange);
  }

  async refusedPhotos() {
    return refusedPhotos(this.#user());
  }

  /** @param {string} changeId @param {string} [reason] */
  sendAnew(changeId, reason) {
    return this.#write((inspecting) => inspecting.sendAnew(changeId, reason));
  }

  /** @param {string} actionId @param {string} note @param {Blob | null} photo */
  async reportFix(actionId, note, photo) {
    const user = this.#user();
    const bytes = photo && (await prepare(photo, []));
    const action = (await this.today()).actions.find((one) => one.id === actionId);
    if (!action) throw new EngineError("not_allowed", "there is no such action here");
    await this.#write(() => reportFix(user, action, note, bytes));
  }

  async fixes() {
    return fixViews(this.#user());
  }

  /** @param {string} id */
  async sendFixAgain(id) {
    const user = this.#user();
    await this.#write(() => user.fixes.settle(id, "waiting"));
  }

  exportQueue() {
    return exportQueue(this.#user());
  }

  /** The inspection of the same subject and template before this one. @param {import("./views/summaries.js").Short} short */
  async #before(short) {
    const known = this.before.get(short.merged.id);
    if (known !== undefined) return known;
    const found = await this.#find(short);
    this.before.set(short.merged.id, found);
    return found;
  }

  /** @param {import("./views/summaries.js").Short} short */
  async #find(short) {
    const key = short.revision?.template.key;
    const others = await /** @type {Summaries} */ (this.summaries).ofSubject(short.subject.id, LATEST);
    const same = others.filter((one) => one.revision?.template.key === key && one.merged.submitted && !one.merged.void);
    return same.find((one) => one.merged.id !== short.merged.id && one.begunMs <= short.begunMs) ?? null;
  }

  /** @param {Iterable<string>} [digests] */
  #context(digests) {
    return Context.of(this.#user(), this.sync.state.phase === "pushing" || this.sync.state.phase === "photos", digests);
  }

  #user() {
    const { data } = this.account;
    if (!data || this.account.state !== "open") throw new EngineError("not_open");
    return data;
  }

  /**
   * @template T
   * @param {(inspecting: Inspecting) => Promise<T>} edit
   * @returns {Promise<T>}
   */
  async #write(edit) {
    this.#user();
    try {
      const result = await edit(/** @type {Inspecting} */ (this.inspecting));
      this.channel.postMessage("written");
      this.sync.edited();
      this.#changed();
      return result;
    } catch (error) {
      throw isStorageFull(error) ? new EngineError("storage_full") : error;
    }
  }

  #opened() {
    const { data } = this.account;
    if (data && data !== this.inspecting?.user) {
      this.inspecting = new Inspecting(data);
      this.summaries = new Summaries(data);
      if (this.automatic) void navigator.storage?.persist?.();
    }
    this.#touched();
    if (this.automatic) void this.sync.now();
  }

  #closing() {
    this.inspecting = null;
    this.summaries = null;
    this.before.clear();
  }

  #touched = () => {
    clearTimeout(this.idle);
    if (this.lockAfter && this.account.state === "open") {
      this.idle = setTimeout(() => void this.account.lock(), this.lockAfter * 1000);
    }
  };

  /** @param {boolean} [elsewhere] in another tab */
  #pulled(elsewhere = false) {
    this.account.data?.directory.invalidate();
    this.before.clear();
    if (!elsewhere) this.channel.postMessage("pulled");
    this.#changed();
  }

  #changed() {
    this.version += 1;
    if (this.told) return;
    this.told = true;
    // A timer, not a frame: hidden pages have none.
    setTimeout(() => {
      this.told = false;
      for (const listener of [...this.listeners]) listener();
    }, FRAME_MS);
  }
}

/** When the camera took it, as far as the file says. @param {Blob} blob */
function takenAt(blob) {
  const told = blob instanceof File ? blob.lastModified : 0;
  return instantOf(new Date(told > 0 ? told : Date.now()));
}
