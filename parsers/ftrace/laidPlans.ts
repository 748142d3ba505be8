/**
 * Plans of events (../events/payload.ts) as the kernel reads them: words of 32 bits, one behind another in
 * its memory. The layouts are those of kernel/plan.ts, forms.ts and args.ts.
 */
import type { ArgPlan } from '../events/args.js';
import type { EventPlan } from '../events/payload.js';
import { isUnderstood } from '../events/understood.js';
import { EVENT_NAMED } from './event.js';
import type { KernelExports } from './kernelExports.js';
import type { Prediction } from './predict.js';

/** The kernel finds an event by so many of its first bytes. */
const PREFIX_MIN = 8;
/** What is longer, or more, than any event of the kernel's is left to the reader. */
const PREFIX_MAX = 1024;
const ARGS_MAX = 64;
const NAME_MAX = 256;
/** The kernel has 16 bits for an id. */
export const ID_MAX = 0xffff;
/** More than one plan takes, with all that it leads to. */
const PLAN_ROOM = 1 << 16;
const WORD = 4;
/** Bytes behind what may be compared as a vector. */
const VECTOR = 16;

/** Words of a plan, in the order of kernel/plan.ts. */
const enum PlanWord {
  Name,
  Kind,
  Slots,
  Prefix,
  PrefixLength,
  NameLength,
  PlaceLength,
  Next,
  Chain,
  Forms,
  Args,
  WasSeen,
  GoesOn,
  LastLabel,
  LastLabelLength,
  LabelFromEnd,
  Endings,
  Syntax,
  Count,
}

/** A plan in the kernel's memory, with what of it has been laid down and may have changed since. */
interface Laid {
  readonly at: number;
  endings: EventPlan['endings'];
  keys: ArgPlan['keys'] | undefined;
  lastLabel: EventPlan['lastLabel'];
}

export class LaidPlans {
  private readonly laid = new Map<EventPlan, Laid>();
  /** Plans whose lines the reader has taken since the kernel ran. */
  private readonly changed = new Set<EventPlan>();
  private readonly bytes: Uint8Array;
  private readonly words: Uint32Array;
  private readonly end: number;
  private used: number;

  constructor(private readonly kernel: KernelExports) {
    this.bytes = new Uint8Array(kernel.memory.buffer);
    this.words = new Uint32Array(kernel.memory.buffer);
    this.used = kernel.PLANS.value;
    this.end = kernel.PLANS.value + kernel.PLAN_BYTES.value;
  }

  /** A line of this plan was taken by the reader. */
  touched(plan: EventPlan): void {
    this.changed.add(plan);
  }

  /** Lays down what has changed; before each run. */
  refresh(): void {
    if (this.changed.size === 0) return;
    for (const plan of this.changed) {
      this.makeRoom();
      const laid = this.laid.get(plan);
      if (laid) this.update(plan, laid);
    }
    this.changed.clear();
  }

  /** Lays down a plan, where it is not yet, and says that its event came last. */
  lay(event: Prediction): void {
    const known = this.laid.get(event.plan);
    if (known) this.kernel.setLast(known.at);
    else if (isPlain(event)) this.add(event);
  }

  private add({ plan, kind, prefix, nameLength }: Prediction): void {
    this.makeRoom();
    const at = this.take(WORD * PlanWord.Count);
    const set = (word: PlanWord, value: number): void => this.setWord(at + WORD * word, value);
    set(PlanWord.Name, plan.name);
    set(PlanWord.Kind, plan.kind);
    set(PlanWord.Slots, plan.slotCount);
    set(PlanWord.Prefix, this.put(prefix));
    set(PlanWord.PrefixLength, prefix.length);
    set(PlanWord.NameLength, nameLength);
    set(PlanWord.PlaceLength, plan.place.length);
    set(PlanWord.Next, 0);
    set(PlanWord.Forms, this.forms(plan));
    set(PlanWord.Args, 0);
    set(PlanWord.Endings, this.endings(plan));
    set(PlanWord.Syntax, kind);
    const laid: Laid = { at, endings: plan.endings, keys: undefined, lastLabel: undefined };
    set(PlanWord.LastLabel, 0);
    this.laid.set(plan, laid);
    this.update(plan, laid);
    this.kernel.addPlan(at);
    this.kernel.setLast(at);
  }

  /** What the lines of a plan have taught. */
  private update(plan: EventPlan, laid: Laid): void {
    const set = (word: PlanWord, value: number): void => this.setWord(laid.at + WORD * word, value);
    set(PlanWord.WasSeen, Number(plan.wasSeen));
    set(PlanWord.GoesOn, Number(plan.goesOn));
    set(PlanWord.LabelFromEnd, plan.labelFromEnd);
    if (laid.lastLabel !== plan.lastLabel) {
      laid.lastLabel = plan.lastLabel;
      const isShort = plan.lastLabel !== undefined && plan.lastLabel.length <= NAME_MAX;
      set(PlanWord.LastLabel, isShort ? this.put(plan.lastLabel!) : 0);
      set(PlanWord.LastLabelLength, plan.lastLabel?.length ?? 0);
    }
    if (laid.endings !== plan.endings) {
      laid.endings = plan.endings;
      set(PlanWord.Endings, this.endings(plan));
    }
    if (plan.args !== undefined && plan.forms.length === 0 && laid.keys !== plan.args.keys) {
      laid.keys = plan.args.keys;
      set(PlanWord.Args, this.args(plan, plan.args));
    }
  }

  /** A count of forms, and each: see kernel/forms.ts. 0 for none. */
  private forms({ forms }: EventPlan): number {
    if (forms.length === 0) return 0;
    const at = this.take(WORD * (1 + forms.length));
    this.setWord(at, forms.length);
    forms.forEach((form, i) => {
      const head = this.take(WORD * (3 + form.code.length));
      this.setWord(at + WORD * (1 + i), head);
      const mask = form.isComplete ? form.mask : 0;
      this.setWords(head, [form.code.length / 3, this.put(form.literals), mask]);
      this.setWords(head + 3 * WORD, form.code);
    });
    return at;
  }

  /** Arguments as the last line had them: see kernel/args.ts. 0 where lines with these are the reader's. */
  private args({ kind }: EventPlan, { keys, slots, values, guard }: ArgPlan): number {
    const mask = slots.reduce((sum, slot) => (slot < 0 ? sum : sum | (1 << slot)), 0);
    if (keys.length > ARGS_MAX || keys.some(({ length }) => length > NAME_MAX)) return 0;
    if (!isUnderstood(kind, mask)) return 0;
    const checks = this.take(WORD * (1 + guard.length));
    this.setWord(checks, guard.length / 3);
    for (let i = 0; i < guard.length; i += 3) {
      this.setWords(checks + WORD * (1 + (2 * i) / 3), [guard[i]!, guard[i + 1]!]);
    }
    const at = this.take(WORD * (3 + 4 * keys.length));
    this.setWords(at, [keys.length, mask, checks]);
    keys.forEach((key, k) => {
      this.setWords(at + WORD * (3 + 4 * k), [this.put(key), key.length, slots[k]!, values[k]!]);
    });
    return at;
  }

  /** The names before the last values of an event that nobody knows: see kernel/endings.ts. */
  private endings({ endings }: EventPlan): number {
    if (endings === undefined) return 0;
    // One that is long stands for none: such lines are the reader's.
    const short = endings.filter(({ length }) => length <= NAME_MAX);
    const at = this.take(WORD * (1 + 2 * short.length));
    this.setWord(at, short.length);
    short.forEach((name, i) => {
      this.setWords(at + WORD * (1 + 2 * i), [this.put(name), name.length]);
    });
    return at;
  }

  /** Starts over where little room is left. */
  private makeRoom(): void {
    if (this.used + PLAN_ROOM > this.end) this.forget();
  }

  /** Forgets all plans. */
  forget(): void {
    this.kernel.forgetPlans();
    this.laid.clear();
    this.used = this.kernel.PLANS.value;
  }

  private put(bytes: Uint8Array): number {
    const at = this.take(bytes.length + VECTOR);
    this.bytes.set(bytes, at);
    return at;
  }

  private take(bytes: number): number {
    const at = this.used;
    this.used += (bytes + WORD - 1) & -WORD;
    return at;
  }

  private setWord(at: number, value: number): void {
    this.words[at / WORD] = value;
  }

  private setWords(at: number, values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.words[at / WORD + i] = values[i]!;
  }
}

/** True for an event whose lines are of the kernel's kind. */
function isPlain({ plan, kind, prefix }: Prediction): boolean {
  // Of a system call that nobody knows there is always something to look at.
  if (plan.name > ID_MAX || (kind !== EVENT_NAMED && plan.slotCount === 0)) return false;
  return prefix.length >= PREFIX_MIN && prefix.length <= PREFIX_MAX;
}
