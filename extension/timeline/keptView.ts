/**
 * The last views of timelines, kept by trace in the workspace:
 * what the window itself saves may be a minute old.
 */
import type { KeptView } from '../../webview/protocol/messages.js';

/** What is needed of the editor's memory of a workspace. */
export interface Memory {
  get<T>(key: string, otherwise: T): T;
  update(key: string, value: unknown): PromiseLike<void>;
}

const KEY = 'timeline.views';
/** Traces whose view is kept: those looked at last. */
const VIEWS_MAX = 16;

/** Pairs of trace and view, the newest last. */
type KeptViews = readonly (readonly [uri: string, kept: KeptView])[];

/** Keeps a trace's view instead of the one before. */
export async function keepView(memory: Memory, uri: string, kept: KeptView): Promise<void> {
  const others = memory.get<KeptViews>(KEY, []).filter(([known]) => known !== uri);
  await memory.update(KEY, [...others, [uri, kept]].slice(-VIEWS_MAX));
}

/** The view that was kept of a trace, null for none. */
export function keptView(memory: Memory, uri: string): KeptView | null {
  return memory.get<KeptViews>(KEY, []).find(([known]) => known === uri)?.[1] ?? null;
}
