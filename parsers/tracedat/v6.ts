/** trace.dat version 6: one header from the front of the file, then the sub-buffers of each CPU. */
import { ByteReader } from '../base/bytes.js';
import type { ByteSource } from '../base/source.js';
import type { IssueLog } from '../events/issues.js';
import { CPU_LIMIT, type BufferInstance, type CpuRecording, type TraceDatFile } from './model.js';
import { applyOption, OPTION } from './options.js';
import {
  readCmdlines,
  readEventFormats,
  readFtraceFormats,
  readHeaderInfo,
  readKallsyms,
  readPrintk,
} from './sections.js';

/** The header is read in a window that grows by this factor until it fits. */
const WINDOW_START = 4 << 20;
const WINDOW_GROWTH = 4;
/** No kernel's symbols and formats are larger; a longer header is a lie about a length. */
const WINDOW_LIMIT = 256 << 20;
/** `options  \0`, `latency  \0` or `flyrecord\0`. */
const TAG_BYTES = 10;
/** Offset and size of one CPU's recording. */
const CPU_ENTRY_BYTES = 16;
const decoder = new TextDecoder('utf-8');

/** An instance's place from its BUFFER option: where its CPU table begins. */
interface Instance {
  readonly offset: number;
  readonly name: string;
  readonly cpus: number;
}

/** Reads the header at `start` into `file`; what precedes damage is kept, with an issue. */
export function readVersion6(source: ByteSource, start: number, file: TraceDatFile, issues: IssueLog): void {
  let window = Math.min(WINDOW_START, source.size);
  for (;;) {
    const trial: TraceDatFile = {
      ...file,
      formats: [],
      buffers: [],
      texts: [],
      options: { ...file.options, cpuStats: [], guests: [], timeShifts: [] },
    };
    const reader = new ByteReader(source.read(0, window).slice(), file.bigEndian, start);
    const instances: Instance[] = [];
    const problem = readAll(reader, source.size, trial, instances);
    if (problem !== '' && !reader.ok && window < source.size && window < WINDOW_LIMIT) {
      window = Math.min(window * WINDOW_GROWTH, source.size);
      continue;
    }
    if (problem !== '')
      issues.add(reader.ok ? 'bad-header' : 'torn-tail', Math.min(reader.pos, source.size), 0, problem);
    for (const instance of instances) readInstance(source, instance, trial, issues);
    Object.assign(file, trial);
    return;
  }
}

/** Returns what could not be read, '' when all was. */
function readAll(reader: ByteReader, sourceSize: number, file: TraceDatFile, instances: Instance[]): string {
  if (!readHeaderInfo(reader, file)) return 'header_page';
  if (!readFtraceFormats(reader, file)) return 'ftrace formats';
  if (!readEventFormats(reader, file)) return 'event formats';
  if (!readKallsyms(reader, file)) return 'kallsyms';
  if (!readPrintk(reader, file)) return 'printk formats';
  if (!readCmdlines(reader, file)) return 'command lines';
  const cpus = reader.u32();
  if (!reader.ok || cpus > CPU_LIMIT) return 'CPU count';
  return readRest(reader, sourceSize, file, cpus, '', instances);
}

/** The part that repeats for each instance: options, then the recording's kind and its CPU table. */
function readRest(
  reader: ByteReader,
  sourceSize: number,
  file: TraceDatFile,
  cpus: number,
  name: string,
  instances: Instance[],
): string {
  let tag = decoder.decode(reader.slice(TAG_BYTES));
  if (tag === 'options  \0') {
    for (let id = reader.u16(); reader.ok && id !== OPTION.DONE; id = reader.u16()) {
      const data = reader.slice(reader.u32());
      if (!reader.ok) break;
      if (id === OPTION.BUFFER) instances.push(parseInstance(data, file.bigEndian, cpus));
      else applyOption(id, data, file.bigEndian, file.options);
    }
    if (!reader.ok) return 'options';
    tag = decoder.decode(reader.slice(TAG_BYTES));
  }
  if (tag === 'latency  \0') {
    file.texts.push({ name, offset: reader.pos, size: Math.max(0, sourceSize - reader.pos) });
    return '';
  }
  if (tag !== 'flyrecord\0') return 'recording kind';
  const list: CpuRecording[] = [];
  for (let cpu = 0; cpu < cpus && reader.ok; cpu++) {
    const recording = { cpu, offset: reader.size64(), size: reader.size64() };
    if (reader.ok) list.push(recording);
  }
  const buffer: BufferInstance = { name, clock: '', pageSize: file.pageSize, cpus: list, compressed: false };
  file.buffers.push(buffer);
  return reader.ok ? '' : 'CPU table';
}

/** `u64 offset, name\0` and, where it differs from the file's, `u32 cpus`. */
function parseInstance(data: Uint8Array, bigEndian: boolean, cpus: number): Instance {
  const reader = new ByteReader(data, bigEndian);
  const offset = reader.size64();
  const name = reader.cstring();
  const own = reader.left >= 4 ? reader.u32() : cpus;
  return { offset, name, cpus: own > 0 && own <= CPU_LIMIT ? own : cpus };
}

function readInstance(source: ByteSource, instance: Instance, file: TraceDatFile, issues: IssueLog): void {
  if (instance.offset >= source.size) {
    issues.add('torn-tail', source.size, 0, `instance ${instance.name}`);
    return;
  }
  const bytes = source.read(instance.offset, TAG_BYTES + instance.cpus * CPU_ENTRY_BYTES).slice();
  const reader = new ByteReader(bytes, file.bigEndian);
  const problem = readRest(reader, source.size - instance.offset, file, instance.cpus, instance.name, []);
  if (problem !== '') issues.add('bad-header', instance.offset, 0, `instance ${instance.name}: ${problem}`);
}
