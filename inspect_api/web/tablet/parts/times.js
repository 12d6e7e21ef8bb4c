// @ts-check
/** Instants and sizes in words. `now` is the device's, since all that is said here is "how long ago on this device". */
import { language, t } from "../texts/texts.js";

const DAY = 86_400_000;

/** @type {Map<string, Intl.DateTimeFormat>} making one takes longer than using it a hundred times */
const formats = new Map();

/** @param {Date} at @param {Intl.DateTimeFormatOptions} options */
function formatted(at, options) {
  const locale = language() === "zh" ? "zh-CN" : "en-GB";
  const key = locale + Object.keys(options);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, format);
  return format.format(at);
}

/** "18:05" today, "周三 18:05" within a week, else the date. @param {string | null | undefined} instant */
export function moment(instant, now = Date.now()) {
  if (!instant) return "";
  const at = new Date(instant);
  const clock = formatted(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (at.toDateString() === new Date(now).toDateString()) return clock;
  if (Math.abs(now - at.getTime()) < 6 * DAY) return `${formatted(at, { weekday: "short" })} ${clock}`;
  return day(instant);
}

/** "11月18日" / "18 Nov". @param {string | null | undefined} instant */
export function day(instant) {
  if (!instant) return "";
  return formatted(new Date(instant), { month: language() === "zh" ? "long" : "short", day: "numeric" });
}

/** "5 分钟前". @param {string} instant */
export function ago(instant, now = Date.now()) {
  const minutes = Math.max(0, Math.round((now - Date.parse(instant)) / 60_000));
  if (minutes < 1) return t("time.now");
  if (minutes < 60) return t("time.minutes", { count: minutes });
  if (minutes < 48 * 60) return t("time.hours", { count: Math.floor(minutes / 60) });
  return t("time.days", { count: Math.floor(minutes / 1440) });
}

/** Whether something made then has waited too long to be sent. @param {string | null} instant */
export function isLate(instant, now = Date.now()) {
  return instant !== null && now - Date.parse(instant) > DAY;
}

/** "1.2 GB". @param {number} bytes */
export function size(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${Math.round(bytes / 1e6)} MB`;
  return `${Math.max(0, Math.round(bytes / 1e3))} kB`;
}
