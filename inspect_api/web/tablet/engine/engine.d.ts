/**
 * The engine of the tablet: everything that screens may call, and nothing else.
 *
 * Rules that hold everywhere:
 * - A promise of a writing method resolves when the edit is durable on the disk, never before. It needs no network.
 * - Errors that a person can cause are `EngineError` with a stable `code`; screens choose the words by it. Everything else
 *   is a bug and may be thrown as it is.
 * - Instants are text, RFC 3339 with a zone. Scores are text as displayed ("88.3"), made by the server's own rules.
 * - Ids are opaque text. A "path" is a path of the sync protocol ("responses/grooming.hair.clean").
 * - Texts of templates come in both languages; screens choose. Messages of the server come in the language of
 *   `document.documentElement.lang`.
 * - Objects that are handed out are snapshots: they never change afterwards. On every "change" event ask again; it is cheap.
 */

import type { CorrectiveActionBody } from "./feed.js";
import type { Problem } from "./messages.js";

export type Bilingual = { zh: string; en: string };
export type Instant = string;

/** Stable codes of what a person can cause. */
export type ErrorCode =
  | "insecure" // no HTTPS: the browser gives neither encryption nor offline start
  | "unreachable" // no answer of the server; nothing was lost
  | "bad_login"
  | "bad_code" // the enrolment code is wrong, used or expired
  | "replica_revoked"
  | "log_in_needed" // the server wants the password (or a new code) once more; the queue stays
  | "bad_pin" // `detail.left`: tries until a pause, `detail.wait`: seconds of the pause
  | "weak_pin" // 4 to 12 digits are needed
  | "not_open" // nobody is unlocked
  | "not_allowed" // the edit makes no sense here; message says why (English, for developers)
  | "reason_required"
  | "beginning_is_fixed"
  | "invalid_response" // `detail.code`: wrong_kind, out_of_range, unknown_option, not_a_number, note_missing
  | "photo_unreadable"
  | "photo_too_large"
  | "inspection_open" // an update waits: an inspection is open in some tab
  | "too_many_tries" // log-ins have to wait; `detail.minutes`
  | "storage_full"; // nothing was written

export class EngineError extends Error {
  readonly code: ErrorCode;
  readonly detail: Record<string, unknown>;
}

/** Opens the database of this tablet. Never needs the network. Rejects only with `insecure` or `storage_full`. */
export function openEngine(options?: EngineOptions): Promise<Engine>;

export interface EngineOptions {
  /** Seconds without a touch after which the engine locks itself; 0 never. Default 900. */
  lockAfter?: number;
  /** Whether to sync by itself (start, online, visible, timer). Default true; tests and the import page say no. */
  automatic?: boolean;
}

export interface Engine {
  /** Called after any change of state, at most once a frame. Gives back what ends it. */
  subscribe(listener: () => void): () => void;
  /** Grows with every change: a screen may skip a render when it is the same. */
  readonly version: number;

  readonly account: Account;
  readonly sync: Sync;
  readonly update: Update;

  /** Everything of the first screen. Needs `account.state === "open"`. */
  today(): Promise<Today>;
  /** The templates in force now, of one kind of subject or all. */
  templates(kind?: SubjectKind): Promise<TemplateChoice[]>;
  /** Inspections on this tablet, newest first. `mine`: begun by this user. */
  inspections(filter?: InspectionFilter): Promise<InspectionSummary[]>;

  /** Begin; gives the id. The revision, and what decides which items apply, are fixed from here on. */
  begin(templateKey: string, subject: SubjectRef): Promise<string>;
  /** null: this tablet knows no such inspection. */
  inspection(id: string): Promise<InspectionView | null>;

  /**
   * Answer an item. `value` null takes the answer back. A note belongs to the answer: leave it out to keep the one that
   * is there, "" removes it. "not_applicable" needs a note. `reason` is needed once the inspection is submitted.
   */
  respond(id: string, itemKey: string, value: string | number | null, options?: { note?: string; reason?: string }): Promise<void>;
  /** Write any field as it is ("inspection/note"). For answers use `respond`, which checks them. */
  write(id: string, path: string, value: unknown, reason?: string): Promise<void>;
  /** "All the rest pass": full marks for every unanswered item of the section (pass, highest level, count 0); measurements and
   *  choices stay open. One durable edit. Gives how many were set. */
  passRest(id: string, sectionKey: string): Promise<number>;
  /** Submits unless something is missing; then nothing is written and `missing` says what, in the order of display. */
  submit(id: string): Promise<{ ok: boolean; missing: Missing[] }>;
  /** After submission: keep the reason for the edits that follow in this visit of the screen. null ends it. */
  revise(id: string, reason: string | null): Promise<void>;
  void(id: string, reason: string): Promise<void>;
  /** Decide a conflict: `value` takes the place of every version shown on the path. */
  resolve(id: string, path: string, value: unknown, reason?: string): Promise<void>;

  /**
   * Keep a photo of an item (null: of the inspection as a whole). It is made upright and shrunk to at most 1920 px on the
   * longer side, marks are drawn into it, and it is on the disk when this resolves. The same photo twice is one.
   */
  takePhoto(id: string, itemKey: string | null, blob: Blob, marks?: Mark[], reason?: string): Promise<PhotoView>;
  /** Evidence is never deleted: the inspection only stops declaring it. */
  removePhoto(id: string, sha256: string, reason?: string): Promise<void>;
  /** For showing: the local bytes, else (when on line) the server's small or large version; null when neither is to be had. */
  photo(sha256: string, size?: "small" | "large"): Promise<Blob | null>;

  /** Every refused change of the user, each with its reason. */
  refused(): Promise<RefusedChange[]>;
  /** Write a refused change anew under another id, as it is. What was written again since keeps the newer value. */
  sendAnew(changeId: string, reason?: string): Promise<void>;

  /** Photos of inspections that the server will not take, each with its reason. */
  refusedPhotos(): Promise<RefusedPhoto[]>;

  /** Say that an open corrective action is fixed, with a photo or without; in the place of a refused report of it. */
  reportFix(actionId: string, note: string, photo: Blob | null): Promise<void>;
  /** Every report that a pull has not shown yet. */
  fixes(): Promise<FixView[]>;
  /** A refused report goes once more, as it is. */
  sendFixAgain(id: string): Promise<void>;

  /** The whole queue of the open user (changes, photos) as one file, encrypted for nobody: an administrator imports it. */
  exportQueue(): Promise<{ name: string; blob: Blob }>;

  /** Ends timers and closes the databases. */
  close(): Promise<void>;
}

/* ---------------------------------------------------------------- account */

export type AccountState =
  | "not_enrolled" // nobody has ever been on this tablet
  | "logged_out" // there are users, none chosen
  | "locked" // `user` is chosen, the PIN is needed
  | "pin_needed" // just enrolled or logged in: a PIN must be set before anything else
  | "open";

export interface Account {
  readonly state: AccountState;
  /** Who is chosen; null when nobody is. While locked only name and initials are known. */
  readonly user: TabletUser | null;
  /** Everyone with a queue on this tablet. */
  users(): Promise<TabletUser[]>;

  /** Exchange a one-time code (from the QR or typed; case and hyphens do not matter). Then the state is "pin_needed". */
  enrol(code: string): Promise<void>;
  /** The code in the address of this page (`#enrol=…`), taken out of it when asked for; null when there is none. */
  codeInAddress(): string | null;
  /** With network. For a user of this tablet their queue is kept; then the state is "pin_needed", or "locked" when a PIN is set
   *  and still needed to read what is there. */
  logIn(login: string, password: string): Promise<void>;
  /** First PIN, or another one while open. 4 to 12 digits. */
  setPin(pin: string): Promise<void>;
  /** Choose one of `users()`; the state becomes "locked". */
  choose(replicaId: string): Promise<void>;
  unlock(pin: string): Promise<void>;
  lock(): Promise<void>;
  /** What waits stays and is still sent, without anybody being able to read it here. The user stays in `users()` until then. */
  logOut(): Promise<void>;
  /** The PIN is forgotten: log in with the password. What waits is sent first (`unreachable` with `detail.unsent` when that does not
   *  succeed; nothing is lost), then the state is "pin_needed" and everything is pulled anew. */
  forgetPin(login: string, password: string): Promise<void>;
}

export interface TabletUser {
  /** The replica: one local database of one user. */
  replicaId: string;
  userId: string;
  name: string;
  login: string;
  /** Changes and photos that still wait here. */
  unsent: number;
  oldestUnsentAt: Instant | null;
  loggedOut: boolean;
  /** The server asked for the password again; the queue waits for it. */
  logInNeeded: boolean;
  /** Known while open. */
  language?: "zh" | "en";
}

/* ------------------------------------------------------------------ today */

export type SubjectKind = "employee" | "workspace";
export type SubjectRef = { kind: SubjectKind; id: string };

export interface Today {
  user: TabletUser;
  now: Instant;
  sites: SiteView[];
  employees: EmployeeView[];
  workspaces: WorkspaceView[];
  /** Open corrective actions of the user's sites, those due first in front. */
  actions: ActionView[];
  /** Begun by this user and not submitted, newest first. */
  drafts: InspectionSummary[];
  /** What needs a person: conflicts, refused, missing photos; newest first. */
  attention: InspectionSummary[];
  /** Submitted by this user today (device's day), newest first. */
  done: InspectionSummary[];
  sending: SyncState;
  storage: Storage;
}

export interface SiteView {
  id: string;
  code: string;
  name: string;
  zone: string;
  season: "summer" | "winter" | null;
}

export interface EmployeeView {
  kind: "employee";
  id: string;
  siteId: string;
  site: string;
  number: string;
  name: string;
  post: string | null;
  postType: string | null;
  dressVariant: "trousers" | "skirt" | null;
  coverage: Coverage[];
  /** Open corrective actions about them. */
  actions: number;
}

export interface WorkspaceView {
  kind: "workspace";
  id: string;
  siteId: string;
  site: string;
  code: string;
  name: string;
  coverage: Coverage[];
  actions: number;
}

/** How often seen this week (Monday to Sunday of the site), by one template; submitted and not void. */
export interface Coverage {
  templateKey: string;
  title: Bilingual;
  count: number;
  /** Names of the supervisors, most first. */
  by: string[];
  lastAt: Instant | null;
  /** A draft of this user that can be gone on with. */
  draftId: string | null;
}

export interface ActionView {
  id: string;
  siteId: string;
  site: string;
  task: string;
  item: string | null;
  itemText: Bilingual | null;
  subject: (SubjectRef & { name: string }) | null;
  owner: string | null;
  priority: string;
  state: string;
  dueAt: Instant | null;
  overdue: boolean;
  escalated: boolean;
  /** That it was fixed, as reported on this tablet; null once the feed shows it. */
  report: FixView | null;
  /** As it came. */
  body: CorrectiveActionBody;
}

export interface FixView {
  id: string;
  actionId: string;
  /** "sent": the server has it, and no pull has shown it yet. */
  state: "here" | "sent" | "refused";
  note: string;
  /** SHA-256. */
  photo: string | null;
  /** What was asked for, and about whom. */
  task: string;
  subject: string;
  at: Instant;
  /** Why it was refused: of the problem, or "photo." and why its photo was. */
  code: string;
  message: string;
}

export interface Storage {
  /** Bytes, as the browser estimates them; null when it does not tell. */
  used: number | null;
  quota: number | null;
  persisted: boolean;
  /** Less than 10 % or 200 MB left. */
  low: boolean;
}

/* ------------------------------------------------------------- inspection */

export interface TemplateChoice {
  key: string;
  revisionId: string;
  number: number;
  title: Bilingual;
  introduction: Bilingual | null;
  subject: SubjectKind;
  method: "weighted" | "deduction";
  dimension: string;
}

/** What a person understands of where an inspection is. */
export type Delivery =
  | "here" // on this tablet only
  | "sending"
  | "received" // all changes are on the server
  | "refused"; // the server did not take something; see `refused`

export type ViewState = "draft" | "incomplete" | "complete" | "void" | "waiting";

export interface InspectionFilter {
  subject?: SubjectRef;
  mine?: boolean;
  state?: ViewState[];
  /** Default 100. */
  limit?: number;
}

export interface InspectionSummary {
  id: string;
  templateKey: string;
  title: Bilingual;
  subject: SubjectRef;
  subjectName: string;
  subjectNumber: string;
  siteId: string;
  site: string;
  begunAt: Instant;
  supervisor: string;
  mine: boolean;
  state: ViewState;
  submitted: boolean;
  delivery: Delivery;
  score: string | null;
  /** Applicable items, and those answered. */
  items: number;
  answered: number;
  photos: number;
  /** Photos that the server has not confirmed. */
  photosUnsent: number;
  conflicts: number;
  refused: number;
}

export interface InspectionView extends InspectionSummary {
  revisionId: string;
  revisionNumber: number;
  introduction: Bilingual | null;
  method: "weighted" | "deduction";
  dimension: string;
  circumstances: { post_type?: string; dress_variant?: string; season?: string };
  sections: SectionView[];
  running: RunningScore;
  /** What is missing before it can be submitted, in the order of display. */
  missing: Missing[];
  note: string | null;
  /** Photos of no item. */
  loosePhotos: PhotoView[];
  conflictPaths: ConflictView[];
  refusals: RefusedChange[];
  /** SHA-256 of declared photos that the server has not got, from whatever tablet. */
  missingPhotos: string[];
  clockSkewed: boolean;
  /** Set by `revise`. */
  reason: string | null;
  /** The revision is not on this tablet: it can be seen, not edited. */
  readOnly: boolean;
  /** Changes with a reason, oldest first: what was revised after submission. */
  revisions: { reason: string; author: string; paths: string[]; at: Instant | null }[];
}

export interface RunningScore {
  /** As displayed, over what has been judged until now; null before the first. Exactly the server's arithmetic. */
  points: string | null;
  /** The same without the cap of a failed critical item; null when nothing is capped. */
  uncapped: string | null;
  /** The final one: null while a required item is open. */
  final: string | null;
  capped: boolean;
  redFlags: string[];
  lowCoverage: boolean;
  /** Required items without a response. */
  open: number;
}

export interface SectionView {
  key: string;
  title: Bilingual;
  items: ItemView[];
  answered: number;
  /** Unanswered ones that `passRest` would set. */
  canPass: number;
}

export type ResponseKind =
  | { kind: "pass_fail" }
  | { kind: "rating"; max: number; levels: { level: number; text: Bilingual }[] }
  | { kind: "choice"; options: { key: string; text: Bilingual; points: number }[] }
  | { kind: "measurement"; unit: string; minimum: string | null; maximum: string | null }
  | { kind: "deduction"; points: number; cap: number };

export interface ItemView {
  key: string;
  path: string;
  text: Bilingual;
  standard: Bilingual | null;
  taboo: Bilingual | null;
  lookAt: Bilingual | null;
  photoCue: Bilingual | null;
  disagreement: Bilingual | null;
  source: { document: string; clause: string }[];
  response: ResponseKind;
  weight: number;
  critical: boolean;
  required: boolean;
  photoRule: "never" | "on_fail" | "always";
  noteRule: "never" | "on_fail" | "always";
  /** The answer that counts; null when there is none. */
  value: string | number | null;
  note: string | null;
  failed: boolean;
  /** What the answer lacks right now. */
  owes: ("response" | "photo" | "note")[];
  photos: PhotoView[];
  conflict: ConflictView | null;
  /** The inspection before this one of the same subject and template, by whomever. */
  lastTime: { failed: boolean; value: string | number | null; note: string | null; at: Instant; by: string } | null;
  /** A refused change wrote here. */
  refused: RefusedChange | null;
}

export interface Missing {
  itemKey: string;
  path: string;
  sectionKey: string;
  text: Bilingual;
  what: "response" | "photo" | "note";
}

export interface ConflictView {
  path: string;
  itemKey: string | null;
  /** Greatest stamp first: the first one counts until somebody decides. */
  versions: { value: unknown; by: string; mine: boolean; at: Instant | null; stamp: string }[];
}

export interface RefusedChange {
  id: string;
  inspectionId: string;
  code: string;
  /** JSON Pointer into the change. */
  path: string;
  /** Of the server: Chinese, " / ", English. */
  message: string;
  fields: Record<string, unknown>;
  at: Instant;
}

export interface RefusedPhoto {
  sha256: string;
  inspectionId: string;
  /** A change of it needs a reason. */
  submitted: boolean;
  /** Where it belongs; null for photos of the whole, and when the inspection no longer declares it. */
  sectionKey: string | null;
  itemKey: string | null;
  itemText: Bilingual | null;
  code: string;
  at: Instant;
}

/** Where a photo is. "elsewhere": another tablet took it and has not sent it. */
export type PhotoState = "here" | "sending" | "received" | "refused" | "elsewhere";

export interface PhotoView {
  sha256: string;
  itemKey: string | null;
  takenAt: Instant | null;
  state: PhotoState;
  /** 0..1 while sending. */
  progress: number;
  /** Why it was refused. */
  code: string | null;
  message: string | null;
  /** The bytes are on this tablet. */
  local: boolean;
}

/** In shares of the upright picture, 0..1. Colour and width are the engine's: red with a white rim. */
export type Mark =
  | { kind: "circle"; x: number; y: number; radius: number }
  | { kind: "arrow"; x: number; y: number; toX: number; toY: number }
  | { kind: "line"; points: [number, number][] };

/* ------------------------------------------------------------------- sync */

export interface Sync {
  /** Try at once, also before the back-off is over. Resolves when this run has ended; look at `state` then. */
  now(): Promise<void>;
  readonly state: SyncState;
}

export interface SyncState {
  phase: "idle" | "pushing" | "pulling" | "photos" | "waiting";
  online: boolean;
  /** Reports of fixes among them. */
  unsentChanges: number;
  unsentPhotos: number;
  unsentBytes: number;
  refusedChanges: number;
  refusedPhotos: number;
  /** When the oldest of what is unsent was made. */
  oldestUnsentAt: Instant | null;
  /** 0..1 of what this run has to do; null while idle. */
  progress: number | null;
  /** End of the last run that left nothing behind. */
  lastSyncAt: Instant | null;
  /** End of the last run in which the server answered. */
  lastContactAt: Instant | null;
  /** When it will try again by itself. */
  nextAttemptAt: Instant | null;
  problems: SyncProblem[];
  /** Another tab is at it. */
  elsewhere: boolean;
}

export interface SyncProblem {
  code:
    | "unreachable"
    | "log_in_needed"
    | "replica_revoked"
    | "counts_differ" // the server holds another number of changes than it has acknowledged
    | "server_restored" // it came back from a backup: what it had acknowledged since may have to be entered again
    | "storage_full" // nothing can be written, not even that something was sent
    | "clock_skewed" // this tablet's clock is off by more than five minutes
    | "declined";
  message: string;
  problem?: Problem;
}

/* ----------------------------------------------------------------- update */

export interface Update {
  /** A new version of the app is installed and waits. */
  readonly waiting: boolean;
  readonly version: string;
  /** Takes it over and reloads; refused with `inspection_open` while an inspection is open on a screen of any tab. */
  apply(): Promise<void>;
  /** Screens say which inspection they have open, null when none: an update waits for that. */
  opened(inspectionId: string | null): void;
  /** The service worker is in charge: this app starts without a network. */
  readonly offlineReady: boolean;
}
