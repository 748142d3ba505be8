import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { DebugSession } from '../../extension/debugger/session.js';
import { loadTrace, testHost } from './dialogue.js';

const TRACE = 'sample-traces/scenarios/05-stored-while-pinned.txt';
const COMMANDS = [
  'initialize',
  'launch',
  'configurationDone',
  'restart',
  'next',
  'stepBack',
  'stepIn',
  'stepInTargets',
  'stepOut',
  'continue',
  'reverseContinue',
  'pause',
  'gotoTargets',
  'goto',
  'setBreakpoints',
  'setFunctionBreakpoints',
  'setDataBreakpoints',
  'setExceptionBreakpoints',
  'dataBreakpointInfo',
  'breakpointLocations',
  'shimtrace/watch',
  'threads',
  'stackTrace',
  'scopes',
  'variables',
  'evaluate',
  'completions',
  'exceptionInfo',
  'source',
  'shimtrace/goto',
  'shimtrace/step',
  'shimtrace/where',
  'nonsense',
];
const NAMES = [
  'threadId',
  'frameId',
  'source',
  'breakpoints',
  'line',
  'expression',
  'context',
  'variablesReference',
  'start',
  'count',
  'filters',
  'name',
  'text',
  'column',
  'targetId',
  'row',
  'trace',
  'from',
];
const leaf = fc.oneof(
  fc.integer(),
  fc.constantFrom(0, 1, 2, -1, 120, 1e9),
  fc.constantFrom('page', 'page.refs', '*', TRACE, '', 'repl', 'a='),
  fc.boolean(),
  fc.constant(null),
  fc.double(),
);
const args = fc.dictionary(
  fc.constantFrom(...NAMES),
  fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('path', 'line', 'name', 'dataId', 'sourceReference', 'condition'), leaf),
  ),
  { maxKeys: 5 },
);
const request = fc.record({
  command: fc.constantFrom(...COMMANDS),
  arguments: fc.oneof(args, args, fc.constant(null), leaf),
});

describe('the session under arbitrary requests', () => {
  it('answers each exactly once and goes on', async () => {
    const trace = loadTrace(TRACE);
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 40 }), async (requests) => {
        const answers = new Map<number, number>();
        const session = new DebugSession(
          testHost({ openTrace: async () => trace }),
          (message: DebugProtocol.ProtocolMessage) => {
            if (message.type !== 'response') return;
            const { request_seq } = message as DebugProtocol.Response;
            answers.set(request_seq, (answers.get(request_seq) ?? 0) + 1);
          },
        );
        await session.receive({ seq: 1, type: 'request', command: 'launch', arguments: { trace: TRACE } });
        await session.receive({ seq: 2, type: 'request', command: 'configurationDone' });
        for (const [i, raw] of requests.entries())
          await session.receive({ seq: i + 3, type: 'request', ...raw });
        const last = requests.length + 3;
        await session.receive({
          seq: last,
          type: 'request',
          command: 'evaluate',
          arguments: { expression: 'row', context: 'repl' },
        });
        for (const junk of [null, 7, 'text', {}, { type: 'response' }, { type: 'request', seq: 'x' }])
          await session.receive(junk);
        assert.equal(answers.size, last);
        for (const [seq, count] of answers) assert.equal(count, 1, `request ${seq}`);
      }),
      { numRuns: 150 },
    );
  });
});
