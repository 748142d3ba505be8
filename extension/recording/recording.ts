/** One recording as the editor knows it: how far it is, by what the recorder tells line by line. */
import * as vscode from 'vscode';
import type { RecorderProcess } from '../platform.js';
import type { RecordRequest } from './request.js';

export interface RecordingProgress {
  readonly state: string;
  readonly events: number;
  readonly perSecond: number;
  readonly overwritten: number;
  readonly probes: number;
  readonly hit: number;
  readonly violations: number;
}

const NOTHING: RecordingProgress = {
  state: '',
  events: 0,
  perSecond: 0,
  overwritten: 0,
  probes: 0,
  hit: 0,
  violations: 0,
};

export class Recording implements vscode.Disposable {
  progress = NOTHING;
  /** What can and cannot be judged on that kernel, a line each; empty until it is known. */
  outlook: readonly string[] = [];
  /** What was said besides, the newest last. */
  readonly lines: string[] = [];
  state: 'running' | 'stopping' | 'ended' | 'failed' = 'running';
  private hasTrace = false;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly said = new vscode.EventEmitter<string>();
  readonly onDidSay = this.said.event;
  /** Resolves to whether there is a trace. */
  readonly done: Promise<boolean>;

  constructor(
    readonly id: number,
    readonly request: RecordRequest,
    readonly trace: vscode.Uri,
    private readonly recorder: RecorderProcess,
  ) {
    recorder.onLine((line) => this.take(line));
    recorder.onError((line) => this.say(line));
    this.done = new Promise((resolve) =>
      recorder.onExit(() => {
        this.enter(this.hasTrace ? 'ended' : 'failed');
        resolve(this.hasTrace);
      }),
    );
  }

  get isRunning(): boolean {
    return this.state === 'running' || this.state === 'stopping';
  }

  /** Ends it in good order; asked once more, at once. */
  stop(): void {
    if (!this.isRunning) return;
    this.recorder.stop();
    this.enter('stopping');
  }

  dispose(): void {
    this.stop();
    this.changed.dispose();
    this.said.dispose();
  }

  private take(line: string): void {
    let told: unknown;
    try {
      told = JSON.parse(line);
    } catch {
      this.say(line);
      return;
    }
    if (typeof told !== 'object' || told === null) return;
    const fields = told as Readonly<Record<string, unknown>>;
    switch (fields['said']) {
      case 'line':
        this.say(textOf(fields['text']));
        break;
      case 'plan':
        this.outlook = listOf(fields['outlook']).map(textOf);
        break;
      case 'progress':
        this.progress = {
          state: textOf(fields['state']),
          events: numberOf(fields['events']),
          perSecond: numberOf(fields['perSecond']),
          overwritten: numberOf(fields['overwritten']),
          probes: numberOf(fields['probes']),
          hit: numberOf(fields['hit']),
          violations: listOf(fields['violations']).reduce<number>((sum, rule) => sum + countOf(rule), 0),
        };
        break;
      case 'end':
        this.hasTrace = typeof fields['trace'] === 'string';
        break;
    }
    this.changed.fire();
  }

  private say(text: string): void {
    this.lines.push(text.replace(/^shimtrace: /, ''));
    this.said.fire(text);
    this.changed.fire();
  }

  private enter(state: Recording['state']): void {
    this.state = state;
    this.changed.fire();
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** How often a rule was broken so far. */
const countOf = (rule: unknown): number =>
  typeof rule === 'object' && rule !== null && 'count' in rule ? numberOf(rule.count) : 0;
