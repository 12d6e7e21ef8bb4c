// @ts-check
/**
 * Encryption at rest with WebCrypto. What it protects, and what not: docs/adr/0012-keys-on-the-tablet.md.
 *
 * Three keys for each user:
 * - the *device key*, made by the browser and never shown by it, not even to this code;
 * - the *reading key* seals what was pulled. It is kept wrapped by the PIN (PBKDF2) and the device key together;
 * - the *sending key* seals what waits to be sent, photos and the refresh token. It is kept wrapped by the reading key, and
 *   while something waits also as it is (a "permit"), so that a locked tablet, or one whose user has left, can send.
 */

export const ITERATIONS = 600_000; // OWASP 2023 for PBKDF2-HMAC-SHA-256
const AES = "AES-GCM";
const IV_BYTES = 12; // NIST SP 800-38D §8.2: 96 bits; random ones are safe for 2^32 messages of one key

/** @typedef {{iv: Uint8Array<ArrayBuffer>, data: ArrayBuffer}} Sealed */
/** @typedef {{salt: Uint8Array<ArrayBuffer>, iterations: number, device: CryptoKey, reading: Sealed, sending: Sealed}} Wrapped */
/** @typedef {{reading: Uint8Array<ArrayBuffer>, sending: Uint8Array<ArrayBuffer>}} Raw */
/** @typedef {{reading: CryptoKey, sending: CryptoKey, raw: Raw}} Keys in memory only, as long as the user is unlocked */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Usable, storable, and never to be taken out. */
export function newKey() {
  return crypto.subtle.generateKey({ name: AES, length: 256 }, false, ["encrypt", "decrypt"]);
}

/** @returns {Promise<Keys>} */
export function makeKeys() {
  return keysOf({ reading: crypto.getRandomValues(new Uint8Array(32)), sending: crypto.getRandomValues(new Uint8Array(32)) });
}

/**
 * The keys, or null when the PIN is not the right one.
 * @param {string} pin
 * @param {Wrapped} wrapped
 * @returns {Promise<Keys | null>}
 */
export async function unwrapKeys(pin, wrapped) {
  const byPin = split(await openBytes(wrapped.device, "reading", wrapped.reading));
  try {
    const reading = new Uint8Array(await openBytes(await pinKey(pin, wrapped.salt, wrapped.iterations), "reading", byPin));
    const sending = new Uint8Array(await openBytes(await importKey(reading), "sending", wrapped.sending));
    return await keysOf({ reading, sending });
  } catch (error) {
    if (error instanceof DOMException && error.name === "OperationError") return null;
    throw error;
  }
}

/** The same keys behind another PIN. @param {string} pin @param {Raw} raw @param {number} [iterations] @returns {Promise<Wrapped>} */
export async function wrap(pin, raw, iterations = ITERATIONS) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const device = await newKey();
  const byPin = await sealBytes(await pinKey(pin, salt, iterations), "reading", raw.reading);
  const reading = await sealBytes(device, "reading", joined(byPin));
  const sending = await sealBytes(await importKey(raw.reading), "sending", raw.sending);
  return { salt, iterations, device, reading, sending };
}

/**
 * @param {CryptoKey} key
 * @param {string} name where it is kept; opened under another name, it does not open
 * @param {unknown} value anything that JSON can say
 */
export function seal(key, name, value) {
  return sealBytes(key, name, encoder.encode(JSON.stringify(value)));
}

/** Rejects (OperationError) for another key, another name, or altered bytes. @param {CryptoKey} key @param {string} name @param {Sealed} sealed */
export async function open(key, name, sealed) {
  return JSON.parse(decoder.decode(await openBytes(key, name, sealed)));
}

/** @param {CryptoKey} key @param {string} name @param {BufferSource} bytes @returns {Promise<Sealed>} */
export async function sealBytes(key, name, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const data = await crypto.subtle.encrypt({ name: AES, iv, additionalData: encoder.encode(name) }, key, bytes);
  return { iv, data };
}

/** @param {CryptoKey} key @param {string} name @param {Sealed} sealed */
export function openBytes(key, name, { iv, data }) {
  return crypto.subtle.decrypt({ name: AES, iv, additionalData: encoder.encode(name) }, key, data);
}

/** @param {BufferSource} bytes */
export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Raw} raw @returns {Promise<Keys>} */
async function keysOf(raw) {
  return { reading: await importKey(raw.reading), sending: await importKey(raw.sending), raw };
}

/** @param {string} pin @param {Uint8Array<ArrayBuffer>} salt @param {number} iterations */
async function pinKey(pin, salt, iterations) {
  const material = await crypto.subtle.importKey("raw", encoder.encode(pin), "PBKDF2", false, ["deriveKey"]);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(derivation, material, { name: AES, length: 256 }, false, ["encrypt", "decrypt"]);
}

/** @param {Uint8Array<ArrayBuffer>} raw */
function importKey(raw) {
  return crypto.subtle.importKey("raw", raw, AES, false, ["encrypt", "decrypt"]);
}

/** @param {Sealed} sealed */
function joined({ iv, data }) {
  const bytes = new Uint8Array(iv.length + data.byteLength);
  bytes.set(iv);
  bytes.set(new Uint8Array(data), iv.length);
  return bytes;
}

/** @param {ArrayBuffer} bytes @returns {Sealed} */
function split(bytes) {
  return { iv: new Uint8Array(bytes.slice(0, IV_BYTES)), data: bytes.slice(IV_BYTES) };
}
