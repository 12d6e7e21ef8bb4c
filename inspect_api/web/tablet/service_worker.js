// @ts-check
// Keeps one version of the app whole: every file of it, or none. A new version is fetched beside the old one and waits;
// it takes over when the app says so, never by itself, so that no inspection is begun by one version and ended by another.
//
// The server puts `self.APP = {version, files}` in front of this: the name of each file (the page itself has none), and
// the first half of the SHA-256 of its bytes.

/** @type {ServiceWorkerGlobalScope & {APP: {version: string, files: Record<string, string>}}} */
const worker = /** @type {any} */ (self);

const PREFIX = "tablet-";
const CACHE = PREFIX + worker.APP.version;
const SCOPE = new URL("./", worker.location.href);
const INDEX = SCOPE.href;

worker.addEventListener("install", (event) => {
  event.waitUntil(fetchAll());
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

worker.addEventListener("message", (event) => {
  if (event.data === "take over") event.waitUntil(worker.skipWaiting());
  if (event.data === "version") event.ports[0]?.postMessage(worker.APP.version);
});

worker.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || !url.href.startsWith(SCOPE.href)) return;
  event.respondWith(request.mode === "navigate" ? fromCache(INDEX, request) : fromCache(url.origin + url.pathname, request));
});

async function fetchAll() {
  const cache = await caches.open(CACHE);
  await Promise.all(Object.entries(worker.APP.files).map(([name, digest]) => fetchOne(cache, name, digest)));
}

/**
 * Rejects for anything but the very bytes of this version: while servers are being updated, or behind a log-in page of
 * some network, the answer can be something else.
 * @param {Cache} cache
 * @param {string} name
 * @param {string} digest
 */
async function fetchOne(cache, name, digest) {
  const address = new URL(name, SCOPE).href;
  const answer = await fetch(address, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const copy = await answer.clone().arrayBuffer();
  if (!hex(await crypto.subtle.digest("SHA-256", copy)).startsWith(digest)) throw new Error(`${name} is of another version`);
  await cache.put(address, answer);
}

/** @param {ArrayBuffer} bytes */
function hex(bytes) {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await worker.clients.claim();
}

/**
 * @param {string} address
 * @param {Request} request
 */
async function fromCache(address, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(address, { ignoreVary: true })) ?? fetch(request);
}
