/** The list of recordings: their state, rate and loss, and what each kernel refuses to show. */
import * as vscode from 'vscode';
import { TreeList, type ListNode } from '../views/list.js';
import { plural } from '../../parsers/base/plural.js';
import type { Recording } from './recording.js';
import type { Recordings } from './recordings.js';
import { hostText, purposeText } from './request.js';
import { fileName } from '../../parsers/base/fileName.js';

export const VIEW = 'shimtrace.recordings';

export function recordingsView(recordings: Recordings): vscode.Disposable {
  const list = new TreeList(VIEW);
  let count = 0;
  const show = (): void => {
    const all = recordings.list();
    // A new one opens the list, which leaves its room to the others until then.
    if (all.length > count) void vscode.commands.executeCommand(`${VIEW}.focus`, { preserveFocus: true });
    count = all.length;
    list.set(undefined, all.map(nodeOf));
    const running = all.filter(({ isRunning }) => isRunning).length;
    void vscode.commands.executeCommand('setContext', 'shimtrace.recording', running > 0);
    list.view.badge =
      running > 0 ? { value: running, tooltip: vscode.l10n.t('{0} running', running) } : undefined;
  };
  return vscode.Disposable.from(list, recordings.onDidChange(show));
}

/** The recording that a node of the list stands for. */
export function recordingAt(recordings: Recordings, node: unknown): Recording | undefined {
  const id = typeof node === 'object' && node !== null && 'id' in node ? node.id : undefined;
  return recordings.list().find((recording) => idOf(recording) === id);
}

const idOf = ({ id }: Recording): string => `recording ${id}`;

const ICONS: Readonly<Record<Recording['state'], string>> = {
  running: 'record',
  stopping: 'loading~spin',
  ended: 'pass',
  failed: 'error',
};

function nodeOf(recording: Recording): ListNode {
  const { request, trace, outlook, lines, state, progress } = recording;
  const details = progress.events === 0 ? [] : detailsOf(recording);
  const said = outlook.length > 0 ? outlook : lines.slice(-3);
  return {
    id: idOf(recording),
    label: fileName(trace.path),
    description: `${stateText(recording)} · ${hostText(request)} · ${purposeText(request)}`,
    icon: new vscode.ThemeIcon(ICONS[state]),
    context: recording.isRunning ? 'recording.running' : `recording.${state}`,
    open: recording.isRunning,
    children: [...details, ...said].map((label, i) => ({
      id: `${idOf(recording)} ${i}`,
      label,
      context: 'recording.detail',
    })),
  };
}

function stateText({ state, progress }: Recording): string {
  if (state !== 'running') return { stopping: 'stopping', ended: 'ended', failed: 'failed' }[state];
  if (progress.state === '') return 'connecting';
  if (progress.state === 'armed') return 'installed';
  return `${plural(progress.events, 'event')}, ${progress.perSecond} a second`;
}

function detailsOf({ progress }: Recording): readonly string[] {
  const { events, overwritten, probes, hit, violations } = progress;
  return [
    `${plural(events, 'event')}, ${overwritten === 0 ? 'none lost' : `${overwritten} overwritten`}`,
    ...(probes === 0 ? [] : [`${hit} of ${probes} probes hit`]),
    ...(violations === 0 ? [] : [`${plural(violations, 'violation')} so far`]),
  ];
}
