/**
 * The tables of docs/EXPRESSIONS.md, from the objects themselves: what a
 * page, a conversion and the others offer.
 */
import { Cursor } from '../../model/cursor/cursor.js';
import { Moment } from '../../model/objects/moment.js';
import { TraceIndex } from '../../model/cursor/traceIndex.js';
import { rootObject } from '../../model/objects/root.js';
import { evaluateText } from '../../model/expr/evaluate.js';
import { isObject, type ExprObject } from '../../model/expr/value.js';
import type { LoadedTrace } from '../../extension/debugger/host.js';

/** Objects by the expression that reaches them at the given row. */
const SECTIONS: readonly (readonly [string, string, string])[] = [
  ['Where an expression starts', '', ''],
  ['The event', 'event', 'Besides these, every field of the event by its name: `event.gfn`, `event.attrs`.'],
  ['A page', 'page', '`page(gfn)`, `page(gfn, vm)` and `filePage(pgoff, inode)` name other pages.'],
  [
    'References to a page',
    'page.refs',
    'Also `refs(gfn)`. In comparisons it counts as the number of references.',
  ],
  ['An SPTE', 'page.spte', ''],
  ['A conversion', 'conversion(0)', '`conversion(number)` names another one.'],
  ['The shim', 'shim', 'One guest_memfd file; `inode(number)` names another one.'],
  ['A VM', 'vm', '`vm(number)` names another one.'],
  ['Invalidations of a VM', 'vm.invalidations', 'In comparisons it counts as those in progress.'],
  [
    'A range in a list',
    'vm.sptes[0]',
    'Items of `vm.attributes`, `vm.sptes`, `shim.mappings` and the other lists of ranges.',
  ],
  ['A slot', 'vm.slots[0]', ''],
  [
    'A rule',
    'rules.G3',
    '`rules` has one member for each rule that was judged. ' +
      'In comparisons it counts as the violations so far.',
  ],
  ['A finding', 'findings[0]', 'Items of `findings`, and what the condition of an exception filter reads.'],
];

function table(object: ExprObject): string[] {
  const rows = object.names().map((name) => {
    const member = object.member(name)!;
    const callable =
      name !== 'event' &&
      !member.lazy &&
      isObject(member.value) &&
      member.value.call !== undefined &&
      member.value.names().length === 0;
    return `| \`${name}${callable ? '(…)' : ''}\` | ${member.doc} |`;
  });
  return ['| name | what it is |', '| --- | --- |', ...rows];
}

/** Members that only this one event has. */
function withoutFields(object: ExprObject): ExprObject {
  const names = object.names().filter((name) => !/^Field /.test(object.member(name)!.doc));
  return { ...object, names: () => names };
}

/** The generated part of the page, at `row` of a trace where every object exists. */
export function expressionsPage(trace: LoadedTrace, row: number): string {
  const index = new TraceIndex(trace.open.table, trace.analysis, (r) => trace.open.describe(r));
  const cursor = new Cursor(trace.analysis.ops, trace.open.table.length);
  cursor.seek(row);
  const root = rootObject(new Moment(index, cursor));
  const lines: string[] = [];
  for (const [title, expression, note] of SECTIONS) {
    const value = expression === '' ? root : evaluateText(expression, root).value;
    if (value === undefined || !isObject(value)) throw new Error(`${expression} is nothing at row ${row}`);
    lines.push(`### ${title}`, '');
    if (expression !== '')
      lines.push(`\`${expression === 'conversion(0)' ? 'conversion' : expression}\`. ${note}`.trim(), '');
    lines.push(...table(expression === 'event' ? withoutFields(value) : value), '');
  }
  return lines.join('\n');
}
