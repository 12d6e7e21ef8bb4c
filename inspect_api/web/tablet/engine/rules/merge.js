// @ts-check
/**
 * The merge: an inspection is a set of changes, its view a pure function of that set (docs/sync-protocol.md, "Merge").
 * The cases are in tests/vectors/merge.json.
 */

/** @typedef {{id: string, stamp: string, fields: Record<string, unknown>, supersedes?: Record<string, string[]>}} Mergeable */
/** @typedef {{stamp: string, change_id: string, value: unknown}} Write */
/** @typedef {Map<string, Write[]>} Live path → its live writes, greatest first; the first one counts */

/**
 * The live writes of every path. The same change twice is the same as once.
 * @param {Iterable<Mergeable>} changes
 * @returns {Live}
 */
export function merge(changes) {
  const byId = new Map(Array.from(changes, (change) => [change.id, change]));
  const superseded = supersededBy(byId.values());
  /** @type {Live} */
  const live = new Map();
  for (const change of byId.values()) {
    for (const [path, value] of Object.entries(change.fields)) {
      if (superseded.get(path)?.has(change.stamp)) continue;
      const writes = live.get(path);
      const write = { stamp: change.stamp, change_id: change.id, value };
      if (writes) writes.push(write);
      else live.set(path, [write]);
    }
  }
  for (const writes of live.values()) writes.sort(greatestFirst);
  return live;
}

/**
 * The value that counts, or null.
 * @param {Live} live
 * @param {string} path
 */
export function valueOf(live, path) {
  return live.get(path)?.[0].value ?? null;
}

/**
 * The paths with several different live values, sorted.
 * @param {Live} live
 */
export function conflicts(live) {
  return Array.from(live)
    .filter(([, writes]) => isConflict(writes))
    .map(([path]) => path)
    .sort();
}

/** @param {Write[] | undefined} writes */
export function isConflict(writes) {
  return writes !== undefined && writes.length > 1 && new Set(writes.map((write) => canonical(write.value))).size > 1;
}

/** JSON with sorted members: equal texts are equal values. @param {unknown} value @returns {string} */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** @param {Iterable<Mergeable>} changes */
function supersededBy(changes) {
  /** @type {Map<string, Set<string>>} */
  const superseded = new Map();
  for (const change of changes) {
    for (const [path, stamps] of Object.entries(change.supersedes ?? {})) {
      if (!Object.hasOwn(change.fields, path)) continue;
      const gone = superseded.get(path) ?? new Set();
      // Nobody can have seen a stamp that is not smaller than their own; such an entry is ignored.
      for (const stamp of stamps) if (stamp < change.stamp) gone.add(stamp);
      superseded.set(path, gone);
    }
  }
  return superseded;
}

/** @param {Write} a @param {Write} b */
function greatestFirst(a, b) {
  if (a.stamp !== b.stamp) return a.stamp < b.stamp ? 1 : -1;
  return a.change_id < b.change_id ? 1 : -1;
}
