import assert from 'node:assert/strict';
import fc from 'fast-check';
import { namesTraces, parseProject } from './project.js';

function check(title: string, data: unknown, expected: readonly unknown[] | RegExp): void {
  it(title, () => {
    const { files, problem } = parseProject(typeof data === 'string' ? data : JSON.stringify(data));
    if (expected instanceof RegExp) assert.match(problem ?? 'right', expected);
    else
      assert.deepEqual(
        [problem, files.map(({ path, role, offsetNs, traceEvents }) => [path, role, offsetNs, traceEvents])],
        [undefined, expected],
      );
  });
}

describe('the files that a .shimtrace.json names', () => {
  check('by their paths alone', { trace: ['a.dat', 'b.log'] }, [
    ['a.dat', undefined, undefined, undefined],
    ['b.log', undefined, undefined, undefined],
  ]);
  check(
    'with roles, offsets and a trace-events file',
    {
      traceEvents: 'all',
      trace: [
        { path: 'a', role: 'guest', clockOffsetNs: '-9223372036854775808' },
        { path: 'b', clockOffsetNs: 5, traceEvents: 'own' },
      ],
    },
    [
      ['a', 'guest', -(1n << 63n), 'all'],
      ['b', undefined, 5n, 'own'],
    ],
  );
  check('are some', { trace: [] }, /expected "trace"/);
  check('are in a list', { trace: 'a' }, /expected "trace"/);
  check('have paths', { trace: [{ role: 'host' }] }, /trace\[0\] has no "path"/);
  check(
    'have roles that are known',
    { trace: ['a', { path: 'b', role: 'vm' }] },
    /trace\[1\]\.role is one of host, guest, qemu; not 'vm'/,
  );
  check('have whole offsets', { trace: [{ path: 'a', clockOffsetNs: 1.5 }] }, /whole number of nanoseconds/);
  check(
    'have text for a trace-events file',
    { trace: [{ path: 'a', traceEvents: 1 }] },
    /traceEvents is the path/,
  );
  check('stand in JSON', '{', /is not JSON/);

  it('never throws, whatever stands there', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc
            .record({
              trace: fc.array(
                fc.record({ path: fc.jsonValue(), role: fc.jsonValue(), clockOffsetNs: fc.jsonValue() }),
              ),
            })
            .map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const { files, problem } = parseProject(text);
          assert.equal(files.length > 0, problem === undefined);
          if (files.length > 0) assert.ok(namesTraces(text));
        },
      ),
    );
  });
});
