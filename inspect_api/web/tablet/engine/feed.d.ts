/** Bodies of the rows of the feed (docs/sync-protocol.md, "Pull"), as far as the tablet reads them. */
import type { Template } from "./rules/template.js";

export type SiteBody = { code: string; name: string; zone: string; season: "summer" | "winter" | null };
export type PostBody = { site_id: string; code: string; name: string; post_type: string };
export type WorkspaceBody = { site_id: string; code: string; name: string };
export type EmployeeBody = {
  site_id: string;
  number: string;
  name: string;
  post_id: string | null;
  dress_variant: "trousers" | "skirt" | null;
  employed_from: string;
  employed_until: string | null;
};
export type UserBody = { name: string };
export type RevisionBody = {
  template_key: string;
  number: number;
  in_force_from: string;
  retired_at: string | null;
  template: Template;
};
export type CorrectiveActionBody = {
  site_id: string;
  origin: string;
  inspection_id: string | null;
  item: string | null;
  employee_id: string | null;
  workspace_id: string | null;
  task: string;
  owner: string | null;
  priority: string;
  state: string;
  due_at: string | null;
  escalated: boolean;
  fixed_at: string | null;
  reopened: number;
};
