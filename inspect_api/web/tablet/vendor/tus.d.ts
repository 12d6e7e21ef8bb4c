// The bundle sets one global; import it for that, then take `tus` from globalThis.
import type * as tusTypes from "./types/tus/index.js";
declare global {
  var tus: typeof tusTypes;
}
