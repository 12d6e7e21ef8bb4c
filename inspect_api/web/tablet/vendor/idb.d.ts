export * from "./types/idb/index.js";
