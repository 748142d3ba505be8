/**
 * Values of the expression language and of the Variables view, which is made of the same objects: whatever
 * the view shows has a name that can be written in an expression.
 */

/** How a number is written. */
export type Format = 'hex' | 'dec' | 'seconds' | 'errno' | 'order';

/** undefined is "not known", which is neither true nor false and equals nothing. */
export type Value = number | bigint | string | boolean | undefined | ExprObject | ExprList;

/** Something with named members; some can also be called, as in `page(0x100)`. */
export interface ExprObject {
  readonly object: string;
  /** One line, as it is shown beside its name. */
  summary(): string;
  /** Names in the order in which they are shown. */
  names(): readonly string[];
  member(name: string): Member | undefined;
  /** What it counts as in arithmetic and comparisons; absent for objects that are not numbers. */
  readonly scalar?: (() => Value) | undefined;
  readonly call?: ((args: readonly Value[]) => Value) | undefined;
}

export interface Member {
  readonly doc: string;
  readonly format?: Format;
  /** Shown as a placeholder until it is asked for, because it is long to work out. */
  readonly lazy?: boolean;
  readonly value: Value;
}

/** A list that is read in pages. In arithmetic and comparisons it counts as its length. */
export interface ExprList {
  readonly list: string;
  readonly length: number;
  /**
   * Set where having no item does not mean that there is none: what to show, and then it counts as not known.
   */
  readonly emptyText?: string | undefined;
  /** Items [start, start + count), fewer at the end. */
  items(start: number, count: number): readonly Item[];
}

export interface Item {
  readonly name: string;
  readonly value: Value;
  readonly format?: Format;
}

export function isObject(value: Value): value is ExprObject {
  return typeof value === 'object' && 'object' in value;
}

export function isList(value: Value): value is ExprList {
  return typeof value === 'object' && 'list' in value;
}

/** What the value counts as in arithmetic, comparisons and conditions. */
export function scalarOf(value: Value): number | bigint | string | boolean | undefined {
  if (isList(value)) return countOf(value);
  if (!isObject(value)) return value;
  const inner = value.scalar?.();
  return isObject(inner) || isList(inner) ? undefined : inner;
}

/** Items of a list, undefined when it is empty and that means nothing. */
export function countOf(list: ExprList): number | undefined {
  return list.length === 0 && list.emptyText !== undefined ? undefined : list.length;
}

/** Linux error names that the model meets; others are shown as numbers. */
const ERRNO: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  4: 'EINTR',
  5: 'EIO',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  22: 'EINVAL',
  28: 'ENOSPC',
  95: 'EOPNOTSUPP',
  133: 'EHWPOISON',
};

function errnoText(value: number): string {
  if (value >= 0) return String(value);
  const name = ERRNO[-value];
  return name ? `${value} (-${name})` : String(value);
}

/** A value as the field writes it. Strings are bare; what is not known is `unknown`. */
export function formatValue(value: Value, format?: Format): string {
  if (value === undefined) return 'unknown';
  if (isObject(value)) return value.summary();
  if (isList(value)) return listSummary(value);
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (format === 'hex') return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (format === 'seconds') return value.toFixed(9).replace(/000$/, '');
  if (format === 'errno') return errnoText(value);
  return String(value);
}

function listSummary(list: ExprList): string {
  if (list.length === 0) return list.emptyText ?? 'none';
  const shown = list.items(0, 2).map((item) => formatValue(item.value, item.format));
  const text = `${list.length}: ${shown.join('; ')}${list.length > 2 ? '; …' : ''}`;
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

/** What an object is made of: each member read only when it is asked for. */
export interface MemberSource {
  readonly doc: string;
  readonly format?: Format;
  readonly lazy?: boolean;
  get(): Value;
}

/** An object from a table of members. */
export function makeObject(
  object: string,
  summary: () => string,
  members: Readonly<Record<string, MemberSource>>,
  more: { readonly scalar?: () => Value; readonly call?: (args: readonly Value[]) => Value } = {},
): ExprObject {
  const names = Object.keys(members);
  return {
    object,
    summary,
    names: () => names,
    member: (name) => {
      const source = Object.hasOwn(members, name) ? members[name] : undefined;
      if (!source) return undefined;
      return {
        doc: source.doc,
        ...(source.format && { format: source.format }),
        ...(source.lazy && { lazy: true }),
        get value() {
          return source.get();
        },
      };
    },
    scalar: more.scalar,
    call: more.call,
  };
}

/**
 * An object that is not there now: it has the names of `like`, so that a mistyped one is an error, and
 * nothing is known of them.
 */
export function absentObject(like: ExprObject, summary: string): ExprObject {
  return {
    ...like,
    summary: () => summary,
    scalar: () => undefined,
    member: (name) => {
      const member = like.names().includes(name) ? like.member(name) : undefined;
      return member && { doc: member.doc, value: undefined };
    },
  };
}

/** A list whose items are at hand. */
export function makeList(list: string, items: readonly Item[], emptyText?: string): ExprList {
  return {
    list,
    length: items.length,
    emptyText,
    items: (start, count) => items.slice(start, start + count),
  };
}
