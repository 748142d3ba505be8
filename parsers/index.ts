/** What the shells and the model's callers use of the parsers. */
export { FORMATS, readTrace } from './registry.js';
export { Growing } from './growing.js';
export { runHint, type RunHint } from './peek.js';
export { SNIFF_BYTES, sniffFormat } from './sniff.js';
export type { EventText, OpenTrace, ReadOptions, TraceFormat } from './reader.js';
