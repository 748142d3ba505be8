/** JSON written in parts, so that a document of any length is never one string. */

const INDENT = '  ';

/** Items of an array that are made one at a time, while it is written. */
export class Lazily {
  constructor(readonly items: Iterable<unknown>) {}
}

/** Items made of others one at a time. */
export function* mapped<T, U>(items: Iterable<T>, make: (item: T) => U): Generator<U> {
  for (const item of items) yield make(item);
}

/**
 * The text that JSON.stringify(value, undefined, 2) gives of `value` with each {@link Lazily} as an array,
 * in parts: what holds nothing lazy is one part. Lazy items are found in fields of plain objects and in items
 * of other lazy ones.
 */
export function* jsonParts(value: unknown, indent = ''): Generator<string> {
  if (value instanceof Lazily) {
    yield* enclosed('[', ']', indent, bare(value.items, indent + INDENT));
    return;
  }
  if (!holdsLazy(value)) {
    yield JSON.stringify(value, undefined, INDENT).replaceAll('\n', `\n${indent}`);
    return;
  }
  // As JSON.stringify has it, what is undefined has no field.
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  yield* enclosed('{', '}', indent, named(fields, indent + INDENT));
}

/** The parts of each member of an array. */
function* bare(items: Iterable<unknown>, indent: string): Generator<Iterable<string>> {
  for (const item of items) yield jsonParts(item, indent);
}

/** The parts of each member of an object. */
function* named(fields: Iterable<[string, unknown]>, indent: string): Generator<Iterable<string>> {
  for (const [name, field] of fields) yield withName(name, jsonParts(field, indent));
}

function* withName(name: string, parts: Iterable<string>): Generator<string> {
  yield `${JSON.stringify(name)}: `;
  yield* parts;
}

function* enclosed(
  open: string,
  close: string,
  indent: string,
  members: Iterable<Iterable<string>>,
): Generator<string> {
  yield open;
  let separator = `\n${indent}${INDENT}`;
  let isEmpty = true;
  for (const member of members) {
    yield separator;
    yield* member;
    separator = `,\n${indent}${INDENT}`;
    isEmpty = false;
  }
  yield isEmpty ? close : `\n${indent}${close}`;
}

function holdsLazy(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).some((field) => field instanceof Lazily || isHolder(field))
  );
}

/** Objects of a document's outline are few, and their arrays are not looked into. */
function isHolder(field: unknown): boolean {
  return !Array.isArray(field) && holdsLazy(field);
}
