import { asPgoff } from '../../parsers/base/units.js';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Cursor } from '../../model/cursor/cursor.js';
import { Moment } from '../../model/objects/moment.js';
import { TraceIndex } from '../../model/cursor/traceIndex.js';
import { attributeOf, pageMappings, pageRefs } from '../../model/objects/page.js';
import { ABSENT } from '../../model/cursor/stepMap.js';
import { MapKind, frameAt } from '../../model/cursor/mapRegistry.js';
import { pageHistory } from '../../model/pages/intervals.js';
import { Op, type OpCode } from '../../model/ops/oplog.js';
import { pageOfFile } from '../../model/objects/focus.js';
import { loadTrace } from './dialogue.js';

const FOLDERS = ['sample-traces/labelled/inplace', 'sample-traces/labelled/shim', 'sample-traces/scenarios'];
const traces = FOLDERS.flatMap((folder) =>
  fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => path.posix.join(folder, name)),
);
const OF_FILE: ReadonlySet<OpCode> = new Set([Op.PageAttr, Op.MapAdd, Op.RefGet, Op.Alloc]);
const PAGES_PER_TRACE = 12;

/** File pages that something happens to, spread over the trace. */
function pagesOf(
  ops: ReturnType<typeof loadTrace>['analysis']['ops'],
): { readonly inode: number; readonly pgoff: number }[] {
  const seen = new Map<string, { inode: number; pgoff: number }>();
  for (let i = 0; i < ops.length; i++) {
    if (OF_FILE.has(ops.op(i)) && ops.subject(i) >= 0)
      seen.set(`${ops.subject(i)}:${ops.first(i)}`, { inode: ops.subject(i), pgoff: ops.first(i) });
  }
  const all = [...seen.values()];
  return all.filter((_, i) => i % Math.ceil(all.length / PAGES_PER_TRACE) === 0);
}

describe('the cursor and the page histories', function () {
  this.timeout(60000);
  let compared = 0;

  for (const file of traces) {
    it(`tell the same of the pages of ${file}`, () => {
      const { open, analysis } = loadTrace(file);
      const index = new TraceIndex(open.table, analysis, (row) => open.describe(row));
      const moment = new Moment(index, new Cursor(analysis.ops, open.table.length));
      for (const { inode, pgoff } of pagesOf(analysis.ops)) {
        for (const { fromRow, state } of pageHistory(analysis, { unit: 'pgoff', subject: inode, page: pgoff })
          .intervals) {
          if (fromRow < 0) continue;
          moment.cursor.seek(fromRow);
          const page = pageOfFile(index, inode, asPgoff(pgoff), fromRow);
          const at = `page ${pgoff} of inode ${inode} after ${index.place(fromRow)}`;
          const cached = moment.state.value(MapKind.Cache, inode, pgoff);
          assert.equal(
            (attributeOf(moment, page) ?? 'unknown').toLowerCase(),
            state.attribute,
            `attribute of ${at}`,
          );
          assert.equal(
            pageRefs(moment, page).member('count')!.value ?? 0,
            state.references.length,
            `references of ${at}`,
          );
          // One VMA maps a page once: seen twice, the removal in between was not recorded.
          const holders = new Set(state.mappings.map(({ holder, address }) => `${holder} ${address}`));
          assert.equal(pageMappings(moment, page).length, holders.size, `mappings of ${at}`);
          if (state.pfnKnown)
            assert.equal(cached === ABSENT ? -1 : frameAt(cached, pgoff), state.pfn, `frame of ${at}`);
          compared++;
        }
      }
    });
  }

  it('were compared', () => assert.ok(compared > 1000, `${compared} states`));
});
