import assert from 'node:assert/strict';
import { run } from './run.js';

const HUNG = 'sample-traces/rules/G8/violation.txt';
const PASTE = 'sample-traces/pastes/P20-payload-only.md';

async function storms(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await run(['storms', ...argv], {
    out: (text) => (out += text),
    err: (line) => (err += line),
    progress: () => undefined,
  });
  return { code, out, err };
}

describe('shimtrace storms', () => {
  it('prints the pages that fault again and again, with what is known of them', async () => {
    const { code, out } = await storms(HUNG);
    assert.equal(code, 0);
    assert.deepEqual(out.split('\n'), [
      `${HUNG}: 10 faults and 2 installs on 2 pages, 1 page with 3 or more of either`,
      '',
      'gfn 0x100007: no install',
      '  8 faults with error code 0x100000006 by 1 vCPU, over 3.44 ms (2040 a second)',
      '  no install is seen',
      '  8 faults that no install follows, up to the end',
      '  from line 115 at 161.425137 to line 150 at 161.428574',
      '',
    ]);
  });

  it('says what there is where nothing is repeated, and prints it with --min 1', async () => {
    const some = await storms(PASTE);
    assert.match(
      some.out,
      /^.*: 3 faults and 1 install .* on 3 pages, no page has 3 or more .*--min 1 prints all\n$/,
    );
    const all = await storms('--min', '1', PASTE);
    assert.match(all.out, /gfn 0x32319fe01\n {2}at least 1 fault .*\n {2}no install is seen\n/);
  });

  it('keeps to a range of frames and to a number of pages', async () => {
    const one = await storms('--gfn', '0x32319fe00', PASTE);
    assert.equal(one.out.match(/^gfn/gm)?.length, 1);
    const first = await storms('--min', '1', '--limit', '2', PASTE);
    assert.match(first.out, /\n1 more: --limit 3 prints all\n$/);
    assert.equal((await storms('--min', '0', PASTE)).code, 2);
  });

  it('gives the same as data', async () => {
    const { out } = await storms('--format', 'json', HUNG);
    const data = JSON.parse(out) as { schema: string; list: Record<string, unknown>[] };
    assert.equal(data.schema, 'shimtrace.storms/1');
    const { vm, first, pattern, faults, errorCode, installs, faultToInstallNs } = data.list[0]!;
    assert.deepEqual(
      { vm, first, pattern, faults, errorCode, installs, faultToInstallNs },
      {
        vm: 'kvm:0xffff888100ba8000',
        first: 0x100007,
        pattern: 'no install',
        faults: 8,
        errorCode: '0x100000006',
        installs: 0,
        faultToInstallNs: null,
      },
    );
  });

  it('says that nothing of it is recorded', async () => {
    const { out } = await storms('sample-traces/rules/A1/clean.txt');
    assert.match(out, /: neither faults of the guest nor installs of SPTEs are recorded\n$/);
  });
});
