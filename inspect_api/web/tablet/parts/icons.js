// @ts-check
/** The signs, drawn for this app on a grid of 24. Words stand beside them; alone they are hidden from screen readers. */
import { html } from "./preact.js";

const SIGNS = {
  today: "M4 6h16v14H4z M4 10h16 M8 3v4 M16 3v4 M8.5 15l2.5 2.5 4.5-5",
  list: "M9 6h11 M9 12h11 M9 18h11 M4 6h.01 M4 12h.01 M4 18h.01",
  action: "M14.5 6.5a4 4 0 0 1 5-1l-3 3 1 2 2 1 2-2a4 4 0 0 1-5.5 4.5L9 21l-4-1-1-4 7-7a4 4 0 0 1 3.5-2.5z",
  settings: "M4 7h10 M18 7h2 M4 17h2 M10 17h10 M16 4.5v5 M8 14.5v5",
  back: "M15 5l-7 7 7 7",
  forward: "M9 5l7 7-7 7",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z M15.5 15.5L21 21",
  pass: "M5 12.5l4.5 4.5L19 7",
  fail: "M6 6l12 12 M18 6L6 18",
  none: "M5 12h14",
  plus: "M12 5v14 M5 12h14",
  minus: "M5 12h14",
  camera: "M4 8h3l2-3h6l2 3h3v11H4z M12 10a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z",
  note: "M5 4h14v16H5z M8.5 9h7 M8.5 13h7 M8.5 17h4",
  rule: "M12 6c-2-1.5-5-2-8-1.5v14c3-.5 6 0 8 1.5 2-1.5 5-2 8-1.5v-14C17 4 14 4.500 12 6z M12 6v14",
  again: "M19.500 9A8 8 0 1 0 20 14 M20 4v5h-5",
  warn: "M12 4L2.500 20h19z M12 10v5 M12 17.500h.01",
  refused: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z M5.800 5.800l12.400 12.400",
  clash: "M4 7h11l-3-3 M15 7l-3 3 M20 17H9l3-3 M9 17l3 3",
  tablet: "M6 3h12v18H6z M11 18h2",
  up: "M12 20V5 M6 11l6-6 6 6",
  received: "M4 13v6h16v-6 M12 4v10 M7.500 9.500L12 14l4.500-4.500",
  complete: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z M8 12.500l3 3 5.500-6",
  offline: "M3 3l18 18 M8.500 16a5 5 0 0 1 7 0 M5.500 12.500a9 9 0 0 1 4-2.300 M14.500 10.200a9 9 0 0 1 4 2.300 M12 19.500h.01",
  lock: "M6 11h12v9H6z M8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  open: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z",
  down: "M6 9l6 6 6-6",
  menu: "M12 5.500h.01 M12 12h.01 M12 18.500h.01",
  erase: "M9 6h11v12H9l-6-6z M12 10l4 4 M16 10l-4 4",
  star: "M12 3.500l2.600 5.500 6 .8-4.400 4.200 1.100 6-5.300-2.900L6.700 20l1.100-6L3.400 9.800l6-.8z",
};
/** @typedef {keyof typeof SIGNS} Sign */

/** @param {{ name: Sign, filled?: boolean }} props */
export function Icon({ name, filled }) {
  return html`<svg class=${filled ? "icon full" : "icon"} viewBox="0 0 24 24" aria-hidden="true"><path d=${SIGNS[name]} /></svg>`;
}
