/** Programs and texts in the memory of the kernel of records: see parsers/tracedat/kernel/program.ts. */
import { DIGITS_MAX, Value, type WriterStep } from '../../parsers/tep/writer.js';
import type { RecordKernel } from '../../parsers/tracedat/kernelExports.js';
import { Ascii } from '../../parsers/base/ascii.js';

/** What is printed by the host. */
const BY_HOST = 1;
/** A text that is kept is no longer. */
const KEPT_MAX = 255;
/** What may be looked at behind a text, and where things begin. */
const ALIGNED = 16;
/** Literal texts of one event, at most. */
const LITERALS_MAX = 1 << 14;
const encoder = new TextEncoder();

export class KernelTexts {
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private next: number;
  private readonly steps = new Map<number, WriterStep>();
  /** Where the tables of kept texts are, by their steps. */
  private readonly tables = new Map<WriterStep, number>();

  constructor(private readonly kernel: RecordKernel) {
    const { buffer } = kernel.memory;
    this.words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.next = kernel.ARENA.value;
  }

  /** The step whose text the kernel asks for. */
  stepAt(place: number): WriterStep {
    return this.steps.get(place)!;
  }

  addTask(tid: number, text: Uint8Array): void {
    const { TASKS, TASK_COUNT, TASK_BYTES } = this.kernel;
    const place = this.put(text) ?? this.afresh(() => this.put(text))!;
    const entry = (TASKS.value + TASK_BYTES.value * (tid & (TASK_COUNT.value - 1))) >> 2;
    this.words.set([tid, place, text.length], entry);
  }

  /** The program of an event: its name, and the steps by which it is printed; none where the host does it. */
  addProgram(id: number, name: string, steps: readonly WriterStep[] | undefined): void {
    const place =
      steps && isForKernel(steps)
        ? (this.layProgram(name, steps) ?? this.afresh(() => this.layProgram(name, steps)))
        : undefined;
    this.words[(this.kernel.PROGRAMS.value >> 2) + id] = place ?? BY_HOST;
  }

  /** Keeps the text of a step for two words; false where that is too long. */
  addKept(step: WriterStep, low: number, high: number, text: string): boolean {
    const bytes = encoder.encode(text);
    if (bytes.length > KEPT_MAX) return false;
    const { KEPT_BYTES, KEPT_COUNT } = this.kernel;
    const slot = (low ^ (low >>> 8) ^ (low >>> 16) ^ high ^ (high >>> 8)) & (KEPT_COUNT.value - 1);
    const entry = (this.tables.get(step)! + KEPT_BYTES.value * slot) >> 2;
    const [before, length] = [this.words[entry + 2]!, this.words[entry + 3]!];
    const place = before !== 0 && roomOf(length) >= bytes.length ? before : this.allocate(bytes.length);
    // Forgotten with all programs, it is asked for again.
    if (place === undefined) this.afresh(() => undefined);
    else {
      this.bytes.set(bytes, place);
      this.words.set([low, high, place, bytes.length], entry);
    }
    return true;
  }

  private layProgram(name: string, steps: readonly WriterStep[]): number | undefined {
    const { PROGRAM_BYTES, STEP_BYTES, KEPT_BYTES, KEPT_COUNT } = this.kernel;
    const place = this.allocate(PROGRAM_BYTES.value + steps.length * STEP_BYTES.value);
    if (place === undefined) return undefined;
    const named = encoder.encode(name);
    let most = 0;
    for (const [i, step] of steps.entries()) {
      const text = i === 0 ? joined(named, step.text) : step.text;
      const at = this.put(text);
      const table = step.value === Value.Kept ? this.allocate(KEPT_BYTES.value * KEPT_COUNT.value) : 0;
      if (at === undefined || table === undefined) return undefined;
      most += text.length + step.width + (step.value === Value.Kept ? KEPT_MAX : DIGITS_MAX) + ALIGNED;
      const own = place + PROGRAM_BYTES.value + i * STEP_BYTES.value;
      this.words.set(wordsOf(step, at, text.length, table), own >> 2);
      if (table === 0) continue;
      this.words.fill(0, table >> 2, (table + KEPT_BYTES.value * KEPT_COUNT.value) >> 2);
      this.tables.set(step, table);
      this.steps.set(own, step);
    }
    this.words.set([most, steps.length], place >> 2);
    return place;
  }

  /** Puts bytes; returns where, undefined where there is no room. */
  private put(bytes: Uint8Array): number | undefined {
    const place = this.allocate(bytes.length);
    if (place !== undefined) this.bytes.set(bytes, place);
    return place;
  }

  private allocate(bytes: number): number | undefined {
    const { ARENA, ARENA_BYTES } = this.kernel;
    const end = this.next + roomOf(bytes) + ALIGNED;
    if (end > ARENA.value + ARENA_BYTES.value) return undefined;
    const place = this.next;
    this.next = end;
    return place;
  }

  /** Forgets all, and does something in the room that there is then. */
  private afresh<T>(work: () => T): T {
    const { kernel, words } = this;
    const { PROGRAMS, PROGRAM_COUNT, TASKS, TASK_COUNT, TASK_BYTES, ARENA } = kernel;
    words.fill(0, PROGRAMS.value >> 2, (PROGRAMS.value >> 2) + PROGRAM_COUNT.value);
    words.fill(0, TASKS.value >> 2, (TASKS.value + TASK_COUNT.value * TASK_BYTES.value) >> 2);
    this.steps.clear();
    this.tables.clear();
    this.next = ARENA.value;
    kernel.forgetThreads();
    return work();
  }
}

const roomOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / ALIGNED)) * ALIGNED;

function isForKernel(steps: readonly WriterStep[]): boolean {
  return (
    steps.every(({ value, width }) => value !== Value.Any && width <= KEPT_MAX) &&
    steps.reduce((sum, { text }) => sum + text.length, 0) < LITERALS_MAX
  );
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** A step, as the kernel has it. */
function wordsOf(step: WriterStep, text: number, length: number, table: number): number[] {
  const { value, offset, size, isSigned, leftShift, cut, isSignedText, width, fill, prefix, key } = step;
  return [
    ...[text, length, value, offset, size, Number(isSigned), leftShift, cut],
    ...[Number(isSignedText), width, Number(fill === Ascii.Digit0), prefix, table],
    ...[key?.first, key?.second].flatMap((source) =>
      source ? [source.offset, source.size, source.limit, source.mask] : [0, 0, 0, 0],
    ),
  ];
}
