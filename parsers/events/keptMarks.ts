/**
 * What a table knows besides its rows, as plain data that can be written down and read back. What is read
 * back may have been damaged on the way: {@link isTableMarks} lets nothing through that a reader would not
 * have made.
 */
import { big, fields, finite, listOf, maybe, oneOf, pairOf, text, truth, whole } from '../base/shape.js';
import type { Shape, Shaped } from '../base/shape.js';
import { ISSUE_KINDS, type Issue, type IssueCode, type LossMark } from './issues.js';
import { KIND_COUNT } from './kinds.js';
import {
  CLOCKS,
  type ClockName,
  type EventTable,
  type Session,
  type StackMark,
  type TraceMeta,
  type UnreadEvents,
  type UnseenKind,
} from './table.js';
import type { EventKind } from './vocabulary.js';

const count = whole(0);
const texts = listOf(text);

const isGuest = fields({ name: text, traceId: big, vcpuTids: listOf(pairOf(count, whole())) });
const isSession = fields({
  traceId: maybe(big),
  peerTraceId: maybe(big),
  guests: listOf(isGuest),
});

const isMeta = fields({
  format: text,
  clock: oneOf<ClockName>([...CLOCKS, 'unknown']),
  timeUnit: oneOf<TraceMeta['timeUnit']>(['ns', 'ticks', 'none']),
  resolution: finite,
  t0: big,
  cpus: count,
  kernel: text,
  symbols: maybe(texts),
  producer: text,
  hasTgid: truth,
  enabledEvents: maybe(texts),
  pageBytes: maybe(whole(1)),
  unseen: maybe(listOf(pairOf(text, fields<UnseenKind>({ isRecorded: truth, why: text })))),
  said: maybe(texts),
  onlyTasks: maybe(oneOf<true>([true])),
  allTasks: maybe(oneOf<true>([true])),
  wallOffsetNs: maybe(big),
  addedNs: maybe(big),
  host: maybe(text),
  session: maybe(isSession),
});

const isIssue = fields({
  code: oneOf(Object.keys(ISSUE_KINDS) as readonly IssueCode[]),
  offset: finite,
  line: count,
  count: finite,
  detail: text,
  file: maybe(text),
}) as Shape<Issue>;
const isLoss: Shape<LossMark> = fields({
  row: count,
  cpu: whole(-1),
  count: finite,
  offset: finite,
  line: count,
  fromStart: truth,
});
const isUnread: Shape<UnreadEvents> = fields({ kind: whole(0, KIND_COUNT - 1), count: count, row: count });

/** The marks of a table, but for its stacks, and how many rows it has. */
export const isTableMarks = fields({
  length: count,
  meta: isMeta,
  issues: listOf(isIssue),
  losses: listOf(isLoss),
  unread: listOf(isUnread),
});
export type TableMarks = Shaped<typeof isTableMarks>;

const decimal = (value: bigint | undefined): string | undefined => value?.toString();
const exact = (value: string | undefined): bigint | undefined =>
  value === undefined ? undefined : BigInt(value);

export function marksOf({ length, meta, issues, losses, unread }: EventTable): TableMarks {
  const { symbols, enabledEvents, unseen, session, ...plain } = meta;
  return {
    length,
    meta: {
      ...plain,
      t0: meta.t0.toString(),
      wallOffsetNs: decimal(meta.wallOffsetNs),
      addedNs: decimal(meta.addedNs),
      symbols: symbols && [...symbols],
      enabledEvents: enabledEvents && [...enabledEvents],
      unseen: unseen && [...unseen],
      session: session && {
        traceId: decimal(session.traceId),
        peerTraceId: decimal(session.peerTraceId),
        guests: session.guests.map(({ name, traceId, vcpuTids }) => ({
          name,
          traceId: traceId.toString(),
          vcpuTids: [...vcpuTids],
        })),
      },
    },
    issues,
    losses,
    unread,
  } as TableMarks;
}

/** The knowledge of a trace that {@link marksOf} wrote down. */
export function metaOf({ meta }: TableMarks): TraceMeta {
  const { symbols, enabledEvents, unseen, session, wallOffsetNs, addedNs, ...plain } = meta;
  const out: Record<string, unknown> = { ...plain, t0: BigInt(meta.t0) };
  const more: Partial<Record<keyof TraceMeta, unknown>> = {
    symbols: symbols && new Set(symbols),
    enabledEvents: enabledEvents && new Set(enabledEvents),
    unseen: unseen && new Map(unseen as readonly (readonly [EventKind, UnseenKind])[]),
    wallOffsetNs: exact(wallOffsetNs),
    addedNs: exact(addedNs),
    session: session && sessionOf(session),
  };
  for (const [name, value] of Object.entries(more)) if (value !== undefined) out[name] = value;
  return out as unknown as TraceMeta;
}

function sessionOf({ traceId, peerTraceId, guests }: Shaped<typeof isSession>): Session {
  return {
    traceId: exact(traceId),
    peerTraceId: exact(peerTraceId),
    guests: guests.map((guest) => ({
      name: guest.name,
      traceId: BigInt(guest.traceId),
      vcpuTids: new Map(guest.vcpuTids),
    })),
  };
}

export const isStacks = listOf(
  fields({ row: count, user: truth, offset: finite, endOffset: finite, line: count, addresses: listOf(big) }),
);

export const stacksData = (stacks: readonly StackMark[]): Shaped<typeof isStacks> =>
  stacks.map((stack) => ({ ...stack, addresses: stack.addresses.map(String) }));

export const stacksOf = (data: Shaped<typeof isStacks>): readonly StackMark[] =>
  data.map((stack) => ({ ...stack, addresses: stack.addresses.map(BigInt) }));
