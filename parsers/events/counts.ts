/** How many events of each kind and name a trace has, on which CPUs, and from when to when. */
import { fields, listOf, whole } from '../base/shape.js';
import { KIND_COUNT, KIND_UNKNOWN } from './kinds.js';
import { OfAllRows } from './ofAllRows.js';
import { UNKNOWN_CPU } from './table.js';

export interface EventCounts {
  /** Rows of the earliest and the latest time, the first of several; -1 where there is no event. */
  readonly earliest: number;
  readonly latest: number;
  /** By CPU, kind and name, in the order of their numbers; only those that there are. */
  readonly cpus: readonly Count[];
  readonly kinds: readonly Count[];
  readonly names: readonly Count[];
  /** Of each name, the events that are not understood. */
  readonly unknown: readonly Count[];
}

export interface Count {
  readonly of: number;
  readonly events: number;
}

export const EVENT_COUNTS = new OfAllRows<EventCounts>({
  begin({ names }) {
    const counts = {
      cpus: new Float64Array(UNKNOWN_CPU + 1),
      kinds: new Float64Array(KIND_COUNT),
      names: new Float64Array(names.size),
      unknown: new Float64Array(names.size),
    };
    let [earliest, latest, least, greatest] = [-1, -1, Infinity, -Infinity];
    return {
      take({ length, ts, cpu, kind, name }, firstRow) {
        for (let i = 0; i < length; i++) {
          const time = ts[i]!;
          if (time < least) {
            least = time;
            earliest = firstRow + i;
          }
          if (time > greatest) {
            greatest = time;
            latest = firstRow + i;
          }
          counts.cpus[cpu[i]!]!++;
          counts.kinds[kind[i]!]!++;
          counts.names[name[i]!]!++;
          if (kind[i] === KIND_UNKNOWN) counts.unknown[name[i]!]!++;
        }
      },
      end: () => ({
        ...{ earliest, latest },
        ...{ cpus: listed(counts.cpus), kinds: listed(counts.kinds) },
        ...{ names: listed(counts.names), unknown: listed(counts.unknown) },
      }),
    };
  },
  shape({ length, names }) {
    const counts = (numbers: number): ReturnType<typeof listOf<Count>> =>
      listOf(fields({ of: whole(0, numbers - 1), events: whole(1) }));
    const row = whole(-1, length - 1);
    return fields({
      ...{ earliest: row, latest: row },
      ...{ cpus: counts(UNKNOWN_CPU + 1), kinds: counts(KIND_COUNT) },
      ...{ names: counts(names.size), unknown: counts(names.size) },
    });
  },
  isOf: ({ cpus, kinds, names }, { length }) =>
    [cpus, kinds, names].every((counts) => sum(counts) === length),
});

function listed(counts: Float64Array): readonly Count[] {
  const list: Count[] = [];
  counts.forEach((events, of) => {
    if (events > 0) list.push({ of, events });
  });
  return list;
}

function sum(counts: readonly Count[]): number {
  return counts.reduce((total, { events }) => total + events, 0);
}
