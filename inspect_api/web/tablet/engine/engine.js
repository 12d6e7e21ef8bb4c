// Types and words: engine.d.ts.
export { openEngine } from "./assembly.js";
export { EngineError } from "./errors.js";
