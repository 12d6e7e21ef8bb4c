// @ts-check
/** Where the user is: "#/inspection/{id}/{section}". The browser's back works; nothing but the hash is kept. */

/** @typedef {{ screen: string, parts: string[] }} Place */

/** @returns {Place} */
export function here() {
  const hash = location.hash.startsWith("#/") ? location.hash.slice(2) : "";
  const [screen = "", ...parts] = hash.split("/").map(decodeURIComponent);
  return { screen: screen || "today", parts };
}

/** @param {...string} parts */
export function link(...parts) {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

/** @param {...string} parts */
export function go(...parts) {
  location.hash = link(...parts);
}

/** Go without leaving a step to come back to. @param {...string} parts */
export function goInstead(...parts) {
  history.replaceState(null, "", link(...parts));
  dispatchEvent(new HashChangeEvent("hashchange"));
}
