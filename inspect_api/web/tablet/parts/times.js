// @ts-check
/** Instants and sizes in words. `now` is the device's, since all that is said here is "how long ago on this device". */
import { language, t } from "../texts/texts.js";

const DAY = 86_400_000;

/** "18:05" today, "周三 18:05" within a week, else the date. @param {string | null | undefined} instant */
export function moment(instant, now = Date.now()) {
  if (!instant) return "";
  const at = new Date(instant);
  const locale = language() === "zh" ? "zh-CN" : "en-GB";
  const clock = at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", hour12: false });
  if (at.toDateString() === new Date(now).toDateString()) return clock;
  if (Math.abs(now - at.getTime()) < 6 * DAY) return `${at.toLocaleDateString(locale, { weekday: "short" })} ${clock}`;
  return day(instant);
}

/** "11月18日" / "18 Nov". @param {string | null | undefined} instant */
export function day(instant) {
  if (!instant) return "";
  const locale = language() === "zh" ? "zh-CN" : "en-GB";
  return new Date(instant).toLocaleDateString(locale, { month: language() === "zh" ? "long" : "short", day: "numeric" });
}

/** "5 分钟前". @param {string} instant */
export function ago(instant, now = Date.now()) {
  const minutes = Math.max(0, Math.round((now - Date.parse(instant)) / 60_000));
  if (minutes < 1) return t("time.now");
  if (minutes < 60) return t("time.minutes", { count: minutes });
  if (minutes < 48 * 60) return t("time.hours", { count: Math.floor(minutes / 60) });
  return t("time.days", { count: Math.floor(minutes / 1440) });
}

/** "20 秒后". @param {string} instant */
export function ahead(instant, now = Date.now()) {
  const seconds = Math.max(0, Math.round((Date.parse(instant) - now) / 1000));
  return seconds < 90 ? t("time.in_seconds", { count: seconds }) : t("time.in_minutes", { count: Math.round(seconds / 60) });
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
