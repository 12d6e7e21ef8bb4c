// @ts-check
/** Template revisions ready for use. One never changes, so each is made once. */

import { KIND } from "../local/directory.js";
import { compile } from "../rules/scoring.js";
import { itemsOf } from "../rules/template.js";

/** @typedef {import("../rules/template.js").Item} Item */
/**
 * @typedef {object} Revision
 * @property {string} id
 * @property {import("../feed.js").RevisionBody} body
 * @property {import("../rules/template.js").Template} template
 * @property {Map<string, Item>} items
 * @property {import("../rules/scoring.js").Compiled} compiled
 */

export class Revisions {
  /** @param {import("../local/directory.js").Directory} directory */
  constructor(directory) {
    this.directory = directory;
    /** @type {Map<string, Revision>} */
    this.known = new Map();
    /** @type {Map<string, Promise<Revision | null>>} */
    this.opening = new Map();
  }

  /** @param {unknown} id @returns {Promise<Revision | null>} null when it is not on this tablet */
  async get(id) {
    if (typeof id !== "string") return null;
    return this.known.get(id) ?? this.opening.get(id) ?? this.#open(id);
  }

  /** Once for all who ask meanwhile: a month of inspections asks at the same time. @param {string} id */
  #open(id) {
    const opening = this.directory
      .body(KIND.revision, id)
      .then((body) => (body ? this.#keep(id, body) : null))
      .finally(() => this.opening.delete(id));
    this.opening.set(id, opening);
    return opening;
  }

  /** Of each template the newest one in force. @param {Date} now */
  async inForce(now) {
    /** @type {Map<string, Revision>} */
    const newest = new Map();
    for (const [id, body] of await this.directory.bodies(KIND.revision)) {
      const begun = Date.parse(body.in_force_from) <= now.getTime();
      const over = body.retired_at !== null && Date.parse(body.retired_at) <= now.getTime();
      const other = newest.get(body.template_key);
      if (begun && !over && (!other || other.body.number < body.number)) {
        newest.set(body.template_key, this.known.get(id) ?? this.#keep(id, body));
      }
    }
    return newest;
  }

  /** @param {string} id @param {import("../feed.js").RevisionBody} body */
  #keep(id, body) {
    const items = new Map(itemsOf(body.template).map((item) => [item.key, item]));
    const made = { id, body, template: body.template, items, compiled: compile(body.template) };
    this.known.set(id, made);
    return made;
  }
}
