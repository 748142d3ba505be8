/**
 * The tables that a judged trace is, for whoever asks it in SQL: names, types and units, the same for every
 * engine and file. docs/SQL.md is made from this.
 */

/** An `int64` is signed: a kernel's pointer is negative. Of a `string` each text is kept once. */
export type ColumnType = 'bool' | 'int32' | 'int64' | 'string';

export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
  /** False: every row has a value. */
  readonly isNullable: boolean;
  /** What it is, with its unit; of one that may be null, what that means. */
  readonly help: string;
}

export interface TableSpec {
  readonly name: TableName;
  readonly help: string;
  readonly columns: readonly ColumnSpec[];
}

/** In the order in which a reader wants to know them. */
export const TABLE_NAMES = [
  'trace',
  'events',
  'pages',
  'event_pages',
  'intervals',
  'conversions',
  'findings',
  'evidence',
  'refs',
  'loss',
  'rules',
  'doubts',
] as const;
export type TableName = (typeof TABLE_NAMES)[number];

const column = (name: string, type: ColumnType, help: string): ColumnSpec => ({
  name,
  type,
  isNullable: false,
  help,
});
const nullable = (name: string, type: ColumnType, help: string): ColumnSpec => ({
  name,
  type,
  isNullable: true,
  help,
});

const ROW = column('row', 'int32', "the event's place in the order of the trace, from 0");
const TS = column('ts', 'int64', "ns of the trace's clock, or what `trace.time_unit` says");
/** Whose pages `first` and `count` are. */
const PAGES = [
  column('unit', 'string', "'gfn': guest frames of `vm`; 'pgoff': pages of the file `ino`"),
  nullable(
    'vm',
    'string',
    "the VM, as findings name it; null where the pages are a file's, or it is not known",
  ),
  nullable('ino', 'int64', "inode number of the file; null where the pages are a VM's, or it is not known"),
  column('first', 'int64', "first page, in the kernel's pages"),
  column('count', 'int64', "how many of the kernel's pages"),
];
const PAGE_ID = column('page_id', 'int32', 'the row of `pages`');

/** Phases of a conversion that have a column of their own, by index of PHASE_NAMES. */
export const PHASE_COLUMNS = [
  'requested_ts',
  'blocked_ts',
  'unmapped_ts',
  'refs_ok_ts',
  'inv_open_ts',
  'zapped_ts',
  'stored_ts',
  'inv_closed_ts',
] as const;

const phase = (name: string): ColumnSpec =>
  nullable(
    name,
    'int64',
    `when it was ${name.slice(0, -3).replaceAll('_', ' ')}; null where that was not seen`,
  );

/** Of `events`, those that every trace has; a column for each argument that occurs follows. */
export const TABLES: Readonly<Record<TableName, TableSpec>> = {
  trace: {
    name: 'trace',
    help: 'One row: the recording, and what it was read with.',
    columns: [
      column('file', 'string', 'its path, as given; of several files, all of them'),
      nullable('digest', 'string', 'SHA-256 of the file; null for a pipe or several files'),
      column('format', 'string', 'as `shimtrace info` names it'),
      nullable('kernel', 'string', 'release of the kernel; null where the trace does not say'),
      nullable('host', 'string', 'name of the machine; null where the trace does not say'),
      column('clock', 'string', "the clock, or 'unknown'"),
      column('time_unit', 'string', "of every `ts`: 'ns', 'ticks', or 'none': an order without a clock"),
      column('resolution', 'int64', 'smallest step of `ts`'),
      column('events', 'int64', 'how many there are'),
      nullable('first_ts', 'int64', 'the earliest `ts`; null in a trace without events'),
      nullable('last_ts', 'int64', 'the latest `ts`; null in a trace without events'),
      column('unknown_events', 'int64', 'events that nobody knows'),
      column('unread_events', 'int64', 'events that are known, whose arguments could not be read'),
      column('profiles', 'string', 'the profiles that it was judged by, with commas'),
      column('headline', 'string', 'what could be judged, in one line'),
      column('version', 'string', 'of shimtrace'),
    ],
  },
  events: {
    name: 'events',
    help:
      'One row an event, in order. After these columns there is one for each argument that occurs in the trace, ' +
      'null where an event has none (`gfn`, `pfn`, `kvm`, `ino`, `pgoff`, `start`, `end`, `level`, `ret`, …).',
    columns: [
      ROW,
      TS,
      nullable('cpu', 'int32', 'null where the trace does not say'),
      nullable('tid', 'int32', 'thread; null where the trace does not say'),
      nullable('tgid', 'int32', 'thread group; null where the trace does not say'),
      nullable('comm', 'string', "the thread's name; null where the trace does not say"),
      column('event', 'string', 'as printed, with `system:` where the trace says it'),
      nullable('kind', 'string', 'what it means, as shimtrace calls it; null where nobody knows'),
      column('line', 'int64', 'its line in a text, the number of its record in a binary trace'),
      nullable('vm', 'string', 'the VM that it is of, as findings name it; null where that is not known'),
    ],
  },
  pages: {
    name: 'pages',
    help: 'Pages of one life: of any two of them the trace says the same. Only pages of which it says something.',
    columns: [column('page_id', 'int32', 'from 0'), ...PAGES],
  },
  event_pages: {
    name: 'event_pages',
    help: 'Which event says something of which pages; while a memslot joins them, of guest frames and pages of the file.',
    columns: [ROW, PAGE_ID],
  },
  intervals: {
    name: 'intervals',
    help: 'The life of pages: intervals that tile the trace. Those in which nothing is known of a page are there too.',
    columns: [
      PAGE_ID,
      ...PAGES,
      column('from_row', 'int32', 'the event that began it; -1: before the first event'),
      column('until_row', 'int32', 'the first event that is no part of it'),
      nullable('ts', 'int64', 'when it began; null: before the first event'),
      nullable('until_ts', 'int64', 'when it ended; null: it was open at the end of the trace'),
      nullable('dur', 'int64', 'how long, in the unit of `ts`; null where one of these two is'),
      column(
        'state',
        'string',
        "'shared', 'private', 'unknown', 'converting to shared', 'converting to private'",
      ),
      column('attribute', 'string', "'shared', 'private', 'unknown'"),
      nullable('conversion', 'int32', 'the row of `conversions` that is under way; null: none'),
      nullable('phase', 'string', 'the phase that it entered last; null: no conversion'),
      nullable('mappings', 'int32', 'user mappings that were seen; null: none was, and there may be some'),
      column('mappings_known', 'bool', 'true: there are no others'),
      nullable('sptes', 'int32', 'leaf SPTEs that were seen; null: none was, and there may be some'),
      column('sptes_known', 'bool', 'true: there are no others'),
      nullable('refs', 'int32', 'references that were seen; null: none was, and there may be some'),
      column('refs_known', 'bool', 'true: there are no others'),
      nullable('pfn', 'int64', 'frame of the first page in the page cache; null: none, or not known'),
      column('poisoned', 'bool', 'true: its memory failed'),
      nullable('changed', 'string', 'what is not as it was before, with commas; null for the first'),
    ],
  },
  conversions: {
    name: 'conversions',
    help: 'One row a conversion of a range between shared and private.',
    columns: [
      column('conversion', 'int32', 'from 0'),
      nullable(
        'request',
        'int32',
        'the first conversion of the request that this is a part of; null: it is whole',
      ),
      column('scope', 'string', "'vm': guest frames of `vm`; 'inode': pages of the file `ino`"),
      ...PAGES.slice(1),
      column('to_private', 'bool', 'false: to shared'),
      nullable('tid', 'int32', 'the thread that asked for it; null where the trace does not say'),
      column('from_row', 'int32', 'its first event'),
      nullable('until_row', 'int32', 'its last event; null: in flight at the end of the trace'),
      column('ts', 'int64', 'when it began'),
      nullable('dur', 'int64', 'how long, in the unit of `ts`; null: in flight at the end'),
      nullable('result', 'int32', '0 done, negative: the error; null: not known'),
      ...PHASE_COLUMNS.map(phase),
    ],
  },
  findings: {
    name: 'findings',
    help: 'What was found. Why nothing could be decided elsewhere is in `doubts`.',
    columns: [
      column('finding', 'string', 'its id, `rule@place`'),
      column('rule', 'string', 'id of the rule'),
      column('profile', 'string', 'of the rule'),
      column('verdict', 'string', "'violation', 'suspicious', 'undecidable'"),
      nullable('reason', 'string', 'why it is undecidable; null for other verdicts'),
      column('severity', 'int32', '1 isolation broken, 2 contract broken, 3 harmful, 4 hygiene'),
      column('message', 'string', 'what happened'),
      ROW,
      TS,
      column('line', 'int64', 'of the event, as in `events`'),
      nullable('unit', 'string', 'as in `pages`; null: it is about no page'),
      ...PAGES.slice(1).map((spec) => ({ ...spec, isNullable: true })),
    ],
  },
  evidence: {
    name: 'evidence',
    help: 'The events that show a finding, in order.',
    columns: [
      column('finding', 'string', 'the row of `findings`'),
      ROW,
      column('role', 'string', "'witness', 'state', 'cause', 'missing-since', 'confirms', 'related'"),
      column('note', 'string', 'what the event shows'),
    ],
  },
  refs: {
    name: 'refs',
    help: 'References to pages of a file, as they are taken and put.',
    columns: [
      ROW,
      TS,
      column('op', 'string', "'get', 'put'"),
      column('kind', 'string', "'get_pfn', 'gup', 'pin'"),
      nullable('tid', 'int32', 'who holds it; null where the trace does not say'),
      nullable('ino', 'int64', 'inode number of the file'),
      column('first', 'int64', 'first page of the file'),
      column('count', 'int64', "how many of the kernel's pages"),
    ],
  },
  loss: {
    name: 'loss',
    help: 'Where events are missing.',
    columns: [
      column('row', 'int32', 'the first event behind the gap; the number of events: at the end'),
      nullable('cpu', 'int32', 'null: any of them'),
      nullable('count', 'int64', 'how many; null where the trace does not say'),
      column('from_start', 'bool', 'true: anything before may be missing, not a gap alone'),
    ],
  },
  rules: {
    name: 'rules',
    help: 'What each rule came to.',
    columns: [
      column('rule', 'string', 'id'),
      column('name', 'string', 'in words'),
      column('profile', 'string', ''),
      column('severity', 'int32', 'as in `findings`'),
      column('status', 'string', "'judged', 'undecidable', 'not-applicable'"),
      column('checks', 'int64', 'checks made, decided or not'),
      column('held', 'int64', 'those that came out well'),
      column('broken', 'int64', 'those that ended in a violation or a suspicion'),
      column('undecided', 'int64', 'those that could not be decided'),
    ],
  },
  doubts: {
    name: 'doubts',
    help: 'Why a rule could not be decided: one row a reason.',
    columns: [
      column('rule', 'string', 'id'),
      column(
        'reason',
        'string',
        "'lost', 'not-recorded', 'not-read', 'order', 'vm-identity', 'unknown-start'",
      ),
      column('count', 'int64', 'how many checks ended so'),
      column('row', 'int32', 'the first event where it happened'),
      column('missing', 'string', 'probes, tracepoints or options that were missing, with commas'),
      column('detail', 'string', 'in one sentence'),
    ],
  },
};
