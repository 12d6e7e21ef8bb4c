// @ts-check
/** How much room the browser gives, and whether it may take it away. */

const LOW_SHARE = 0.1;
const LOW_BYTES = 200_000_000;

/** @returns {Promise<import("./engine.js").Storage>} */
export async function storageOf() {
  const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
  const persisted = (await navigator.storage?.persisted?.()) ?? false;
  const left = usage === undefined || quota === undefined ? Infinity : quota - usage;
  const low = left < LOW_BYTES || (quota !== undefined && left < quota * LOW_SHARE);
  return { used: usage ?? null, quota: quota ?? null, persisted, low };
}
