/** One sample of `perf data convert --to-json`, taken out of its JSON with every member checked. */
import { MAX_PID } from '../../base/units.js';

export interface JsonFrame {
  readonly ip: bigint;
  readonly symbol: string | undefined;
}

export interface JsonSample {
  /** Nanoseconds; undefined where the recording has no times. */
  readonly time: bigint | undefined;
  readonly pid: number;
  readonly tid: number;
  readonly cpu: number;
  readonly comm: string;
  readonly chain: readonly JsonFrame[];
  /** The event's own fields as printed, in order. */
  readonly fields: readonly (readonly [string, string])[];
}

const OWN: ReadonlySet<string> = new Set(['timestamp', 'pid', 'tid', 'cpu', 'comm', 'callchain']);
const FIELDS_LIMIT = 128;
const FRAMES_LIMIT = 4096;
const decoder = new TextDecoder();

/** Any JSON object; undefined when it is none. */
export function readObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The sample in an object's bytes; undefined when it is none. */
export function readSample(bytes: Uint8Array): JsonSample | undefined {
  const object = readObject(bytes);
  if (!object || !('tid' in object || 'timestamp' in object)) return undefined;
  const fields = Object.entries(object)
    .filter(([name]) => !OWN.has(name))
    .slice(0, FIELDS_LIMIT);
  const time = object['timestamp'];
  return {
    time: typeof time === 'number' && Number.isSafeInteger(time) && time >= 0 ? BigInt(time) : undefined,
    pid: integer(object['pid']),
    tid: integer(object['tid']),
    cpu: integer(object['cpu']),
    comm: typeof object['comm'] === 'string' ? object['comm'] : '',
    chain: readChain(object['callchain']),
    fields: fields.map(([name, value]) => [name, typeof value === 'string' ? value : String(value)] as const),
  };
}

function readChain(value: unknown): JsonFrame[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, FRAMES_LIMIT).flatMap((frame: unknown) => {
    if (!isObject(frame)) return [];
    const ip = typeof frame['ip'] === 'string' ? numberOf(frame['ip']) : undefined;
    return ip === undefined
      ? []
      : [{ ip, symbol: typeof frame['symbol'] === 'string' ? frame['symbol'] : undefined }];
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function integer(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_PID ? value : -1;
}

/** A number as printed, with 0x or decimal. */
export function numberOf(text: string): bigint | undefined {
  return /^(?:0x[0-9a-f]{1,16}|\d{1,19})$/i.test(text) ? BigInt(text) : undefined;
}
