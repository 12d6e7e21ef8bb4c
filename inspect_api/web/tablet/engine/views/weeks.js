// @ts-check
/** Days and weeks by the calendar of a site: Monday to Sunday in its own zone, as the server counts them. */

const DAY_MS = 86_400_000;

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** The calendar day there, as "2026-11-20". @param {number} milliseconds @param {string} [zone] IANA name; without one, the device's */
export function dayOf(milliseconds, zone) {
  const key = zone ?? "";
  const format = formats.get(key) ?? new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
  formats.set(key, format);
  return format.format(milliseconds);
}

/** The Monday of the week there, as "2026-11-16". @param {number} milliseconds @param {string} zone */
export function weekOf(milliseconds, zone) {
  const day = Date.parse(`${dayOf(milliseconds, zone)}T00:00:00Z`);
  const sinceMonday = (new Date(day).getUTCDay() + 6) % 7;
  return new Date(day - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}
