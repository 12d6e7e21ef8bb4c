// Made by `python -m inspect_api.web.message_types` from the message classes of Python; do not edit.

/** An error that a client can get (RFC 9457); `code` is stable. */
export type Problem = { type: string; title: string; status: number; code: string; detail: string; path: string };

/** One or more fields of one inspection, written together on one replica. ``captured_at``: the device's wall time, with its zone, of the latest edit in it. ``clock_offset_ms``: server time minus device time as last measured. ``fields``: path → value, ``null`` clears. ``supersedes``: path → the stamps of the writes that this replica had seen on that path. ``reason``: required once the inspection is submitted. */
export type Change = {
  id: string;
  inspection_id: string;
  site_id: string;
  stamp: string;
  captured_at: string;
  fields: Record<string, any>;
  clock_offset_ms?: number | null;
  supersedes?: Record<string, string[]>;
  reason?: string | null;
};

/** ``device_time``: the device's wall clock while sending. ``unsent``: changes and photos it holds besides these. Changes are decoded one by one, so that one malformed change refuses itself alone. */
export type PushRequest = {
  changes: any[];
  device_time?: string | null;
  unsent?: number;
  oldest_unsent_at?: string | null;
  app_version?: string;
};

/** ``stored``: new and durable. ``duplicate``: stored before with equal content. ``refused``: kept in quarantine. ``retry`` on a refusal: the change was fine, the server could not store it now; send it again later. */
export type ChangeResult = {
  id: string | null;
  status: "duplicate" | "refused" | "stored";
  code?: string | null;
  path?: string | null;
  message?: string | null;
  retry?: boolean;
};

/** What the server holds of this replica, so that the tablet can reconcile. */
export type Counts = {
  stored: number;
  refused: number;
};

/** One result for each change, in order, given after the commit. */
export type PushAnswer = {
  results: ChangeResult[];
  counts: Counts;
  server_time: string;
};

/** The newest state of an object; ``body`` null is a tombstone: remove it. */
export type FeedItem = {
  scope: string;
  kind: string;
  id: string;
  body: any | null;
};

/** ``removed_scopes``: take away everything held of these scopes. ``more``: ask again at once with ``cursor``. */
export type PullAnswer = {
  rows: FeedItem[];
  removed_scopes: string[];
  cursor: string;
  more: boolean;
  server_time: string;
};

/** The fields that one change wrote and no known change superseded. */
export type LiveWrite = {
  stamp: string;
  author: string;
  fields: Record<string, any>;
  reason?: string | null;
};

/** An inspection as its changes make it. A path in several ``writes`` with different values is a conflict. ``score``: points as displayed, once complete. ``missing_photos``: SHA-256 of declared photos that have not arrived. ``unanswered``: required items without a response. ``not_understood``: paths whose values do not fit the template. */
export type InspectionView = {
  state: string;
  writes: LiveWrite[];
  score?: string | null;
  conflicts?: string[];
  missing_photos?: string[];
  unanswered?: string[];
  not_understood?: string[];
  clock_skewed?: boolean;
};

/** What the tablet knew of the employee when the inspection began: it decides which items apply, for good. Kept in the inspection, so that a later transfer or a change of season cannot move a score of the past. */
export type Circumstances = {
  post_type?: "front_desk" | "window_clerk" | "cashier" | "security_guard" | "ceremonial_post" | "traffic_post" | "office_staff" | null;
  dress_variant?: "trousers" | "skirt" | null;
  season?: "summer" | "winter" | null;
};

/** The value of ``evidence/{sha256}``. ``item``: the key of the item it shows; ``taken_at``: as the camera said. */
export type EvidenceDeclaration = {
  item?: string | null;
  taken_at?: string | null;
};

/** ``id``: UUIDv7 of the local database; a reinstall makes a new one. */
export type ReplicaBody = {
  id: string;
  device_name?: string;
  app_version?: string;
};

/**  */
export type LoginBody = {
  login: string;
  password: string;
  replica?: ReplicaBody | null;
};

/** ``code``: as shown; case, spaces and hyphens do not matter. ``replica``: the local database that asks. */
export type ExchangeBody = {
  code: string;
  replica: ReplicaBody;
};

/**  */
export type RefreshBody = {
  refresh_token: string;
};

/**  */
export type Session = {
  access_token: string;
  refresh_token: string | null;
  expires_at: string;
  user_id: string;
  replica_id: string | null;
};

/** ``sites``: role → ids of the sites where it holds. */
export type Me = {
  user_id: string;
  organisation_id: string;
  name: string;
  language: string;
  employee_id: string | null;
  replica_id: string | null;
  sites: Record<string, string[]>;
};

/** ``state``: open, stored or refused; ``refusal``: why. ``offset``: bytes that have arrived. */
export type UploadAnswer = {
  id: string;
  sha256: string;
  length: number;
  offset: number;
  state: string;
  refusal: string | null;
  expires_at: string;
};

/** Where and when a fix was reported offline. ``id``: made on the tablet, so that a replay is a no-op. ``captured_at``: the tablet's wall clock; ``clock_offset_ms``: server time minus that clock, as last measured. ``reopened``: how often the action had been opened again, as the tablet knew it: a later round is not ended by it. */
export type Report = {
  id: string;
  captured_at: string;
  clock_offset_ms?: number | null;
  reopened?: number;
};

/** ``photo``: SHA-256 of a photo that the user has uploaded. ``report``: of a tablet that was offline. */
export type Fix = {
  note: string;
  photo?: string | null;
  report?: Report | null;
};
