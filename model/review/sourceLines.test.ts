import assert from 'node:assert/strict';
import { inTree, inUse, openText } from '../../test/support/reviewSamples.js';
import { analyze } from '../index.js';
import { imagesOf } from './images.js';
import { evidenceText } from './prose.js';
import { reviewReport } from './report.js';
import { NO_INDEX } from './sourceIndex.js';
import { spotOf, withSourceLines, type Spot } from './sourceLines.js';
import { touchedBy } from './touched.js';

const NAME = 'kvm_gmem_is_safe_for_conversion';

describe('lines of the source', () => {
  it('are asked for by place: of probes as they are, of stacks as what is returned to', () => {
    assert.deepEqual(spotOf('(f.isra.0+0x9d/0x2f0 [kvm])'), {
      symbol: 'f.isra.0',
      offset: 0x9d,
      size: 0x2f0,
      module: 'kvm',
      isReturnAddress: false,
    });
    assert.deepEqual(spotOf('f+0x9d')?.isReturnAddress, true);
    for (const text of ['', 'f', '(f)', '--all+0x1', 'f+0x', '(ffffffff81000000)'])
      assert.equal(spotOf(text), undefined, text);
  });

  it('are told of what was seen within a function, each place asked for once', async () => {
    const line = (event: string): string => `            bash-12      [000] .....   331.037598: ${event}`;
    const inner = `in: (${NAME}+0x45/0x52) a=1`;
    const open = openText(
      ['# tracer: nop', line(inner), line(inner), line('out: (g+0x1/0x2)'), ''].join('\n'),
    );
    const series = inUse();
    const images = imagesOf(series, inTree);
    const trace = { path: 't', digest: '', analysis: analyze(open.table), ...open };
    const report = reviewReport({
      series,
      images,
      touched: touchedBy(series, images),
      index: NO_INDEX,
      sets: [{ name: 'with', role: 'with', traces: [trace] }],
      claims: [],
    });
    const asked: Pick<Spot, 'symbol' | 'offset'>[] = [];
    const told = await withSourceLines(report, (frame) => {
      asked.push(frame);
      return Promise.resolve({ path: '/build/virt/kvm/guest_memfd.c', line: 57 });
    });
    assert.deepEqual(
      asked.map(({ symbol, offset }) => [symbol, offset]),
      [[NAME, 0x46]],
    );
    const [shown] = told.functions.find((f) => f.name === NAME)!.inSets;
    assert.deepEqual([...shown!.lines], [['virt/kvm/guest_memfd.c:57', 2]]);
    assert.equal(
      evidenceText(shown!),
      'was active at 2 events, at virt/kvm/guest_memfd.c:57 twice; how often it ran is not recorded',
    );
  });
});
