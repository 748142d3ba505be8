/**
 * The lines that `perf script --header` puts first: `# os release : 7.2.13`, and one line per event recorded.
 */
import type { ClockName, TraceMeta } from '../../events/table.js';

const decoder = new TextDecoder();
const LINE_LIMIT = 4096;
const ENTRY = /^#\s+([a-z ]+?)\s*: (.*)$/;
const EVENT = /^name = ([^,\s]+),/;
const CLOCK = /use_clockid = 1.*?clockid = (\d+)/;
const CLOCKS: ReadonlyMap<string, ClockName> = new Map([
  ['0', 'realtime'],
  ['1', 'mono'],
  ['4', 'mono_raw'],
  ['7', 'boot'],
  ['11', 'tai'],
]);

export class ScriptHeader {
  private readonly events = new Set<string>();

  constructor(private readonly meta: TraceMeta) {}

  /** One line that begins with `#`. */
  line(bytes: Uint8Array, start: number, end: number): void {
    const text = decoder.decode(bytes.subarray(start, Math.min(end, start + LINE_LIMIT)));
    const entry = ENTRY.exec(text);
    if (!entry) return;
    const value = entry[2]!.trim();
    if (entry[1] === 'os release') this.meta.kernel = value;
    else if (entry[1] === 'hostname') this.meta.host = value;
    else if (entry[1] === 'cmdline') this.meta.producer = value;
    else if (entry[1] === 'nrcpus online') this.meta.cpus = Number(/^\d{1,6}$/.exec(value)?.[0] ?? 0);
    else if (entry[1] === 'event') this.event(value);
  }

  private event(value: string): void {
    const name = EVENT.exec(value)?.[1];
    if (name?.includes(':')) {
      this.events.add(name);
      this.meta.enabledEvents = this.events;
    }
    const clock = CLOCK.exec(value);
    this.meta.clock = clock ? (CLOCKS.get(clock[1]!) ?? 'unknown') : 'perf';
  }
}
