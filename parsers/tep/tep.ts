/**
 * The tracefs `format` file grammar: how a kernel describes one event's record to whoever decodes it.
 *
 *     name: kvm_page_fault
 *     ID: 101
 *     format:
 *     	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
 *
 *     	field:unsigned int vcpu_id;	offset:8;	size:4;	signed:0;
 *
 *     print fmt: "vcpu %u …", REC->vcpu_id, …
 *
 * Producer: kernel/trace/trace_events.c f_show(), trace_probe.c traceprobe_set_print_fmt(), Linux 7.2.
 */
export type FieldLocation = 'inline' | 'data_loc' | 'rel_loc';

export interface FormatField {
  readonly name: string;
  /** Declared type without the name, for example `unsigned long`, `char[16]`, `__data_loc char[]`. */
  readonly type: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  /** Bytes; 0 means "to the end of the record". */
  readonly size: number;
  readonly signed: boolean;
  /**
   * `data_loc` and `rel_loc` hold `length << 16 | offset` of the data, from the record's or the field's end.
   */
  readonly location: FieldLocation;
  readonly isArray: boolean;
  /** Bytes of one element of an array; the size of anything else. */
  readonly elementSize: number;
  /** An array of bytes that holds text. */
  readonly isString: boolean;
  readonly isPointer: boolean;
  /**
   * Declared `long`: printed in hexadecimal where no print format says otherwise, since a long usually holds
   * an address.
   */
  readonly isLong: boolean;
}

export interface EventFormat {
  readonly id: number;
  readonly system: string;
  readonly name: string;
  /** Fields that every event has: `common_type`, `common_flags`, `common_preempt_count`, `common_pid`, … */
  readonly common: readonly FormatField[];
  readonly fields: readonly FormatField[];
  /** The text after `print fmt: `, '' when there is none. */
  readonly printFmt: string;
}

/** More fields than any event has; a longer list is damage. */
const FIELD_LIMIT = 512;
/** Records lie within a sub-buffer of at most 64 pages. */
const OFFSET_LIMIT = 1 << 22;

/** The ID of a format text without parsing the rest, -1 when there is none. */
export function formatId(text: string): number {
  const match = /^ID:\s*(\d{1,9})\s*$/m.exec(text);
  return match ? Number(match[1]) : -1;
}

/**
 * Parses one format file; undefined when it has no name, no ID or an impossible field. `longSize` is the
 * kernel's.
 */
export function parseFormat(text: string, system: string, longSize: number): EventFormat | undefined {
  const name = /^name:\s*(\S+)/m.exec(text)?.[1];
  const id = formatId(text);
  if (name === undefined || id < 0) return undefined;
  const fmtAt = text.indexOf('\nprint fmt:');
  const head = fmtAt < 0 ? text : text.slice(0, fmtAt);
  const common: FormatField[] = [];
  const fields: FormatField[] = [];
  for (const match of head.matchAll(
    /^\s*field:([^;\n]*);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:(-?\d+);)?/gm,
  )) {
    const field = parseField(match[1]!, Number(match[2]), Number(match[3]), match[4] === '1', longSize);
    if (!field || common.length + fields.length >= FIELD_LIMIT) return undefined;
    // Common fields come first; an event's own field may not be named so.
    if (fields.length === 0 && field.name.startsWith('common_')) common.push(field);
    else fields.push(field);
  }
  const printFmt = fmtAt < 0 ? '' : text.slice(fmtAt + '\nprint fmt:'.length).trim();
  return { id, system, name, common, fields, printFmt };
}

/** Any field of the format by name, the common ones first. */
export function findField(format: EventFormat, name: string): FormatField | undefined {
  return format.common.find((f) => f.name === name) ?? format.fields.find((f) => f.name === name);
}

function parseField(
  declaration: string,
  offset: number,
  size: number,
  signed: boolean,
  longSize: number,
): FormatField | undefined {
  if (offset > OFFSET_LIMIT || size > OFFSET_LIMIT) return undefined;
  const match = /^(.*?)([A-Za-z_]\w*)\s*((?:\[[^\]]*\]\s*)*)$/s.exec(declaration.trim());
  if (!match) return undefined;
  const brackets = match[3]!.trim();
  let type = (match[1]!.trim() + brackets).trim();
  let location: FieldLocation = 'inline';
  if (type.startsWith('__data_loc')) location = 'data_loc';
  else if (type.startsWith('__rel_loc')) location = 'rel_loc';
  if (type === '') type = 'int';
  const isArray = location !== 'inline' || type.includes('[');
  const isString = isArray && /char|u8|s8/.test(type);
  const isPointer = type.replace(/\[.*$/, '').includes('*');
  const isLong = /\blong\b/.test(type);
  const count = Number(/\[(\d+)\]/.exec(type)?.[1] ?? 0);
  let elementSize = size;
  if (isArray)
    elementSize =
      location === 'inline' && count > 0 && size % count === 0
        ? size / count
        : typeSize(type, isString, longSize);
  return {
    name: match[2]!,
    type,
    offset,
    size,
    signed,
    location,
    isArray,
    elementSize,
    isString,
    isPointer,
    isLong,
  };
}

/** Bytes of one element of a declared type; a long's where the type says nothing. */
function typeSize(type: string, isString: boolean, longSize: number): number {
  if (isString) return 1;
  if (type.includes('*')) return longSize;
  if (/\blong\s+long\b|\b[us]64\b|\b__[us]64\b|int64_t/.test(type)) return 8;
  if (/\bshort\b|\b[us]16\b|\b__[us]16\b|int16_t/.test(type)) return 2;
  if (/\blong\b/.test(type)) return longSize;
  if (/\bint\b|\bunsigned\b|\b[us]32\b|\b__[us]32\b|int32_t|\bpid_t\b|\bdev_t\b/.test(type)) return 4;
  return longSize;
}
