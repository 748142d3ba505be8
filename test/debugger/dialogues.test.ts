import assert from 'node:assert/strict';
import { dapHost } from '../../cli/dap.js';
import type { FrameName } from '../../parsers/events/frames.js';
import { CAPABILITIES } from '../../extension/debugger/session.js';
import { Dialogue, testHost } from './dialogue.js';

const PINNED = 'sample-traces/scenarios/05-stored-while-pinned.txt';
const GUEST = 'sample-traces/scenarios/01-snp-to-private.txt';
const LOST = 'sample-traces/scenarios/20-pin-with-loss.txt';
const STACKS = 'sample-traces/ftrace/7.2.13/inplace.stacktrace.txt';
const OFFSETS = 'sample-traces/ftrace/7.2.13/shared.stacktrace.symoffset.txt';
const BINARY = 'sample-traces/perf/7.2.13/conv.restrictedmem.perf.data';

const source = (path: string): object => ({ source: { path } });

describe('dialogues with a debug session', () => {
  it('lines: snapped to an event, refused in another file; conditions, hit counts and messages', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED }, async () => {
      await d.ask('setBreakpoints', {
        ...source(PINNED),
        breakpoints: [{ line: 3 }, { line: 50 }, { line: 9999 }],
      });
    });
    await d.ask('continue');
    await d.ask('continue');
    await d.ask('continue');
    await d.ask('reverseContinue');
    await d.ask('setBreakpoints', { ...source('other.txt'), breakpoints: [{ line: 3 }] });
    await d.ask('setBreakpoints', {
      ...source(PINNED),
      breakpoints: [
        { line: 49, condition: 'conversion.phase == "Stored"' },
        { line: 51, condition: 'conversion.phase == "Blocked"' },
        { line: 52, logMessage: 'unmapping {conversion.range}, {page.mapped} mapped, {nobody}' },
        { line: 60, condition: 'page..refs' },
        { line: 61, condition: 'page.gfn.x' },
      ],
    });
    await d.ask('shimtrace/goto', { line: 40 });
    await d.ask('continue');
    await d.ask('continue');
    await d.ask('breakpointLocations', { ...source(PINNED), line: 60, endLine: 63 });
    await d.ask('gotoTargets', { ...source(PINNED), line: 1 });
    await d.ask('goto', { threadId: 1, targetId: 8 });
    await d.ask('gotoTargets', { ...source('other.txt'), line: 1 });
    d.matches('lines');
  });

  it('names: by glob, with or without the system, every second time', async () => {
    const d = new Dialogue();
    await d.start({ trace: GUEST }, async () => {
      await d.ask('setFunctionBreakpoints', {
        breakpoints: [{ name: 'kvm_mmu_invalidate_*' }, { name: 'nobody_*' }],
      });
    });
    await d.ask('continue');
    await d.ask('continue');
    await d.ask('setFunctionBreakpoints', {
      breakpoints: [
        { name: '*', hitCondition: '% 5' },
        { name: 'x', hitCondition: 'often' },
      ],
    });
    await d.ask('continue');
    await d.ask('continue');
    await d.ask('setFunctionBreakpoints', { breakpoints: [] });
    await d.ask('continue');
    d.matches('names');
  });

  it("data: a page's attribute from its variable, a range from a list, and whatever changes", async () => {
    const d = new Dialogue();
    await d.start({ trace: GUEST, from: { conversion: 0 } });
    const frames = await d.where();
    const { scopes } = await d.ask<{ scopes: { name: string; variablesReference: number }[] }>('scopes', {
      frameId: frames.stackFrames[0]!.id,
    });
    const page = scopes.find((scope) => scope.name === 'Page')!.variablesReference;
    const info = await d.ask<{ dataId: string }>('dataBreakpointInfo', {
      variablesReference: page,
      name: 'attribute',
    });
    await d.ask('dataBreakpointInfo', { variablesReference: page, name: 'vm' });
    await d.ask('dataBreakpointInfo', { name: 'page(gfn)' });
    await d.ask('dataBreakpointInfo', { name: 'event.name' });
    await d.ask('setDataBreakpoints', { breakpoints: [{ dataId: info.dataId }, { dataId: 'nothing' }] });
    await d.ask('continue');
    assert.equal(d.lastStop.reason, 'data breakpoint');
    const vm = await d.scope('VM');
    const attributes = vm.get('attributes')!.variablesReference;
    const [range] = await d.children(attributes, { filter: 'indexed', start: 0, count: 5 });
    const many = await d.ask<{ dataId: string }>('dataBreakpointInfo', {
      variablesReference: attributes,
      name: range![0],
    });
    await d.ask('setDataBreakpoints', {
      breakpoints: [{ dataId: many.dataId }, { dataId: 'gfn:0:0x100001:2:spte' }],
    });
    await d.ask('continue');
    await d.ask('continue');
    await d.ask('reverseContinue');
    d.matches('data');
  });

  it('findings: by verdict, by rule, by an expression', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED }, async () => {
      await d.ask('setExceptionBreakpoints', {
        filters: ['undecidable', 'nothing'],
        filterOptions: [{ filterId: 'violation', condition: 'R*, G1' }],
      });
    });
    await d.ask('continue');
    await d.ask('exceptionInfo', { threadId: 1 });
    await d.ask('setExceptionBreakpoints', {
      filters: [],
      filterOptions: [{ filterId: 'violation', condition: 'severity <= 1 and rule == "G9"' }],
    });
    await d.ask('shimtrace/goto', { row: 0 });
    await d.ask('continue');
    await d.ask('exceptionInfo', { threadId: 1 });
    await d.ask('continue');
    await d.ask('exceptionInfo', { threadId: 1 });
    await d.ask('setExceptionBreakpoints', {
      filters: [],
      filterOptions: [{ filterId: 'violation', condition: 'severity <' }],
    });
    d.matches('findings');
  });

  it('looks: watch, hover, REPL, clipboard, hexadecimal, completion', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED, from: { finding: 'G9@115' } });
    await d.ask('launch', { trace: PINNED, from: 'finding:nobody' });
    const ask = (expression: string, context: string, more: object = {}): Promise<unknown> =>
      d.ask('evaluate', { expression, context, ...more });
    await d.ask('shimtrace/goto', { line: 115 });
    await ask('page.refs', 'watch');
    await ask('refs(gfn).count + 1', 'repl');
    await ask('page(0x100004).attribute == "Private"', 'watch');
    await ask('nobody', 'watch');
    await ask('nobody', 'repl');
    await ask('attrs', 'hover');
    await ask('tid', 'hover', { format: { hex: true } });
    await ask('conversion.phases', 'clipboard');
    await ask('page', 'clipboard');
    await ask('rules.G9.chain', 'repl');
    await ask('filePage(4).mapped', 'repl');
    await ask('conversions', 'repl');
    await d.ask('completions', { text: 'page.re', column: 8 });
    await d.ask('completions', { text: 'vm.invalidations.', column: 18 });
    await ask(':conversion back', 'repl');
    await ask(':change', 'repl');
    await ask(':goto 20', 'repl');
    await ask(':nothing', 'repl');
    d.matches('looks');
  });

  it('stacks: kernel frames below the event, with their source when the user has it', async () => {
    const asked: FrameName[] = [];
    const d = new Dialogue(
      testHost({
        findSource: async (frame) => {
          asked.push(frame);
          return frame.symbol === 'mmap_region' ? { path: '/build/linux/mm/vma.c', line: 2400 } : undefined;
        },
      }),
    );
    await d.start({
      trace: STACKS,
      from: 24,
      sourceMap: { tree: '/src/linux', '/build/linux': '/src/linux' },
    });
    await d.where();
    await d.ask('stackTrace', { threadId: 1, startFrame: 1, levels: 2 });
    assert.equal(asked[0]?.symbol, 'mmap_region');
    const plain = new Dialogue();
    await plain.start({ trace: OFFSETS });
    await plain.where();
    // The symbols of a trace.dat are its own; a frame inside the
    // tracing code is where the first one always is.
    const quiet = { out: () => undefined, err: () => undefined, progress: () => undefined };
    const binary = new Dialogue(testHost({ openTrace: dapHost(quiet).openTrace }));
    await binary.start({ trace: 'sample-traces/tracecmd/conv_small.v7-stack.dat' });
    const { stackFrames } = await binary.where();
    assert.match(
      stackFrames.map((frame) => frame.name).join('\n'),
      /kernel stack\ntrace_event_raw_event_kvm_unmap_hva_range\+0x7d\n/,
    );
    d.matches('stacks');
    plain.matches('stacks-offsets');
  });

  it('loss: what was known before it is unknown after it', async () => {
    const d = new Dialogue();
    await d.start({ trace: LOST }, async () => {
      await d.ask('setFunctionBreakpoints', { breakpoints: [{ name: '*', condition: 'lost > 0' }] });
    });
    await d.ask('continue');
    await d.scope('Page');
    await d.ask('evaluate', { expression: 'lost', context: 'watch' });
    d.matches('loss');
  });

  it('binary: a listing in pages, with breakpoints in it', async () => {
    const d = new Dialogue();
    await d.start({ trace: BINARY }, async () => {
      await d.ask('setBreakpoints', { source: { sourceReference: 1 }, breakpoints: [{ line: 12 }] });
    });
    await d.where();
    const { content } = await d.ask<{ content: string }>('source', {
      sourceReference: 1,
      source: { sourceReference: 1 },
    });
    assert.ok(content.split('\n').length > 100);
    await d.ask('continue');
    await d.where();
    await d.ask('source', { sourceReference: 99 });
    assert.equal(d.row, 11);
  });

  it('threads: a step follows the thread that is chosen, a launch what it names', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED, from: { line: 48 } });
    await d.ask('next', { threadId: 4 });
    await d.where();
    await d.ask('stepBack', { threadId: 4, granularity: 'instruction' });
    await d.ask('stackTrace', { threadId: 2 });
    await d.ask('stepIn', { threadId: 2, targetId: 4 });
    const page = new Dialogue();
    await page.start({ trace: PINNED, follow: { pgoff: 4 } });
    await page.ask('next');
    await page.ask('next');
    await page.ask('stepBack');
    await page.ask('stepBack', { granularity: 'instruction' });
    const here = new Dialogue();
    await here.start({ trace: PINNED, from: { line: 84 }, follow: 'page' });
    await here.ask('next');
    await here.ask('shimtrace/watch', { line: 84 });
    await here.ask('shimtrace/goto', { line: 104 });
    await here.ask('continue');
    await here.ask('shimtrace/watch', { line: 84 });
    await here.ask('shimtrace/watch', { line: 14 });
    await here.ask('launch', { trace: PINNED, follow: 'conversion' });
    await here.ask('continue');
    d.matches('threads');
    page.matches('follow-page');
    here.matches('follow-here');
  });

  it('mistakes: each is answered, none ends the session', async () => {
    const d = new Dialogue();
    await d.ask('next');
    await d.ask('nonsense');
    await d.ask('launch', {});
    await d.ask('launch', { trace: PINNED, from: { moon: 1 } });
    await d.ask('launch', { trace: PINNED, from: { line: -1 } });
    await d.ask('launch', { trace: PINNED, from: { time: 'noon' } });
    await d.ask('launch', { trace: PINNED, from: { conversion: 99 } });
    await d.ask('launch', { trace: PINNED, follow: { moon: 1 } });
    await d.ask('launch', { trace: PINNED, rules: 7 });
    await d.ask('launch', { trace: 'not/there.txt' });
    await d.start({ trace: PINNED, from: { time: '99.1208' } });
    await d.ask('variables', { variablesReference: 4711 });
    await d.ask('stackTrace', { threadId: 4711 });
    await d.ask('goto', { threadId: 1, targetId: 4711 });
    await d.ask('stepIn', { targetId: 4711 });
    await d.ask('pause', { threadId: 1 });
    await d.ask('terminate');
    await d.ask('next');
    d.matches('mistakes');
  });

  it('ignores what is not a request', async () => {
    const d = new Dialogue();
    assert.equal(d.events.length, 0);
    assert.equal(CAPABILITIES.supportsStepBack, true);
  });
});

describe('conditions where something is not there', () => {
  it('do not stop the replay: what is unknown is not true', async () => {
    const d = new Dialogue();
    await d.start({ trace: PINNED, stopOnEntry: false }, async () => {
      await d.ask('setFunctionBreakpoints', {
        breakpoints: [{ name: '*', condition: 'conversion.phase == "RefsOk"' }],
      });
    });
    assert.equal(d.lastStop.reason, 'function breakpoint');
    assert.equal(d.events.filter((event) => event.event === 'stopped').length, 1);
  });
});

describe('a long run', () => {
  it('lets other messages in, is paused by the client, and refuses a second move', async () => {
    let ms = 0;
    const d = new Dialogue(testHost({ now: () => (ms += 100) }));
    await d.start({ trace: PINNED }, async () => {
      await d.ask('setFunctionBreakpoints', { breakpoints: [{ name: '*', condition: 'row < 0' }] });
    });
    const running = d.ask('continue');
    await d.ask('next');
    assert.equal(d.lastFailure, 'the replay is moving');
    await d.ask('pause', { threadId: 1 });
    await running;
    assert.equal(d.lastStop.reason, 'pause');
    assert.equal(d.lastStop['description'], 'Paused');
    assert.ok(d.row > 0 && d.row < 106, `row ${d.row}`);
    await d.ask('next');
    assert.equal(d.lastStop.reason, 'step');
  });
});
