/**
 * Requests that look at the state: evaluate, completions, what can be watched, and what stopped the replay.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { complete } from '../../model/expr/complete.js';
import { ExprError } from '../../model/expr/error.js';
import { evaluateText, type Evaluated } from '../../model/expr/evaluate.js';
import { formatValue, isList, isObject, type ExprObject, type Value } from '../../model/expr/value.js';
import type { Finding } from '../../model/findings/finding.js';
import { pageRefOf } from '../../model/objects/page.js';
import { UserError } from './protocol.js';
import type { Replay } from './replay.js';
import type { Variables } from './variables.js';
import { factOf, watchOfPage, watchText, type Fact, type Watch } from './watch.js';
import { watchId } from './watchId.js';

/** Copying a list takes at most this many items. */
const COPIED_ITEMS_MAX = 10000;

export function evaluateRequest(
  replay: Replay,
  variables: Variables,
  args: DebugProtocol.EvaluateArguments,
  row: number,
): object {
  const { root } = replay.at(row);
  const quiet = args.context === 'hover' || args.context === 'watch';
  let result: Evaluated;
  try {
    result = evaluateIn(args.expression, root, args.context === 'hover');
  } catch (error) {
    if (error instanceof ExprError)
      throw new UserError(30, `${error.message} (character ${error.at + 1})`, !quiet);
    throw error;
  }
  if (args.context === 'clipboard') return { result: copied(result), variablesReference: 0 };
  const path = args.expression.trim();
  const { value, variablesReference, type, namedVariables, indexedVariables } = variables.result(
    result.value,
    result.format,
    path,
    row,
    args.format?.hex === true,
  );
  return {
    result: value,
    variablesReference,
    ...(type && { type }),
    ...(namedVariables && { namedVariables }),
    ...(indexedVariables && { indexedVariables }),
  };
}

/** In a hover, the name of a field of the event stands for the field. */
function evaluateIn(text: string, root: ExprObject, hover: boolean): Evaluated {
  const event = hover && /^\w+$/.test(text.trim()) ? root.member('event')?.value : undefined;
  const field = isObject(event) ? event.member(text.trim()) : undefined;
  return field ? { value: field.value, format: field.format } : evaluateText(text, root);
}

/** The whole value as text, lists one item per line. */
function copied({ value, format }: Evaluated): string {
  if (isList(value)) {
    return value
      .items(0, COPIED_ITEMS_MAX)
      .map((item) => `${item.name}\t${formatValue(item.value, item.format)}`)
      .join('\n');
  }
  if (isObject(value) && !value.scalar) {
    return [
      value.summary(),
      ...value.names().map((name) => {
        const member = value.member(name)!;
        return `${name}\t${formatValue(member.value, member.format)}`;
      }),
    ].join('\n');
  }
  return formatValue(value, format);
}

export function completionsRequest(
  replay: Replay,
  args: DebugProtocol.CompletionsArguments,
  row: number,
): object {
  // Columns count from 1; a text of several lines is taken as one.
  const found = complete(args.text, Math.max(0, args.column - 1), replay.at(row).root);
  return {
    targets: found.map(({ label, kind, doc, from }) => ({
      label,
      start: from,
      length: Math.max(0, args.column - 1 - from),
      type: kind === 'member' ? 'property' : kind,
      ...(doc && { detail: doc }),
    })),
  };
}

/** What a data breakpoint on a variable or an expression would watch. */
export function dataBreakpointInfo(
  replay: Replay,
  variables: Variables,
  args: DebugProtocol.DataBreakpointInfoArguments,
  row: number,
): object {
  const watch = args.variablesReference
    ? watchOfVariable(variables, args.variablesReference, args.name)
    : watchOfExpression(replay, args.name, row);
  if (!watch)
    return { dataId: null, description: 'Only pages, ranges of pages and their facts can be watched.' };
  return {
    dataId: watchId(watch),
    description: watchText(replay.index, watch),
    accessTypes: ['write'],
    canPersist: true,
  };
}

function watchOfVariable(variables: Variables, reference: number, name: string): Watch | undefined {
  const parent = variables.find(reference);
  if (!parent) return undefined;
  const { value, path } = parent;
  if (isList(value)) {
    const item = value.items(0, value.length).find((candidate) => candidate.name === name);
    return item && watchOfRange(item.value, path);
  }
  const page = pageRefOf(value);
  const fact = factOf(name);
  return page && fact ? watchOfPage(page, fact) : undefined;
}

/** Facts behind the lists of ranges of a VM or a file. */
const LIST_FACTS: Readonly<Record<string, Fact>> = {
  attributes: 'attribute',
  sptes: 'spte',
  mappings: 'mappings',
  references: 'refs',
  pageCache: 'pfn',
  poisoned: 'poisoned',
  ranges: 'invalidating',
};

function watchOfRange(value: Value, path: string): Watch | undefined {
  const match = /^(vm|inode)\((\d+)\)\.(?:\w+\.)?(\w+)$/.exec(path);
  const fact = match ? LIST_FACTS[match[3]!] : undefined;
  if (!match || !fact || !isObject(value) || value.object !== 'range') return undefined;
  const first = value.member('first')?.value;
  const count = value.member('count')?.value;
  if (typeof first !== 'number' || typeof count !== 'number') return undefined;
  return { unit: match[1] === 'vm' ? 'gfn' : 'pgoff', subject: Number(match[2]), first, count, fact };
}

/** `page(0x100)`, `page(0x100).attribute`, `page.refs`. */
function watchOfExpression(replay: Replay, text: string, row: number): Watch | undefined {
  const { root } = replay.at(row);
  const dot = text.lastIndexOf('.');
  const attempt = (expression: string): Value => {
    try {
      return evaluateText(expression, root).value;
    } catch (error) {
      if (error instanceof ExprError) return undefined;
      throw error;
    }
  };
  const whole = attempt(text);
  const page = isObject(whole) ? pageRefOf(whole) : undefined;
  if (page) return watchOfPage(page, 'state');
  const fact = dot < 0 ? undefined : factOf(text.slice(dot + 1).trim());
  const owner = fact && attempt(text.slice(0, dot));
  const of = isObject(owner) ? pageRefOf(owner) : undefined;
  return of && fact ? watchOfPage(of, fact) : undefined;
}

/** The whole state of the page that the event at a row is about, as what a data breakpoint watches. */
export function watchAt(replay: Replay, row: number): string {
  const page = row >= 0 && row <= replay.lastRow ? replay.at(row).moment.page() : undefined;
  const watch = page && watchOfPage(page, 'state');
  if (!watch) throw new UserError(32, 'this event is about no page that could be watched');
  return watchId(watch);
}

/** The findings that stopped the replay, in full. */
export function exceptionInfo(replay: Replay, findings: readonly Finding[]): object {
  const first = findings[0];
  if (!first) throw new UserError(31, 'no finding stopped the replay here', false);
  const lines = findings.flatMap((finding) => [
    `${finding.rule} ${finding.verdict}${finding.reason ? ` (${finding.reason})` : ''}: ${finding.message}`,
    ...finding.evidence.map((evidence) => `  ${replay.index.place(evidence.row)}: ${evidence.note}`),
  ]);
  return {
    exceptionId: `${first.rule} ${first.verdict}`,
    description: first.message,
    breakMode: 'always',
    details: {
      message: first.message,
      typeName: first.rule,
      fullTypeName: `${first.profile}/${first.rule}`,
      stackTrace: lines.join('\n'),
    },
  };
}
