/** What a recording is asked for, as a task, a launch configuration and the wizard say it. */
import * as vscode from 'vscode';
import { PROJECT_FILE } from '../../model/findings/suppress.js';
import { runFiles, traceEnding } from '../../recorder/names.js';
import { fileName } from '../../parsers/base/fileName.js';

/** How a host is reached. */
export interface Way {
  /** USER@HOST for ssh; absent with `via` absent too: this machine. */
  readonly host?: string;
  /** A command that runs a shell on its input. */
  readonly via?: string;
}

/** As users write it in tasks.json and launch.json. */
export interface RecordRequest extends Way {
  /** A guest of that host, recorded beside it. */
  readonly guest?: Way;
  /** What QEMU writes of itself on that host: a file, or `trace_marker`. */
  readonly qemu?: string;
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
    ['host', 'via', 'patch', 'workload', 'output', 'qemu'].every(isText) &&
    (fields['guest'] === undefined || isGuest(fields['guest'])) &&
    ['for', 'until'].every(isTexts) &&
    ['seconds', 'keepMb'].every((name) => ['undefined', 'number'].includes(typeof fields[name])) &&
    ['undefined', 'boolean'].includes(typeof fields['raw']);
  return isRight ? (fields as RecordRequest) : undefined;
}

/** A way that is none of this machine's. */
function isGuest(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { host, via } = value as Readonly<Record<string, unknown>>;
  return (typeof host === 'string') !== (typeof via === 'string');
}

/** How the host is called, and what is recorded beside it. */
export function hostText({ host, via, guest, qemu }: RecordRequest): string {
  const name = host ?? via ?? vscode.l10n.t('this machine');
  if (guest !== undefined) return vscode.l10n.t('{0} and its guest {1}', name, guest.host ?? guest.via ?? '');
  return qemu === undefined ? name : vscode.l10n.t('{0} with QEMU', name);
}

/** What it is for, in a few words. */
export function purposeText({ for: words = [], patch }: RecordRequest): string {
  if (patch !== undefined) return vscode.l10n.t('what {0} touches', fileName(patch));
  return words.length === 0 ? vscode.l10n.t('all rules') : words.join(', ');
}

/** The words for `shimtrace record`. */
export function argumentsOf(request: RecordRequest, output: string): readonly string[] {
  const { guest, qemu, for: words = [], patch, workload = '', seconds, until = [], raw, keepMb } = request;
  const way = wayArguments(request);
  return [
    ...(way.length === 0 ? ['--local'] : way),
    ...(guest === undefined ? [] : ['--guest', ...wayArguments(guest)]),
    ...(qemu === undefined ? [] : ['--qemu', qemu]),
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

function wayArguments({ host, via }: Way): readonly string[] {
  if (via !== undefined) return ['--via', via];
  return host === undefined ? [] : ['--host', host];
}

/** What is opened while it is recorded, and when it has ended: of a run, first the host's trace alone. */
export function tracesOf(
  request: RecordRequest,
  path: string,
): { readonly live: string; readonly whole: string } {
  if (request.guest === undefined && request.qemu === undefined) return { live: path, whole: path };
  const { host, project } = runFiles(path, request.raw === true);
  return { live: host, whole: project };
}

/** `trace-20261129-120501.txt`, or `.dat` of pages; of a run, what names its files. */
export function newTraceName(now: Date, request: RecordRequest): string {
  const isRun = request.guest !== undefined || request.qemu !== undefined;
  const digits = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 'YYYYMMDD-HHMMSS'.length);
  return `trace-${digits}${isRun ? PROJECT_FILE : traceEnding(request.raw === true)}`;
}
