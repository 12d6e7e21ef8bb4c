// What the standalone bundle exports, in the types of preact itself.
import type { VNode } from "preact";
export { h, render, Component, createContext } from "preact";
export { useState, useReducer, useEffect, useLayoutEffect, useRef, useImperativeHandle, useMemo, useCallback, useContext, useDebugValue, useErrorBoundary } from "preact/hooks";
export const html: (strings: TemplateStringsArray, ...values: any[]) => VNode;
