/**
 * A debug session over a recorded trace: the debug adapter protocol on one side, the cursor over the model on
 * the other. It needs neither an editor nor Node: whoever runs it gives a host and passes messages.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Finding } from '../../model/findings/finding.js';
import { BreakpointTable, FILTERS } from './breakpointTable.js';
import type { Breakpoint, Direction } from './breakpoints.js';
import type { DebugHost } from './host.js';
import {
  completionsRequest,
  dataBreakpointInfo,
  evaluateRequest,
  exceptionInfo,
  watchAt,
} from './inspect.js';
import { followHere, launchArgs, rowOfFrom, type LaunchArgs } from './launch.js';
import { followTest, nearestChange, nearestRow, run, stopAt, type EventTest, type RunEnd } from './motion.js';
import { Connection, UserError } from './protocol.js';
import { Replay } from './replay.js';
import { shownFrame, stackOf, type Frame } from './stack.js';
import { Variables } from './variables.js';
import { plural } from '../../parsers/base/plural.js';

export const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsEvaluateForHovers: true,
  exceptionBreakpointFilters: FILTERS.map((filter) => ({
    ...filter,
    supportsCondition: true,
    conditionDescription: 'Rules such as G2, R*, or an expression over the finding: severity <= 2',
  })),
  supportsStepBack: true,
  supportsGotoTargetsRequest: true,
  supportsStepInTargetsRequest: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.'],
  supportsRestartRequest: true,
  supportsValueFormattingOptions: true,
  supportsExceptionInfoRequest: true,
  supportTerminateDebuggee: false,
  supportsDelayedStackTraceLoading: true,
  supportsLogPoints: true,
  supportsTerminateRequest: true,
  supportsDataBreakpoints: true,
  supportsBreakpointLocationsRequest: true,
  supportsClipboardContext: true,
  supportsSteppingGranularity: true,
  supportsSingleThreadExecutionRequests: true,
  supportsExceptionFilterOptions: true,
};

/** Where a step in may go: the request's targets, and words of the REPL. */
const STEP_TARGETS = [
  { id: 1, label: 'Next change of the shim', kind: 'change', direction: 1 },
  { id: 2, label: 'Previous change of the shim', kind: 'change', direction: -1 },
  { id: 3, label: 'Next event of this thread', kind: 'thread', direction: 1 },
  { id: 4, label: 'Previous event of this thread', kind: 'thread', direction: -1 },
  { id: 5, label: 'End of the conversion', kind: 'conversion', direction: 1 },
  { id: 6, label: 'Start of the conversion', kind: 'conversion', direction: -1 },
] as const;

type StepKind = (typeof STEP_TARGETS)[number]['kind'];

interface Stopped {
  readonly reason: string;
  readonly description: string;
  readonly text?: string;
  readonly breakpoints?: readonly number[];
}

const BREAKPOINT_LOCATIONS_MAX = 1000;

export class DebugSession {
  private readonly connection: Connection;
  private args: LaunchArgs | undefined;
  private replay: Replay | undefined;
  private breakpoints: BreakpointTable | undefined;
  private variables: Variables | undefined;
  private follow: EventTest;
  private frames: Frame[] = [];
  private findings: readonly Finding[] = [];
  private linesFrom = 1;
  private moving = false;
  private pauseAsked = false;

  constructor(
    private readonly host: DebugHost,
    send: (message: DebugProtocol.ProtocolMessage) => void,
  ) {
    this.connection = new Connection(send);
    this.serveLife();
    this.serveMotion();
    this.serveBreakpoints();
    this.serveState();
    this.serveOwn();
  }

  /** Takes one message from the client. */
  receive(message: unknown): Promise<void> {
    return this.connection.receive(message);
  }

  /** Frees the trace. */
  dispose(): void {
    this.pauseAsked = true;
    this.replay?.trace.close?.();
    this.replay = undefined;
  }

  private serveLife(): void {
    const { connection } = this;
    connection.on('initialize', (args: DebugProtocol.InitializeRequestArguments) => {
      this.linesFrom = args.linesStartAt1 === false ? 0 : 1;
      return CAPABILITIES;
    });
    connection.on('launch', (args: DebugProtocol.LaunchRequestArguments) => {
      connection.after(async () => connection.event('initialized'));
      return this.launch(args);
    });
    connection.on('configurationDone', () => {
      const { replay } = this.ready();
      connection.after(() => this.begin(replay.row));
    });
    connection.on('restart', () => {
      const { replay } = this.ready();
      this.breakpoints!.resetHits();
      connection.after(() => this.begin(rowOfFrom(this.args!.from, replay.index, replay.lines)));
    });
    const end = (): void =>
      connection.after(async () => {
        this.dispose();
        connection.event('terminated');
      });
    connection.on('terminate', end);
    connection.on('disconnect', end);
  }

  private async launch(raw: DebugProtocol.LaunchRequestArguments): Promise<void> {
    const given = launchArgs(raw);
    const args = { ...given, trace: this.host.absolute?.(given.trace) ?? given.trace };
    const trace = await this.host.openTrace(
      args.trace,
      args.rules,
      given.more.map((file) => this.host.absolute?.(file) ?? file),
    );
    const { table } = trace.open;
    if (table.length === 0) throw new UserError(20, `${args.trace} holds no event to replay`);
    const replay = new Replay(trace, args.trace, this.host);
    replay.here.moment.cursor.seek(rowOfFrom(args.from, replay.index, replay.lines));
    this.follow = followTest(followHere(args.follow, replay.here.moment), replay.index, replay.threads);
    this.args = args;
    this.replay = replay;
    this.breakpoints = new BreakpointTable(replay);
    this.variables = new Variables(replay);
    const { findings, conversions } = trace.analysis;
    const held = [
      plural(table.length, 'event'),
      plural(conversions.length, 'conversion'),
      plural(findings.length, 'finding'),
    ];
    this.connection.event('output', { category: 'console', output: `${held.join(', ')}\n` });
  }

  /** The first stop, or the first run when the launch says not to stop at once. */
  private async begin(row: number): Promise<void> {
    const { replay } = this.ready();
    replay.here.moment.cursor.seek(row);
    if (this.args!.stopOnEntry) this.stopped({ reason: 'entry', description: 'Start of the replay' });
    else
      await this.runTo(1, replay.lastRow + 1, replay.lastRow, {
        reason: 'pause',
        description: 'End of the trace',
      });
  }

  private serveMotion(): void {
    const { connection } = this;
    const step = (command: string, direction: Direction): void => {
      connection.on(command, (args: DebugProtocol.NextArguments & DebugProtocol.StepBackArguments) => {
        const { replay } = this.ready();
        const test = this.stepTest(args);
        this.move(() => this.stepTo(direction, nearestRow(replay.index, replay.row, direction, test)));
      });
    };
    step('next', 1);
    step('stepBack', -1);
    connection.on('stepIn', (args: DebugProtocol.StepInArguments) => {
      const target = STEP_TARGETS.find(({ id }) => id === (args.targetId ?? 1));
      if (!target) throw new UserError(21, 'there is no such step');
      this.stepByTarget(target.kind, target.direction, args);
    });
    connection.on('stepInTargets', () => ({ targets: STEP_TARGETS.map(({ id, label }) => ({ id, label })) }));
    connection.on('stepOut', (args: DebugProtocol.StepOutArguments) =>
      this.stepByTarget('conversion', 1, args),
    );
    connection.on('continue', () => {
      this.runOn(1);
      return { allThreadsContinued: true };
    });
    connection.on('reverseContinue', () => this.runOn(-1));
    connection.on('pause', () => {
      this.pauseAsked = true;
      if (!this.moving && this.replay)
        connection.after(async () => this.stopped({ reason: 'pause', description: 'Paused' }));
    });
    connection.on('gotoTargets', (args: DebugProtocol.GotoTargetsArguments) => {
      const { replay } = this.ready();
      const row = replay.lines.rowIn(args.source, this.fromClient(args.line));
      if (row < 0) throw new UserError(22, 'this file is not the trace that is being replayed');
      const { line } = replay.lines.placeOf(row);
      return { targets: [{ id: row + 1, label: replay.index.table.name(row), line: this.toClient(line) }] };
    });
    connection.on('goto', (args: DebugProtocol.GotoArguments) => this.goTo(args.targetId - 1));
  }

  private serveBreakpoints(): void {
    const { connection } = this;
    connection.on('setBreakpoints', (args: DebugProtocol.SetBreakpointsArguments) => {
      const wanted = args.breakpoints ?? (args.lines ?? []).map((line) => ({ line }));
      const set = this.loaded().setLines(
        args.source,
        wanted.map((b) => ({ ...b, line: this.fromClient(b.line) })),
      );
      return {
        breakpoints: set.map((b) => (b.line === undefined ? b : { ...b, line: this.toClient(b.line) })),
      };
    });
    connection.on('setFunctionBreakpoints', (args: DebugProtocol.SetFunctionBreakpointsArguments) => {
      return { breakpoints: this.loaded().setNames(args.breakpoints) };
    });
    connection.on('setDataBreakpoints', (args: DebugProtocol.SetDataBreakpointsArguments) => {
      return { breakpoints: this.loaded().setData(args.breakpoints) };
    });
    connection.on('setExceptionBreakpoints', (args: DebugProtocol.SetExceptionBreakpointsArguments) => {
      return { breakpoints: this.loaded().setFindings(args) };
    });
    connection.on('dataBreakpointInfo', (args: DebugProtocol.DataBreakpointInfoArguments) => {
      const { replay, variables } = this.ready();
      return dataBreakpointInfo(replay, variables, args, this.rowOfFrame(args.frameId));
    });
    connection.on('breakpointLocations', (args: DebugProtocol.BreakpointLocationsArguments) => {
      const { lines, lastRow } = this.ready().replay;
      const first = this.fromClient(args.line);
      const last = this.fromClient(args.endLine ?? args.line);
      const found: DebugProtocol.BreakpointLocation[] = [];
      for (let row = lines.rowIn(args.source, first); row >= 0 && row <= lastRow; row++) {
        const { line } = lines.placeOf(row);
        const isEnough = found.length >= BREAKPOINT_LOCATIONS_MAX;
        if (isEnough || line < first || line > last) break;
        found.push({ line: this.toClient(line) });
      }
      return { breakpoints: found };
    });
  }

  private serveState(): void {
    const { connection } = this;
    connection.on('threads', () => ({
      threads: this.ready().replay.threads.list.map(({ id, name }) => ({ id, name })),
    }));
    connection.on('stackTrace', (args: DebugProtocol.StackTraceArguments) => this.stackTrace(args));
    connection.on('scopes', (args: DebugProtocol.ScopesArguments) => ({
      scopes: this.ready().variables.scopes(this.rowOfFrame(args.frameId)),
    }));
    connection.on('variables', (args: DebugProtocol.VariablesArguments) => {
      const { start, count, filter, format } = args;
      const found = this.ready().variables.variables(args.variablesReference, {
        ...(start !== undefined && { start }),
        ...(count !== undefined && { count }),
        ...(filter !== undefined && { filter }),
        hex: format?.hex === true,
      });
      if (!found) throw new UserError(23, 'this variable is of an earlier stop', false);
      return { variables: found };
    });
    connection.on('evaluate', (args: DebugProtocol.EvaluateArguments) => {
      const { replay, variables } = this.ready();
      if (args.context === 'repl' && args.expression.trim().startsWith(':'))
        return this.replCommand(args.expression.trim());
      return evaluateRequest(replay, variables, args, this.rowOfFrame(args.frameId));
    });
    connection.on('completions', (args: DebugProtocol.CompletionsArguments) =>
      completionsRequest(this.ready().replay, args, this.rowOfFrame(args.frameId)),
    );
    connection.on('exceptionInfo', () => exceptionInfo(this.ready().replay, this.findings));
    connection.on('source', (args: DebugProtocol.SourceArguments) => {
      const content = this.ready().replay.lines.pageText(
        args.source?.sourceReference ?? args.sourceReference,
      );
      if (content === undefined) throw new UserError(24, 'this source was never given out');
      return { content, mimeType: 'text/plain' };
    });
  }

  /** Requests of this adapter's own, for what the protocol has no name for. */
  private serveOwn(): void {
    const { connection } = this;
    connection.on('shimtrace/goto', (args: { row?: number; line?: number }) => {
      const { lines } = this.ready().replay;
      this.goTo(args.row ?? lines.rowAt(args.line ?? 1));
    });
    connection.on('shimtrace/step', (args: { kind?: string; direction?: number }) => {
      const direction = args.direction === -1 ? -1 : 1;
      const kind = STEP_TARGETS.find((target) => target.kind === args.kind)?.kind;
      if (!kind) throw new UserError(21, 'there is no such step');
      this.stepByTarget(kind, direction, {});
    });
    connection.on('shimtrace/watch', (args: { dataId?: string; row?: number; line?: number }) => {
      // By its id a watch is set also while the replay moves.
      if (args.dataId !== undefined) return this.loaded().toggleWatch(args.dataId);
      const { replay } = this.ready();
      const id = watchAt(
        replay,
        args.row ?? (args.line === undefined ? replay.row : replay.lines.rowAt(args.line)),
      );
      return this.loaded().toggleWatch(id);
    });
    connection.on('shimtrace/where', () => ({
      ...this.whereabouts(this.ready().replay),
      watches: this.loaded().watched(),
    }));
  }

  /** Whether or not it is moving. */
  private loaded(): BreakpointTable {
    if (!this.breakpoints || !this.replay) throw new UserError(25, 'no trace is being replayed');
    return this.breakpoints;
  }

  private ready(): { readonly replay: Replay; readonly variables: Variables } {
    const { replay, variables } = this;
    if (!replay || !variables) throw new UserError(25, 'no trace is being replayed');
    if (this.moving) throw new UserError(26, 'the replay is moving', false);
    return { replay, variables };
  }

  /** Does a move once the request is answered; one at a time. */
  private move(work: () => Promise<void>): void {
    this.ready();
    this.moving = true;
    this.pauseAsked = false;
    this.connection.after(async () => {
      try {
        await work();
      } catch (error) {
        // The client waits for a stop: it gets one, wherever the replay stands.
        this.stopped({ reason: 'pause', description: 'The move failed' });
        throw error;
      } finally {
        this.moving = false;
      }
    });
  }

  private goTo(row: number): void {
    const { replay } = this.ready();
    if (!Number.isInteger(row) || row < 0 || row > replay.lastRow)
      throw new UserError(27, `events go from 0 to ${replay.lastRow}`);
    this.move(async () => {
      this.leave();
      replay.here.moment.cursor.seek(row);
      this.stopped({ reason: 'goto', description: `At ${replay.index.place(row)}` });
    });
  }

  private runOn(direction: Direction): void {
    const { replay } = this.ready();
    const end = direction > 0 ? replay.lastRow : 0;
    this.move(() =>
      this.runTo(direction, end + direction, end, {
        reason: 'pause',
        description: direction > 0 ? 'End of the trace' : 'Start of the trace',
      }),
    );
  }

  /** A step to `target` (-1: there is none, so to the end), unless something stops it on the way. */
  private async stepTo(direction: Direction, target: number): Promise<void> {
    const { replay } = this;
    const end = direction > 0 ? replay!.lastRow : 0;
    const edge = direction > 0 ? 'End of the trace' : 'Start of the trace';
    await this.runTo(direction, target < 0 ? end + direction : target, target < 0 ? end : target, {
      reason: 'step',
      description: target < 0 ? edge : 'Step',
    });
  }

  /** Runs towards `limit`; what nothing stopped ends at `end`. */
  private async runTo(direction: Direction, limit: number, end: number, arrived: Stopped): Promise<void> {
    const replay = this.replay!;
    const { moment, root } = replay.here;
    this.leave();
    // Asked again on the way: the client may set breakpoints while the replay moves.
    const all = (): readonly Breakpoint[] => this.breakpoints!.all();
    const log = (message: string): void => this.logged(message);
    let ended = await run(moment, root, all, this.host, {
      direction,
      limit,
      isPaused: () => this.pauseAsked,
      log,
    });
    if (!this.replay) return;
    if (ended.paused) return this.stopped({ reason: 'pause', description: 'Paused' });
    if (!ended.stop) {
      moment.cursor.seek(end);
      const last = limit === end ? stopAt(moment, root, all(), direction, log) : undefined;
      if (last) ended = last;
    }
    this.stopped(ended.stop ? this.stopOf(ended) : arrived);
  }

  private stopOf(end: RunEnd): Stopped {
    const stop = end.stop!;
    this.findings = stop.findings ?? [];
    return {
      reason: stop.reason,
      description: stop.description,
      ...(stop.text && { text: stop.text }),
      breakpoints: end.breakpoints,
    };
  }

  /** Remembers the stop that is being left: what changes from there on is marked at the next one. */
  private leave(): void {
    const { here, before } = this.replay!;
    before.moment.cursor.seek(here.moment.row);
    this.findings = [];
  }

  private stepByTarget(
    kind: StepKind,
    direction: Direction,
    args: { threadId?: number; singleThread?: boolean; granularity?: string },
  ): void {
    const { replay } = this.ready();
    const { moment } = replay.here;
    const test = this.stepTest(args);
    const targets: Readonly<Record<StepKind, () => number>> = {
      conversion: () => this.conversionEdge(direction),
      thread: () => {
        const { table } = replay.index;
        const tid = table.tid(replay.row);
        return nearestRow(replay.index, replay.row, direction, (row) => table.tid(row) === tid);
      },
      change: () => {
        const from = moment.row;
        const target = nearestChange(moment, direction, test);
        moment.cursor.seek(from);
        return target;
      },
    };
    this.move(() => this.stepTo(direction, targets[kind]()));
  }

  /**
   * Where the conversion here ends (begins); outside of one, where the nearest one does.
   * -1 when there is none.
   */
  private conversionEdge(direction: Direction): number {
    const { here, index, row } = this.replay!;
    const edge = (conversion: { fromRow: number; untilRow: number }): number =>
      direction > 0 ? conversion.untilRow : conversion.fromRow;
    const beyond = (at: number): boolean => at >= 0 && (direction > 0 ? at > row : at < row);
    const own = here.moment.conversion();
    if (own && beyond(edge(own))) return edge(own);
    let nearest = -1;
    for (const conversion of index.analysis.conversions) {
      const at = edge(conversion);
      const isNearer = nearest < 0 || (direction > 0 ? at < nearest : at > nearest);
      if (beyond(at) && isNearer) nearest = at;
    }
    return nearest;
  }

  /**
   * Which events a step goes to: all of them by instruction; those of the thread when it is another than the
   * event's own or the client asks for a single thread; else what the launch follows.
   */
  private stepTest(args: { threadId?: number; singleThread?: boolean; granularity?: string }): EventTest {
    const { replay } = this.ready();
    if (args.granularity === 'instruction') return undefined;
    const thread = args.threadId === undefined ? undefined : replay.threads.byId(args.threadId);
    const own = replay.threads.ofRow(replay.row);
    if (thread && (args.singleThread || thread.id !== own.id))
      return (row) => replay.threads.ofRow(row).id === thread.id;
    return this.follow;
  }

  private stopped(stop: Stopped): void {
    const { replay } = this;
    if (!replay) return;
    this.variables!.reset();
    this.frames = [];
    this.connection.event('stopped', {
      reason: stop.reason,
      description: stop.description,
      threadId: replay.threads.ofRow(replay.row).id,
      allThreadsStopped: true,
      ...(stop.text && { text: stop.text }),
      ...(stop.breakpoints && { hitBreakpointIds: stop.breakpoints }),
    });
    this.connection.event('shimtrace/at', this.whereabouts(replay));
  }

  private logged(message: string): void {
    const { source, line } = this.replay!.lines.placeOf(this.replay!.row);
    this.connection.event('output', {
      category: 'console',
      output: `${message}\n`,
      source,
      line: this.toClient(line),
    });
  }

  /** The instant of the replay, for everything else that shows the trace. */
  private whereabouts(replay: Replay): object {
    const { row, index } = replay;
    const page = replay.here.moment.page();
    return {
      trace: this.args!.trace,
      row,
      line: index.table.line(row),
      offset: index.table.at(row),
      ...(page && { page }),
    };
  }

  private async stackTrace(args: DebugProtocol.StackTraceArguments): Promise<object> {
    const { replay } = this.ready();
    const thread = replay.threads.byId(args.threadId);
    if (!thread) throw new UserError(28, 'there is no such thread', false);
    const all = stackOf(replay, thread);
    const start = args.startFrame ?? 0;
    const wanted = all.slice(start, args.levels ? start + args.levels : undefined);
    const { sourceMap } = this.args!;
    // The sources of kernel frames are looked for side by side: each may cost a run of the user's tool.
    const shown = await Promise.all(
      wanted.map((frame) => shownFrame(replay, this.host, sourceMap, frame, this.frames.push(frame))),
    );
    return {
      stackFrames: shown.map((frame) => ({
        ...frame,
        line: frame.line > 0 ? this.toClient(frame.line) : frame.line,
      })),
      totalFrames: all.length,
    };
  }

  private rowOfFrame(frameId: number | undefined): number {
    const { replay } = this.ready();
    return frameId === undefined ? replay.row : (this.frames[frameId - 1]?.row ?? replay.row);
  }

  /** `:goto 120`, `:change back`, `:conversion`: moves for clients without buttons for them. */
  private replCommand(text: string): object {
    const [word, argument] = text.slice(1).split(/\s+/);
    if (word === 'goto' && /^\d+$/.test(argument ?? ''))
      this.goTo(this.ready().replay.lines.rowAt(Number(argument)));
    else {
      const kind = STEP_TARGETS.find((target) => target.kind === word)?.kind;
      if (!kind || (argument !== undefined && argument !== 'back'))
        throw new UserError(
          29,
          'commands are :goto LINE, :change [back], :thread [back], :conversion [back]',
        );
      this.stepByTarget(kind, argument === 'back' ? -1 : 1, {});
    }
    return { result: '', variablesReference: 0 };
  }

  private fromClient(line: number): number {
    return line + 1 - this.linesFrom;
  }

  private toClient(line: number): number {
    return line - 1 + this.linesFrom;
  }
}
