/** What a client shows of a message: names and values come from a trace, which may hold escapes. */
import { visible } from '../../parsers/base/visible.js';

/** Given back as they are: the text of a trace itself, and what a client sends again to name something. */
const KEPT: ReadonlySet<string> = new Set(['content', 'path', 'evaluateName', 'dataId']);

/** A copy of the value with everything unseen in its strings made visible. */
export function visibleMessage<T>(value: T): T {
  return made(value) as T;
}

function made(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value)) return value.map(made);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, KEPT.has(key) ? (inner as unknown) : made(inner)]),
  );
}
