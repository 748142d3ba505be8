/**
 * The call stack of a thread: the event, with the step that it is of its conversion; the phases that the
 * conversion has been through, newest first; below them the kernel's frames where a stack was recorded.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { conversionText, phaseName, phasesSeen } from '../../model/objects/conversion.js';
import { frameText, type FrameName } from '../../parsers/events/frames.js';
import { stacksOf } from '../../parsers/stacks.js';
import type { DebugHost, SourceMap, SourcePlace } from './host.js';
import type { Replay } from './replay.js';
import type { ThreadInfo } from './threads.js';
import { fileName } from '../../parsers/base/fileName.js';

export interface Frame {
  readonly name: string;
  /** The row whose state the frame shows. */
  readonly row: number;
  readonly hint: 'normal' | 'label' | 'subtle';
  /** A kernel frame, whose source is found when it is shown. */
  readonly kernel?: FrameName;
}

/** Row of the thread's last event at or before `row`, -1 when it has none yet. */
function lastRowOf(replay: Replay, thread: ThreadInfo, row: number): number {
  const { table } = replay.index;
  for (let r = row; r >= 0; r--) {
    if (thread.tid >= 0 ? table.tid(r) === thread.tid : replay.threads.ofRow(r).id === thread.id) return r;
  }
  return -1;
}

/** Frames of a thread at the replay's row. A thread without an event so far has none. */
export function stackOf(replay: Replay, thread: ThreadInfo): readonly Frame[] {
  const row = lastRowOf(replay, thread, replay.row);
  if (row < 0) return [];
  const { index } = replay;
  const frames: Frame[] = [{ name: index.table.name(row), row, hint: 'normal' }];
  const { moment } = replay.at(row);
  const own = row === replay.row ? moment.conversion() : index.conversionOfThread(index.table.tid(row), row);
  if (own) {
    const title = conversionText(index.analysis, own);
    const entered = phasesSeen(own)
      .filter((phase) => phase.row <= row)
      .reverse();
    const step = entered.find((phase) => phase.row === row);
    if (step) frames[0] = { ...frames[0]!, name: `${phaseName(step.phase)}: ${frames[0]!.name}` };
    frames.push({ name: title, row, hint: 'label' });
    for (const phase of entered)
      frames.push({ name: phaseName(phase.phase), row: phase.row, hint: 'normal' });
  }
  for (const { user, frames: inside } of stacksOf(replay.trace.open, row)) {
    frames.push({ name: user ? 'user stack' : 'kernel stack', row, hint: 'label' });
    for (const frame of inside) frames.push({ name: frameText(frame), row, hint: 'normal', kernel: frame });
  }
  return frames;
}

/**
 * A frame as the client wants it. Kernel frames have a source only where the user's tree or vmlinux has it.
 */
export async function shownFrame(
  replay: Replay,
  host: DebugHost,
  map: SourceMap,
  frame: Frame,
  id: number,
): Promise<DebugProtocol.StackFrame> {
  if (frame.hint === 'label') return { id, name: frame.name, line: 0, column: 0, presentationHint: 'label' };
  if (frame.kernel) {
    const place = await sourceOf(host, frame.kernel, map);
    if (!place) return { id, name: frame.name, line: 0, column: 0, presentationHint: 'subtle' };
    const name = fileName(place.path);
    return { id, name: frame.name, line: place.line, column: 1, source: { name, path: place.path } };
  }
  const { source, line } = replay.lines.placeOf(frame.row);
  return { id, name: frame.name, line, column: 1, source };
}

async function sourceOf(host: DebugHost, frame: FrameName, map: SourceMap): Promise<SourcePlace | undefined> {
  if (map.vmlinux === '' && map.tree === '') return undefined;
  const place = await host.findSource?.(frame, map);
  const prefix = place && map.prefixes.find(([from]) => place.path.startsWith(from));
  return place && prefix ? { path: prefix[1] + place.path.slice(prefix[0].length), line: place.line } : place;
}
