// @ts-check
/**
 * The score of one inspection: checklists/scoring/inspection.py in JavaScript, exact, with one rounding at display.
 * The cases are in tests/vectors/score.json.
 */

import { MAX_COUNT, NOT_APPLICABLE, parseDecimal, within } from "./responses.js";
import { itemsOf } from "./template.js";

/** @typedef {import("./template.js").Template} Template */
/** @typedef {import("./template.js").Item} Item */
/** @typedef {import("./responses.js").Response} Response */
/** @typedef {{top: bigint, bottom: bigint}} Fraction */
/**
 * @typedef {object} CompiledItem
 * @property {string} key
 * @property {bigint} weight
 * @property {bigint} full units of full marks
 * @property {boolean} critical
 * @property {boolean} required
 * @property {(value: string | number) => bigint | undefined} units of a response; undefined when the item does not know it
 */
/** @typedef {{items: CompiledItem[], unit: bigint, deduction: boolean, cap: bigint, lowCoverageBelow: bigint}} Compiled */
/**
 * @typedef {object} Score
 * @property {Fraction | null} score null while a required item is open or nothing was judged
 * @property {Fraction | null} uncapped
 * @property {Fraction | null} running what has been judged until now, open items left out, capped
 * @property {Fraction | null} runningUncapped
 * @property {boolean} capped of `running`
 * @property {boolean} lowCoverage
 * @property {string[]} redFlags
 * @property {string[]} belowFull
 * @property {string[]} unanswered
 * @property {string[]} invalid
 */

const FULL_MARKS = 100n;

/** Keep one for each template revision. @param {Template} template @returns {Compiled} */
export function compile(template) {
  const items = itemsOf(template);
  const unit = items.map(denominator).reduce(leastCommonMultiple, 1n);
  const deduction = template.method === "deduction";
  return {
    items: items.map((item) => ({
      key: item.key,
      weight: deduction ? 1n : BigInt(item.weight ?? 1),
      full: deduction ? 0n : unit,
      critical: item.critical ?? false,
      required: item.required ?? true,
      units: unitsOf(item, unit),
    })),
    unit,
    deduction,
    cap: BigInt(template.critical_cap ?? 59),
    lowCoverageBelow: BigInt(template.low_coverage_below ?? 60),
  };
}

/**
 * @param {Compiled} compiled
 * @param {Map<string, Response>} responses by item key
 * @param {Set<string>} applicable item keys
 * @returns {Score}
 */
export function scoreInspection(compiled, responses, applicable) {
  let earned = 0n;
  let judged = 0n;
  let toJudge = 0n;
  /** @type {Record<"redFlags" | "belowFull" | "unanswered" | "invalid", string[]>} */
  const found = { redFlags: [], belowFull: [], unanswered: [], invalid: [] };
  for (const item of compiled.items) {
    if (!applicable.has(item.key)) continue;
    toJudge += item.weight;
    const response = responses.get(item.key);
    if (response === undefined) {
      if (item.required) found.unanswered.push(item.key);
      continue;
    }
    if (response.value === NOT_APPLICABLE) continue;
    const units = item.units(response.value);
    if (units === undefined) {
      found.invalid.push(item.key);
      continue;
    }
    judged += item.weight;
    earned += item.weight * units;
    if (units !== item.full) {
      found.belowFull.push(item.key);
      if (item.critical && (units === 0n || compiled.deduction)) found.redFlags.push(item.key);
    }
  }
  return { ...result(compiled, earned, judged, found), lowCoverage: isLow(compiled, judged, toJudge), ...found };
}

/** Half up, one decimal: "88.3". @param {Fraction} value */
export function display({ top, bottom }) {
  const tenths = (20n * top + bottom) / (2n * bottom);
  return `${tenths / 10n}.${tenths % 10n}`;
}

/** In lowest terms, always with its denominator: "800/9". @param {Fraction} value */
export function asText({ top, bottom }) {
  const divisor = greatestCommonDivisor(top, bottom);
  return `${top / divisor}/${bottom / divisor}`;
}

/**
 * @param {Compiled} compiled
 * @param {bigint} units
 * @param {bigint} judged
 * @param {Record<"redFlags" | "unanswered" | "invalid", string[]>} found
 */
function result(compiled, units, judged, { redFlags, unanswered, invalid }) {
  /** @type {Fraction | null} */
  let uncapped = null;
  if (compiled.deduction && judged) {
    const left = FULL_MARKS - units;
    uncapped = { top: left > 0n ? FULL_MARKS * left : 0n, bottom: compiled.unit * FULL_MARKS };
  } else if (judged) {
    uncapped = { top: FULL_MARKS * units, bottom: compiled.unit * judged };
  }
  const capped = uncapped !== null && redFlags.length > 0 && uncapped.top > compiled.cap * uncapped.bottom;
  const running = capped ? { top: compiled.cap, bottom: 1n } : uncapped;
  const final = !unanswered.length && !invalid.length;
  return {
    score: final ? running : null,
    uncapped: final ? uncapped : null,
    running,
    runningUncapped: uncapped,
    capped,
  };
}

/** @param {Compiled} compiled @param {bigint} judged @param {bigint} toJudge */
function isLow(compiled, judged, toJudge) {
  return judged === 0n || 100n * judged < compiled.lowCoverageBelow * toJudge;
}

/** @param {Item} item */
function denominator({ response }) {
  if (response.kind === "rating") return BigInt(response.max);
  if (response.kind === "choice") return highestPoints(response.options);
  return 1n;
}

/** @param {Item} item @param {bigint} unit @returns {CompiledItem["units"]} */
function unitsOf({ response: kind }, unit) {
  /** @type {Map<string | number, bigint>} */
  const points = new Map();
  if (kind.kind === "measurement") {
    return (value) => {
      if (typeof value !== "string" || parseDecimal(value) === null) return undefined;
      return within(kind, value) ? unit : 0n;
    };
  }
  if (kind.kind === "deduction") {
    return (value) => {
      if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > MAX_COUNT) return undefined;
      return BigInt(Math.min(value * kind.points, kind.cap));
    };
  }
  if (kind.kind === "pass_fail") points.set("pass", unit).set("fail", 0n);
  if (kind.kind === "rating") {
    for (let level = 0; level <= kind.max; level++) points.set(level, (BigInt(level) * unit) / BigInt(kind.max));
  }
  if (kind.kind === "choice") {
    const highest = highestPoints(kind.options);
    for (const option of kind.options) points.set(option.key, (BigInt(option.points) * unit) / highest);
  }
  return (value) => points.get(value);
}

/** @param {{points: number}[]} options */
function highestPoints(options) {
  return BigInt(Math.max(1, ...options.map((option) => option.points)));
}

/** @param {bigint} a @param {bigint} b @returns {bigint} */
function greatestCommonDivisor(a, b) {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}

/** @param {bigint} a @param {bigint} b */
function leastCommonMultiple(a, b) {
  return (a / greatestCommonDivisor(a, b)) * b;
}
