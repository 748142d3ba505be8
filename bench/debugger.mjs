// The debugger on a large trace: start, steps in both directions at the 99th
// percentile, reverse continue across the whole trace, and the memory of time travel
// against the trace's length. Uses the compiled sources in out/.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { mb, table } from './measure.mjs';
import { largeText } from './traces.mjs';

const STEPS = 2000;
const PLACES = 20;

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function latency(ms) {
  const sorted = [...ms].sort((a, b) => a - b);
  const figures = [percentile(sorted, 0.5), percentile(sorted, 0.99), sorted.at(-1)];
  return figures.map((figure) => figure.toFixed(2)).join(' / ');
}

/** A client that waits for each answer and for the stop that a move ends in. */
class Client {
  seq = 0;
  answers = new Map();
  stops = 0;
  constructor(DebugSession, host) {
    this.session = new DebugSession(host, (message) => {
      if (message.type === 'response') this.answers.set(message.request_seq, message);
      else if (message.event === 'stopped') this.stops++;
      else if (message.event === 'shimtrace/at') this.at = message.body;
    });
  }
  async ask(command, args = {}) {
    const seq = ++this.seq;
    await this.session.receive({ seq, type: 'request', command, arguments: args });
    const answer = this.answers.get(seq);
    this.answers.delete(seq);
    if (!answer.success) throw new Error(`${command}: ${answer.message}`);
    return answer.body;
  }
  /** What an editor asks for at every stop: the stack, the scopes and their variables. */
  async show() {
    const { stackFrames } = await this.ask('stackTrace', { threadId: 1, levels: 20 });
    const frameId = stackFrames[0]?.id;
    const { scopes } = await this.ask('scopes', { frameId });
    for (const scope of scopes)
      if (!scope.expensive) await this.ask('variables', { variablesReference: scope.variablesReference });
  }
}

export async function benchDebugger(root, given) {
  const out = (file) => import(pathToFileURL(path.join(root, 'out', file)).href);
  const [{ DebugSession }, { dapHost }, { Cursor }] = await Promise.all([
    out('extension/debugger/session.js'),
    out('cli/dap.js'),
    out('model/cursor/cursor.js'),
  ]);
  const { file, origin } = largeText(root, given);
  const quiet = { out() {}, err() {}, progress() {} };
  const host = dapHost(quiet);
  let began = performance.now();
  const trace = await host.openTrace(file, [], []);
  const readMs = performance.now() - began;
  const { length } = trace.open.table;
  const { ops } = trace.analysis;
  console.log(
    `\ndebugger: ${file} (${origin}): ${mb(fs.statSync(file).size)} MB, ${length} events,`,
    `${ops.length} operations, read and judged in ${(readMs / 1000).toFixed(1)} s`,
  );
  const shared = { ...host, openTrace: async () => ({ ...trace, close: undefined }) };

  const rows = [['what', 'ms: median / p99 / max']];
  for (const from of [{ row: 0 }, { row: length - 1 }]) {
    began = performance.now();
    const client = new Client(DebugSession, shared);
    await client.ask('initialize');
    await client.ask('launch', { trace: file, from });
    await client.ask('configurationDone');
    await client.show();
    rows.push([`start at event ${from.row} once read, shown`, (performance.now() - began).toFixed(1)]);
  }
  const client = new Client(DebugSession, shared);
  await client.ask('launch', { trace: file });
  await client.ask('configurationDone');
  for (const command of ['next', 'stepBack', 'stepIn', 'stepOut']) {
    const bare = [];
    const shown = [];
    for (let place = 0; place < PLACES; place++) {
      await client.ask('shimtrace/goto', { row: Math.floor(((place + 0.5) * length) / PLACES) });
      await client.show();
      for (let i = 0; i < STEPS / PLACES; i++) {
        began = performance.now();
        await client.ask(command);
        bare.push(performance.now() - began);
        await client.show();
        shown.push(performance.now() - began);
      }
    }
    rows.push(
      [`${command} (${STEPS} at ${PLACES} places)`, latency(bare)],
      [`${command}, with stack and variables`, latency(shown)],
    );
  }
  const jumps = [];
  for (let i = 0; i < 200; i++) {
    began = performance.now();
    await client.ask('shimtrace/goto', { row: (i * 7919 * 104729) % length });
    await client.show();
    jumps.push(performance.now() - began);
  }
  rows.push(['goto anywhere, with stack and variables', latency(jumps)]);
  await whole(client, length, rows);
  table(rows);
  memory(Cursor, ops, length);
}

/** From one end to the other, with breakpoints of every kind that nothing meets. */
async function whole(client, length, rows) {
  const run = async (what) => {
    for (const [command, from] of [
      ['continue', 0],
      ['reverseContinue', length - 1],
    ]) {
      await client.ask('shimtrace/goto', { row: from });
      const began = performance.now();
      await client.ask(command);
      rows.push([`${command} across the trace, ${what}`, (performance.now() - began).toFixed(1)]);
    }
  };
  await run('no breakpoint');
  await client.ask('setFunctionBreakpoints', {
    breakpoints: [{ name: 'kvm_vm_set_mem_attributes', condition: 'gfn == 0x7fffffff' }],
  });
  await client.ask('setDataBreakpoints', { breakpoints: [{ dataId: 'gfn:0:0x7fffffff:16:state' }] });
  await run('a data breakpoint and a condition that nothing meets');
}

function memory(Cursor, ops, length) {
  const rows = [
    [
      'events',
      'operations',
      'checkpoints',
      'checkpoint MB',
      'undo MB',
      'state entries',
      'all forward s',
      'all back s',
    ],
  ];
  for (const share of [0.1, 0.25, 0.5, 1]) {
    const until = Math.floor(length * share) - 1;
    const cursor = new Cursor(ops, length);
    let began = performance.now();
    while (cursor.row < until) cursor.forward();
    const forward = (performance.now() - began) / 1000;
    const { checkpoints, checkpointBytes, undoBytes, stateEntries } = cursor.memory();
    began = performance.now();
    while (cursor.row >= 0) cursor.back();
    const back = (performance.now() - began) / 1000;
    rows.push([
      until + 1,
      cursor.ops.firstAtRow(until + 1),
      checkpoints,
      (checkpointBytes / 1e6).toFixed(1),
      (undoBytes / 1e6).toFixed(1),
      stateEntries,
      forward.toFixed(2),
      back.toFixed(2),
    ]);
  }
  table(rows);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await benchDebugger(path.resolve(import.meta.dirname, '..'), process.argv[2]);
}
