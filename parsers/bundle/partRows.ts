/**
 * The rows of one file of a merged trace, as far as their texts are found by them: what a format looks at to
 * tell a row again is in the merged table, but for a guest's tasks, which are none of the host's.
 */
import { EventTable } from '../events/table.js';

/** Tasks of a guest's rows, row by row: in the merged table stand the host's threads that they ran on. */
export interface GuestTasks {
  readonly cpu: Uint16Array;
  readonly tid: Int32Array;
  /** Of `comms`. */
  readonly comm: Uint32Array;
  readonly comms: readonly string[];
}

/** The tasks of a guest's own table. */
export function guestTasks(table: EventTable): GuestTasks {
  const { length, comms } = table;
  const tasks = {
    cpu: new Uint16Array(length),
    tid: new Int32Array(length),
    comm: new Uint32Array(length),
  };
  let row = 0;
  for (const segment of table.segments) {
    for (const name of ['cpu', 'tid', 'comm'] as const)
      tasks[name].set(segment[name].subarray(0, segment.length), row);
    row += segment.length;
  }
  return { ...tasks, comms: Array.from({ length: comms.size }, (_, id) => comms.text(id)) };
}

export class PartRows extends EventTable {
  /** `prefix` is what the merged table's names begin with. */
  constructor(
    private readonly merged: EventTable,
    private readonly rows: () => Uint32Array,
    length: number,
    format: string,
    private readonly prefix: string,
    private readonly tasks: GuestTasks | undefined,
  ) {
    super(length, [], { ...merged.meta, format }, merged.names, merged.comms, [], [], []);
  }

  private of(row: number): number {
    return this.rows()[row] ?? 0;
  }

  override ts(row: number): number {
    return this.merged.ts(this.of(row));
  }
  override at(row: number): number {
    return this.merged.at(this.of(row));
  }
  override line(row: number): number {
    return this.merged.line(this.of(row));
  }
  override timeAt(): number {
    return 0;
  }
  override kind(row: number): number {
    return this.merged.kind(this.of(row));
  }
  override nameId(row: number): number {
    return this.merged.nameId(this.of(row));
  }
  override name(row: number): string {
    return super.name(row).slice(this.prefix.length);
  }
  override cpu(row: number): number {
    return this.tasks?.cpu[row] ?? this.merged.cpu(this.of(row));
  }
  override tid(row: number): number {
    return this.tasks?.tid[row] ?? this.merged.tid(this.of(row));
  }
  override tgid(row: number): number {
    return this.merged.tgid(this.of(row));
  }
  override commId(row: number): number {
    return this.merged.commId(this.of(row));
  }
  override comm(row: number): string {
    const { tasks } = this;
    return tasks ? (tasks.comms[tasks.comm[row] ?? -1] ?? '') : super.comm(row);
  }
}
