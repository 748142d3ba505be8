/**
 * Scopes and variables: the objects of the state, with what changed since the stop before marked, lists
 * in pages, and for each variable the expression that names it.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { ExprError } from '../../model/expr/error.js';
import { evaluateText } from '../../model/expr/evaluate.js';
import {
  formatValue,
  isList,
  isObject,
  type ExprList,
  type ExprObject,
  type Format,
  type Value,
} from '../../model/expr/value.js';
import type { PageRef } from '../../model/objects/focus.js';
import { focusOf } from '../../model/objects/root.js';
import { factOf } from './watch.js';
import type { Replay, Seat } from './replay.js';

interface Ref {
  readonly value: ExprObject | ExprList;
  /** Expression that names it, '' where there is none. */
  readonly path: string;
  /** Members are compared with what they were at the stop before. */
  readonly compared: boolean;
  readonly row: number;
  readonly seat: Seat;
  /** The member that stands for itself until it is asked for. */
  readonly lazy?: string;
}

/** Items of a list that are given out when the client does not say how many it wants. */
const PAGE_ITEMS = 200;
/** And at most, whatever it says. */
const ITEMS_MAX = 10000;
const WAS_TEXT_MAX = 60;
/** Longer lists are not compared with what they were. */
const COMPARED_ITEMS_MAX = 20000;

export class Variables {
  private refs: Ref[] = [];

  constructor(private readonly replay: Replay) {}

  /** Forgets every reference: they are valid until the replay moves. */
  reset(): void {
    this.refs = [];
  }

  scopes(row: number): DebugProtocol.Scope[] {
    const seat = this.replay.at(row);
    const { page, vm, inode } = focusOf(seat.moment);
    const conversion = seat.moment.conversion();
    const paths: readonly (readonly [string, string])[] = [
      // Clients open the first: the event's own line is in sight anyhow.
      ['Page', page ? pagePath(page) : ''],
      ['Conversion', conversion ? `conversion(${conversion.index})` : ''],
      ['Event', 'event'],
      ['Shim', inode < 0 ? '' : `inode(${inode})`],
      ['VM', vm < 0 ? '' : `vm(${vm})`],
      ['Rules', 'rules'],
    ];
    const scopes: DebugProtocol.Scope[] = [];
    for (const [name, path] of paths) {
      const value = path === '' ? undefined : evaluateText(path, seat.root).value;
      if (value === undefined || !isObject(value)) continue;
      const variablesReference = this.keep({ value, path, compared: name !== 'Event', row, seat });
      scopes.push({
        name,
        expensive: name === 'Rules',
        namedVariables: value.names().length,
        variablesReference,
        ...(name === 'Page' && { presentationHint: 'locals' }),
      });
    }
    return scopes;
  }

  /** The children of a reference; undefined for one that was never given out. */
  variables(
    reference: number,
    args: { start?: number; count?: number; filter?: string; hex?: boolean },
  ): DebugProtocol.Variable[] | undefined {
    const ref = this.refs[reference - 1];
    if (!ref) return undefined;
    if (ref.seat.moment.row !== ref.row) ref.seat.moment.cursor.seek(ref.row);
    if (isList(ref.value))
      return args.filter === 'named'
        ? []
        : this.items(ref, ref.value, args.start ?? 0, args.count || PAGE_ITEMS, args.hex === true);
    if (args.filter === 'indexed') return [];
    return this.members(ref, ref.value, args.hex === true);
  }

  /** The result of an expression as a variable. */
  result(
    value: Value,
    format: Format | undefined,
    path: string,
    row: number,
    hex: boolean,
  ): Omit<DebugProtocol.Variable, 'name'> {
    return this.shown(value, hexed(format, hex), path, { compared: false, row, seat: this.replay.at(row) });
  }

  /**
   * The object or list behind a reference and the expression that names it;
   * undefined for one that was never given out.
   */
  find(
    reference: number,
  ): { readonly value: ExprObject | ExprList; readonly path: string; readonly row: number } | undefined {
    const ref = this.refs[reference - 1];
    if (ref && ref.seat.moment.row !== ref.row) ref.seat.moment.cursor.seek(ref.row);
    return ref;
  }

  private keep(ref: Ref): number {
    return this.refs.push(ref);
  }

  private members(ref: Ref, object: ExprObject, hex: boolean): DebugProtocol.Variable[] {
    const names = ref.lazy === undefined ? object.names() : [ref.lazy];
    const before = this.beforeOf(ref);
    return names.map((name) => {
      const member = object.member(name)!;
      const path = ref.path === '' ? '' : joinPath(ref.path, name);
      if (member.lazy && ref.lazy === undefined) {
        return {
          name,
          value: '',
          variablesReference: this.keep({ ...ref, lazy: name }),
          evaluateName: path,
          presentationHint: { lazy: true },
        };
      }
      const shown = this.shown(member.value, hexed(member.format, hex), path, ref);
      const was = before && isObject(before) ? before.member(name) : undefined;
      const wasText = was && formatValue(was.value, hexed(was.format, hex));
      return { name, ...shown, value: marked(shown.value, wasText, before !== undefined) };
    });
  }

  private items(
    ref: Ref,
    list: ExprList,
    start: number,
    count: number,
    hex: boolean,
  ): DebugProtocol.Variable[] {
    const before = list.length > COMPARED_ITEMS_MAX ? undefined : this.beforeOf(ref);
    const was = before && isList(before) ? textsOf(before, hex) : undefined;
    return list.items(start, Math.min(count, ITEMS_MAX)).map((item, i) => {
      const path = ref.path === '' ? '' : `${ref.path}[${start + i}]`;
      const shown = this.shown(item.value, hexed(item.format, hex), path, ref);
      const isNew = was !== undefined && !was.has(item.name);
      const value = isNew
        ? `${shown.value} (new)`
        : marked(shown.value, was?.get(item.name), was !== undefined);
      return { name: item.name, ...shown, value };
    });
  }

  private shown(
    value: Value,
    format: Format | undefined,
    path: string,
    ref: Pick<Ref, 'compared' | 'row' | 'seat'>,
  ): Omit<DebugProtocol.Variable, 'name'> {
    const text = formatValue(value, format);
    const named = path === '' ? {} : { evaluateName: path };
    if (isObject(value) && value.names().length > 0) {
      return {
        value: text,
        type: value.object,
        variablesReference: this.keep({ value, path, compared: ref.compared, row: ref.row, seat: ref.seat }),
        namedVariables: value.names().length,
        ...named,
      };
    }
    if (isList(value) && value.length > 0) {
      return {
        value: text,
        type: 'list',
        variablesReference: this.keep({ value, path, compared: ref.compared, row: ref.row, seat: ref.seat }),
        indexedVariables: value.length,
        ...named,
      };
    }
    return {
      value: text,
      variablesReference: 0,
      ...named,
      ...(factHint(path) && { presentationHint: { attributes: ['readOnly'] } }),
    };
  }

  /** What the reference named at the stop before; undefined when nothing is to be compared. */
  private beforeOf(ref: Ref): ExprObject | ExprList | undefined {
    const { before, row } = this.replay;
    if (
      !ref.compared ||
      ref.path === '' ||
      ref.row !== row ||
      before.moment.row < 0 ||
      before.moment.row === row
    )
      return undefined;
    try {
      const { value } = evaluateText(ref.path, before.root);
      return isObject(value) || isList(value) ? value : undefined;
    } catch (error) {
      // What did not exist then has nothing to be compared with.
      if (error instanceof ExprError) return undefined;
      throw error;
    }
  }
}

/** The expression that names a page. */
function pagePath({ gfn, vm, pgoff, inode }: PageRef): string {
  return gfn >= 0
    ? `page(0x${gfn.toString(16)}, ${Math.max(0, vm)})`
    : `filePage(0x${pgoff.toString(16)}, ${inode})`;
}

function factHint(path: string): boolean {
  return factOf(path.slice(path.lastIndexOf('.') + 1)) !== undefined;
}

/** The items of a list as they are shown, by their names; undefined for one that is too long. */
function textsOf(list: ExprList, hex: boolean): ReadonlyMap<string, string> | undefined {
  if (list.length > COMPARED_ITEMS_MAX) return undefined;
  const items = list.items(0, list.length);
  return new Map(items.map((item) => [item.name, formatValue(item.value, hexed(item.format, hex))]));
}

function joinPath(path: string, name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `${path}.${name}` : `${path}["${name}"]`;
}

function hexed(format: Format | undefined, hex: boolean): Format | undefined {
  return hex && (format === 'dec' || format === undefined) ? 'hex' : format;
}

function marked(now: string, was: string | undefined, compared: boolean): string {
  if (!compared || was === undefined || was === now) return now;
  return `${now} (was ${was.length > WAS_TEXT_MAX ? `${was.slice(0, WAS_TEXT_MAX - 1)}…` : was})`;
}
