// @ts-check
/** Identifiers: UUIDv7 as text (RFC 9562 §5.7), so that they sort by the time they were made. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let lastMs = 0;
let counter = 0;

/** A new id, greater than every one made before on this page, also when the wall clock stands still or goes back. */
export function newId(now = Date.now()) {
  const random = crypto.getRandomValues(new Uint8Array(10));
  if (now > lastMs) {
    lastMs = now;
    counter = ((random[0] << 8) | random[1]) & 0x07ff; // room above it for what follows in the same millisecond
  } else if (++counter > 0xfff) {
    lastMs += 1;
    counter = 0;
  }
  const time = lastMs.toString(16).padStart(12, "0");
  const rest = Array.from(random.subarray(2), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = ((random[2] & 0x3f) | 0x80).toString(16) + rest.slice(2, 4);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, "0")}-${variant}-${rest.slice(4)}`;
}

/** @param {unknown} text */
export function isId(text) {
  return typeof text === "string" && UUID.test(text);
}
