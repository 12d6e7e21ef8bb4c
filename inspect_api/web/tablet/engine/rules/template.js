// @ts-check
/** A template revision ready for use: its items in order of display, and which of them apply. */

/** @typedef {{zh: string, en: string}} Bilingual */
/**
 * @typedef {{kind: "pass_fail"}
 *   | {kind: "rating", max: number, levels: {level: number, text: Bilingual}[]}
 *   | {kind: "choice", options: {key: string, text: Bilingual, points: number}[]}
 *   | {kind: "measurement", unit: string, minimum?: string | null, maximum?: string | null}
 *   | {kind: "deduction", points: number, cap: number}} ResponseKind
 */
/**
 * @typedef {object} Item as it comes in a template's JSON, where what has its default may be left out
 * @property {string} key
 * @property {Bilingual} text
 * @property {ResponseKind} response
 * @property {{document: string, clause: string}[]} source
 * @property {number} [weight]
 * @property {Bilingual | null} [standard]
 * @property {Bilingual | null} [taboo]
 * @property {Bilingual | null} [look_at]
 * @property {Bilingual | null} [photo_cue]
 * @property {Bilingual | null} [disagreement]
 * @property {{post_types?: string[], dress_variants?: string[], seasons?: string[]}} [applies_to]
 * @property {boolean} [critical]
 * @property {boolean} [required]
 * @property {"never" | "on_fail" | "always"} [photo]
 * @property {"never" | "on_fail" | "always"} [note]
 */
/** @typedef {{key: string, title: Bilingual, items: Item[]}} Section */
/**
 * @typedef {object} Template
 * @property {string} key
 * @property {Bilingual} title
 * @property {string} dimension
 * @property {"weighted" | "deduction"} method
 * @property {"employee" | "workspace"} subject
 * @property {Section[]} sections
 * @property {number} [critical_cap]
 * @property {number} [low_coverage_below]
 * @property {Bilingual | null} [introduction]
 */
/** @typedef {{post_type?: string | null, dress_variant?: string | null, season?: string | null}} Circumstances */

const KNOWN = {
  post_type: ["front_desk", "window_clerk", "cashier", "security_guard", "ceremonial_post", "traffic_post", "office_staff"],
  dress_variant: ["trousers", "skirt"],
  season: ["summer", "winter"],
};

/** @param {Template} template */
export function itemsOf(template) {
  return template.sections.flatMap((section) => section.items);
}

/**
 * The keys of the items that apply. What is not known restricts nothing.
 * @param {Template} template
 * @param {Circumstances} circumstances
 */
export function applicableKeys(template, { post_type, dress_variant, season }) {
  const applies = itemsOf(template).filter(
    ({ applies_to }) =>
      matches(applies_to?.post_types, post_type) &&
      matches(applies_to?.dress_variants, dress_variant) &&
      matches(applies_to?.seasons, season),
  );
  return new Set(applies.map((item) => item.key));
}

/**
 * What the inspection began with; nothing known where it does not say, or not so that we understand it.
 * @param {unknown} value
 * @returns {Circumstances}
 */
export function asCircumstances(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return {};
  for (const [name, told] of Object.entries(value)) {
    const known = /** @type {Record<string, string[]>} */ (KNOWN)[name];
    if (!known || !(told === null || known.includes(told))) return {};
  }
  return value;
}

/** @param {string[] | undefined} allowed @param {string | null | undefined} value */
function matches(allowed, value) {
  return !allowed?.length || value == null || allowed.includes(value);
}
