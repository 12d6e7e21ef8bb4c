// @ts-check
/** The paths of an inspection's fields (docs/sync-protocol.md, "Paths"). */

export const TEMPLATE_REVISION = "inspection/template_revision_id";
export const EMPLOYEE = "inspection/employee_id";
export const WORKSPACE = "inspection/workspace_id";
export const CAPTURED_AT = "inspection/captured_at";
export const CIRCUMSTANCES = "inspection/circumstances";
export const SUBMITTED = "inspection/submitted";
export const VOID = "inspection/void";
export const NOTE = "inspection/note";

export const RESPONSES = "responses/";
export const EVIDENCE = "evidence/";

/** Written once, when the inspection begins. */
export const BEGINNING = new Set([TEMPLATE_REVISION, EMPLOYEE, WORKSPACE, CAPTURED_AT, CIRCUMSTANCES]);

/** @param {string} path */
export function itemOf(path) {
  return path.startsWith(RESPONSES) ? path.slice(RESPONSES.length) : null;
}
