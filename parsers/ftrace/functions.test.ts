/** What the function tracers print. */
import assert from 'node:assert/strict';
import { kindName } from '../events/kinds.js';
import { openText as open } from '../../test/support/reviewSamples.js';
import { codes, GET_PFN, line, read } from '../../test/support/ftraceLines.js';

describe('ftrace text: calls of functions', () => {
  it('has function lines as calls of their own kind, with the events between them', () => {
    const text =
      line('try_to_wake_up <-wake_up_q') +
      line('f+0x1/0x2 <-g+0x3/0x4', { cpu: 1 }) +
      line(GET_PFN) +
      line('kvm_x.isra.0 [kvm] <-kvm_y [kvm]');
    const { table, describe } = open(text);
    assert.deepEqual(
      [...Array(table.length).keys()].map((row) => [kindName(table.kind(row)), table.name(row)]),
      [
        ['FunctionCall', 'function'],
        ['FunctionCall', 'function'],
        ['GetPfn', 'kvm_gmem_get_pfn'],
        ['FunctionCall', 'function'],
      ],
    );
    assert.deepEqual(codes(table), []);
    assert.deepEqual(
      [describe(0).text, ...describe(1).fields.map(({ name, value }) => `${name}=${value}`)],
      ['try_to_wake_up <-wake_up_q', 'function=f', 'caller=g'],
    );
    assert.equal(describe(3).fields[0]!.value, 'kvm_x.isra.0');
  });
  it('makes no call of a function line that has lost its end', () => {
    const torn = read(line('f <-g').trimEnd() + line(GET_PFN) + line(GET_PFN) + line('a <-b c'));
    assert.deepEqual([torn.length, torn.losses.length, codes(torn)], [1, 1, ['torn-line', 'duration-lines']]);
  });
  it('says that a line of function_graph ended early, whatever of it is gone', () => {
    const head = '# tracer: function_graph\n';
    const whole = ' 0)               |  /* kvm_gmem_get_pfn: (kvm_gmem_get_pfn+0x0/0x1) gfn=0x1 */\n';
    for (const torn of [whole.replace(' */', ''), ' 0)               |\n', ' 0)   0.123 us    |  kvm_gm\n']) {
      const { length, losses, issues } = read(`${head}${whole}${torn}${whole}`);
      assert.deepEqual(
        [length, losses.length, issues[1]?.code, issues[1]?.line],
        [2, 1, 'torn-line', 3],
        torn,
      );
    }
    const arrow = ' 0)   ==========> |\n';
    assert.deepEqual(read(`${head}${whole}${arrow}${whole}`).losses, []);
  });
  it('takes calls of function_graph with what they took, in every layout of its options', () => {
    const { table, describe } = open(
      [
        '# tracer: function_graph',
        '#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS',
        '  331.037598 |   0)    bash-2240  |   0.123 us    |  f();',
        '  331.037599 |   0)    bash-2240  |               |  g [kvm]() {',
        '  331.037600 |   0)    bash-2240  | + 12.500 us   |    h(kvm=0x1, a="|");',
        '  331.037610 |   0)    bash-2240  |   ==========> |',
        '  331.037620 |   0)    bash-2240  | ! 150.250 us  |  } /* g [kvm] = 0x0 */',
        '',
      ].join('\n'),
    );
    assert.deepEqual(
      [...Array(table.length).keys()].map((row) => [
        kindName(table.kind(row)),
        table.tid(row),
        ...describe(row).fields.map(({ value }) => value),
      ]),
      [
        ['FunctionCall', 2240, 'f', '123'],
        ['FunctionCall', 2240, 'g'],
        ['FunctionCall', 2240, 'h', '12500'],
        ['FunctionReturn', 2240, 'g', '150250'],
      ],
    );
    assert.deepEqual([codes(table), table.losses], [[], []]);
  });
});
