/** What a recording is asked for, as a task, a launch configuration and the wizard say it. */
import * as vscode from 'vscode';
import { fileName } from '../../parsers/base/fileName.js';

/** As users write it in tasks.json and launch.json. */
export interface RecordRequest {
  /** USER@HOST for ssh; absent with `via` absent too: this machine. */
  readonly host?: string;
  /** A command that runs a shell on its input. */
  readonly via?: string;
  /** Rules and questions; empty for all rules of guest_memfd. */
  readonly for?: readonly string[];
  /** Path of a patch whose functions are recorded. */
  readonly patch?: string;
  /** A command line; '' records until it is stopped. */
  readonly workload?: string;
  readonly seconds?: number;
  /** Rules whose first violation ends it, or `any`. */
  readonly until?: readonly string[];
  /** Record the pages of the ring buffers, as a trace.dat. */
  readonly raw?: boolean;
  /** Keep so many megabytes of the end alone. */
  readonly keepMb?: number;
  /** Path of the trace, in the folder where it is relative; made up where it is absent. */
  readonly output?: string;
}

/** The request that a value of a configuration is; undefined where a member is not as it should be. */
export function requestOf(value: unknown): RecordRequest | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const isText = (name: string): boolean => ['undefined', 'string'].includes(typeof fields[name]);
  const isTexts = (name: string): boolean =>
    fields[name] === undefined ||
    (Array.isArray(fields[name]) && fields[name].every((item) => typeof item === 'string'));
  const isRight =
    ['host', 'via', 'patch', 'workload', 'output'].every(isText) &&
    ['for', 'until'].every(isTexts) &&
    ['seconds', 'keepMb'].every((name) => ['undefined', 'number'].includes(typeof fields[name])) &&
    ['undefined', 'boolean'].includes(typeof fields['raw']);
  return isRight ? (fields as RecordRequest) : undefined;
}

/** How the host is called. */
export function hostText({ host, via }: RecordRequest): string {
  return host ?? via ?? vscode.l10n.t('this machine');
}

/** What it is for, in a few words. */
export function purposeText({ for: words = [], patch }: RecordRequest): string {
  if (patch !== undefined) return vscode.l10n.t('what {0} touches', fileName(patch));
  return words.length === 0 ? vscode.l10n.t('all rules') : words.join(', ');
}

/** The words for `shimtrace record`. */
export function argumentsOf(request: RecordRequest, output: string): readonly string[] {
  const { host, via, for: words = [], patch, workload = '', seconds, until = [], raw, keepMb } = request;
  const where = host === undefined ? [] : ['--host', host];
  const way = via === undefined ? where : ['--via', via];
  return [
    ...(way.length === 0 ? ['--local'] : way),
    ...words.flatMap((word) => ['--for', word]),
    ...(patch === undefined ? [] : ['--for-patch', patch]),
    ...(seconds === undefined ? [] : ['--seconds', String(seconds)]),
    ...until.flatMap((rule) => ['--until', rule]),
    ...(raw === true ? ['--raw'] : []),
    ...(keepMb === undefined ? [] : ['--keep-mb', String(keepMb)]),
    '-o',
    output,
    ...(workload === '' ? [] : ['--', workload]),
  ];
}

/** `trace-20261129-120501.txt`, or `.dat` of pages. */
export function newTraceName(now: Date, { raw }: RecordRequest): string {
  const digits = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 'YYYYMMDD-HHMMSS'.length);
  return `trace-${digits}.${raw === true ? 'dat' : 'txt'}`;
}
