/** Lanes: what each thread did, column by column, and the conversions it carried. */
import { kindSlots } from '../../parsers/events/kinds.js';
import type { EventTable } from '../../parsers/events/table.js';
import { SEGMENT_ROWS, SEGMENT_SHIFT } from '../../parsers/events/segment.js';
import type { ColumnMap } from './axis.js';
import { ACTOR_OF_KIND } from './actors.js';
import type { LaneInfo } from './shapes.js';
import { LANES_ELSEWHERE_MAX } from './tiles.js';

export class Lanes {
  readonly list: readonly LaneInfo[];
  /** Lane of each row. */
  private readonly ofRow: Uint16Array;
  private readonly byTid = new Map<number, number>();

  constructor(private readonly table: EventTable) {
    this.ofRow = new Uint16Array(table.length);
    const list: { tid: number; tgid: number; comm: string; vcpu: number; events: number }[] = [];
    const vcpuSlots = ACTOR_OF_KIND.length;
    const slotOf = Array.from({ length: vcpuSlots }, (_, kind) => kindSlots(kind).indexOf('vcpu'));
    let lastTid = NaN;
    let lane = 0;
    for (let row = 0; row < table.length; row++) {
      const segment = table.segments[row >>> SEGMENT_SHIFT]!;
      const i = row & (SEGMENT_ROWS - 1);
      const tid = segment.tid[i]!;
      if (tid !== lastTid) {
        lastTid = tid;
        lane = this.byTid.get(tid) ?? -1;
        if (lane < 0) {
          // Thread ids beyond the limit share the last lane.
          lane = Math.min(list.length, LANES_MAX - 1);
          this.byTid.set(tid, lane);
          if (lane === list.length)
            list.push({ tid, tgid: segment.tgid[i]!, comm: table.comm(row), vcpu: -1, events: 0 });
        }
      }
      this.ofRow[row] = lane;
      const info = list[lane]!;
      info.events++;
      const slot = slotOf[segment.kind[i]!]!;
      if (slot >= 0 && info.vcpu < 0) info.vcpu = table.num(row, slot);
    }
    this.list = list;
  }

  laneOfTid(tid: number): number {
    return this.byTid.get(tid) ?? -1;
  }

  laneOfRow(row: number): number {
    return this.ofRow[row] ?? -1;
  }

  /**
   * Fills Actor bits and event counts of the wanted lanes, a byte per lane and column each; returns the
   * busiest of the others.
   */
  fill(wanted: Int32Array, map: ColumnMap, actors: Uint8Array, events: Uint8Array): Uint32Array {
    const at = new Int32Array(this.list.length).fill(-1);
    wanted.forEach((lane, i) => {
      if (lane >= 0 && lane < at.length) at[lane] = i;
    });
    const counts = new Uint32Array(wanted.length * map.columns);
    const elsewhere = new Uint32Array(this.list.length);
    for (let c = 0; c < map.columns; c++) {
      const end = map.edges[c + 1]!;
      for (let row = map.edges[c]!; row < end; row++) {
        const lane = this.ofRow[row]!;
        const i = at[lane]!;
        if (i < 0) {
          elsewhere[lane] = elsewhere[lane]! + 1;
          continue;
        }
        const cell = i * map.columns + c;
        counts[cell] = counts[cell]! + 1;
        actors[cell] =
          actors[cell]! |
          ACTOR_OF_KIND[this.table.segments[row >>> SEGMENT_SHIFT]!.kind[row & (SEGMENT_ROWS - 1)]!]!;
      }
    }
    for (let i = 0; i < counts.length; i++)
      events[i] = counts[i] === 0 ? 0 : Math.min(255, 1 + Math.round(2 * Math.log2(counts[i]!)));
    const others = [...elsewhere.keys()]
      .filter((lane) => elsewhere[lane]! > 0)
      .sort((a, b) => elsewhere[b]! - elsewhere[a]!);
    return Uint32Array.from(others.slice(0, LANES_ELSEWHERE_MAX));
  }
}

const LANES_MAX = 1 << 16;
