/**
 * A whole dialogue with a debug session, in process, written down as text: what was asked, what was answered
 * and what happened. A dialogue is compared with its golden file.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { DebugHost, LoadedTrace } from '../../extension/debugger/host.js';
import { DebugSession } from '../../extension/debugger/session.js';
import { analyze } from '../../model/index.js';
import { MemorySource } from '../../parsers/base/source.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { PROFILES, type ProfileId } from '../../model/findings/finding.js';
import { readTrace } from '../../parsers/index.js';
import { assertGolden } from '../support/golden.js';

const GOLDENS = 'test/debugger/goldens';

/** Reads and judges a trace from the project's folder. */
export function loadTrace(file: string, rules: readonly string[] = []): LoadedTrace {
  const bytes = new Uint8Array(fs.readFileSync(file));
  const open = readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED });
  const profiles: readonly ProfileId[] = PROFILES.filter((profile) => rules.includes(profile));
  const analysis = analyze(open.table, { profiles: profiles.length > 0 ? profiles : undefined });
  return { open, analysis };
}

/** A host for tests: a clock that stands still, files of the project. */
export function testHost(more: Partial<DebugHost> = {}): DebugHost {
  return {
    openTrace: async (file, rules) => loadTrace(file, rules),
    breathe: () => new Promise((done) => setImmediate(done)),
    now: () => 0,
    ...more,
  };
}

interface Stack {
  readonly stackFrames: readonly DebugProtocol.StackFrame[];
}

export class Dialogue {
  readonly events: DebugProtocol.Event[] = [];
  private readonly lines: string[] = [];
  private readonly session: DebugSession;
  private readonly answers = new Map<number, DebugProtocol.Response>();
  private seq = 0;
  /** Message of the last request that failed. */
  lastFailure: string | undefined;

  constructor(host: DebugHost = testHost()) {
    this.session = new DebugSession(host, (message) => this.take(message));
  }

  /**
   * Sends a request and waits until it, and the move that it starts, are done.
   * Returns the body; a failure is written down.
   */
  async ask<T = Record<string, unknown>>(command: string, args: object = {}): Promise<T> {
    const seq = ++this.seq;
    this.lines.push(`→ ${command}${Object.keys(args).length > 0 ? ` ${compact(args)}` : ''}`);
    await this.session.receive({ seq, type: 'request', command, arguments: args });
    const answer = this.answers.get(seq);
    assert.ok(answer, `${command} was not answered`);
    return (answer.body ?? {}) as T;
  }

  /** Everything up to the first stop. */
  async start(launch: object, before: () => Promise<void> = async () => undefined): Promise<void> {
    await this.ask('initialize', { adapterID: 'shimtrace' });
    await this.ask('launch', launch);
    await before();
    await this.ask('configurationDone');
  }

  /** Writes down where the replay stands: the thread's stack. */
  async where(): Promise<Stack> {
    const stop = this.events.filter((event) => event.event === 'stopped').at(-1);
    return this.ask<Stack>('stackTrace', { threadId: stop?.body.threadId ?? 1 });
  }

  /** Writes down the variables of a scope of the top frame, and returns them by name. */
  async scope(name: string): Promise<ReadonlyMap<string, DebugProtocol.Variable>> {
    const { stackFrames } = await this.where();
    const { scopes } = await this.ask<{ scopes: DebugProtocol.Scope[] }>('scopes', {
      frameId: stackFrames[0]!.id,
    });
    const scope = scopes.find((candidate) => candidate.name === name);
    assert.ok(scope, `no scope ${name}`);
    return this.children(scope.variablesReference);
  }

  async children(
    variablesReference: number,
    more: object = {},
  ): Promise<ReadonlyMap<string, DebugProtocol.Variable>> {
    const { variables } = await this.ask<{ variables: DebugProtocol.Variable[] }>('variables', {
      variablesReference,
      ...more,
    });
    return new Map(variables.map((variable) => [variable.name, variable]));
  }

  /** Row of the last stop. */
  get row(): number {
    return this.events.filter((event) => event.event === 'shimtrace/at').at(-1)?.body.row ?? -1;
  }

  get lastStop(): DebugProtocol.StoppedEvent['body'] {
    const stop = this.events.filter((event) => event.event === 'stopped').at(-1);
    assert.ok(stop, 'never stopped');
    return stop.body;
  }

  /** Compares all that was written down with the golden file. */
  matches(name: string): void {
    assertGolden(path.join(GOLDENS, `${name}.txt`), `${this.lines.join('\n')}\n`);
  }

  private take(message: DebugProtocol.ProtocolMessage): void {
    if (message.type === 'response') {
      const response = message as DebugProtocol.Response;
      this.answers.set(response.request_seq, response);
      if (response.success) {
        this.lines.push(...answerLines(response));
      } else {
        this.lastFailure = response.message;
        this.lines.push(`← failed: ${response.message}`);
      }
      return;
    }
    const event = message as DebugProtocol.Event;
    this.events.push(event);
    this.lines.push(`* ${event.event}${event.body ? ` ${compact(event.body)}` : ''}`);
  }
}

const LISTS = new Set(['threads', 'stackFrames', 'scopes', 'variables', 'breakpoints', 'targets']);

/** One line per variable, frame or thread; ids that only this run knows are left out. */
function answerLines(response: DebugProtocol.Response): string[] {
  const body = response.body as Record<string, unknown> | undefined;
  if (!body) return ['← ok'];
  if (response.command === 'initialize') return ['← capabilities'];
  const [key, value] =
    Object.entries(body).find(([name, list]) => Array.isArray(list) && LISTS.has(name)) ?? [];
  if (!Array.isArray(value)) return [`← ${compact(body)}`];
  if (key === 'variables') return value.map(variableLine);
  if (key === 'stackFrames') return value.map(frameLine);
  return value.map((item) => `    ${compact(item)}`);
}

function variableLine({ name, value, variablesReference, evaluateName }: DebugProtocol.Variable): string {
  const more = variablesReference ? ' …' : '';
  return `    ${name} = ${value}${more}${evaluateName ? `   [${evaluateName}]` : ''}`;
}

function frameLine({ name, source, line, presentationHint }: DebugProtocol.StackFrame): string {
  const mark = presentationHint === 'label' ? '--' : '  ';
  return `    ${mark} ${name}${source ? ` ${source.name}:${line}` : ''}`;
}

/** JSON without the numbers that name objects of this run. */
function compact(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) =>
    key === 'variablesReference' || key === 'frameId' ? undefined : inner,
  );
}
