// @ts-check
/** The usual reasons, to be tapped instead of typed. */
import { t } from "../texts/texts.js";

/** Why an item is not applicable. */
export function usualReasons() {
  return ["absent", "not_seen", "repair", "duty"].map((name) => t(`reason.na.${name}`));
}

export function revisionReasons() {
  return ["misjudged", "mistap", "rechecked"].map((name) => t(`reason.revise.${name}`));
}

export function voidReasons() {
  return ["wrong_person", "test", "interrupted"].map((name) => t(`reason.void.${name}`));
}
