/**
 * How to decode the events of one name at one place: what the host has put together of an EventPlan
 * (../../events/payload.ts), and which of them an event has. As there, the plan that followed last time is
 * tried first.
 */
import { BLANK, CLOSE_PAREN, OPEN_PAREN, UNDERSCORE, same } from './bytes';
import { BUCKETS, BUCKET_HEADS } from './memory';

/** A plan, as the host lays it down: words of 32 bits; what is a pointer is 0 where there is nothing. */
@unmanaged
export class Plan {
  /** Id of the event's name, and its kind. */
  name: u32;
  kind: u32;
  slots: u32;
  /** `name: ` with the probe's place behind it, if it has one; the lengths of all that and of the name. */
  prefix: usize;
  prefixLength: u32;
  nameLength: u32;
  placeLength: u32;
  /** The plan of the event that came behind one of this plan last time. */
  next: usize;
  /** The next plan of the same bucket. */
  chain: usize;
  /** A count, and a pointer to each printed form: see forms.ts. */
  forms: usize;
  /** See args.ts. */
  args: usize;
  wasSeen: u32;
  goesOn: u32;
  lastLabel: usize;
  lastLabelLength: u32;
  labelFromEnd: u32;
  /** A count, and a pointer and a length for each; 0 where lines may end in anything. */
  endings: usize;
  /** How it is printed: see below. */
  syntax: u32;
}

/** `name: payload`, `name(payload)` and `name -> payload`: the numbers of ../event.ts. */
const NAMED: u32 = 1;
const SYSCALL_ENTER: u32 = 2;

const PRIME: u64 = 0x9e3779b97f4a7;
/** What stands between an event's name and its payload. */
const COLON_AND_BLANK: usize = 2;

/** The plan of the last event. */
let last: usize = 0;

/** An event of this plan was read, here or by the host. */
export function setLast(plan: usize): void {
  if (last !== 0) changetype<Plan>(last).next = plan;
  last = plan;
}

/** The first eight bytes tell the bucket: the host lays down only plans with a prefix of as many. */
function bucketOf(event: usize): usize {
  return BUCKET_HEADS + 4 * (<usize>((load<u64>(event) * PRIME) >> 48) & (BUCKETS - 1));
}

/** Forgets all plans. */
export function forgetPlans(): void {
  memory.fill(BUCKET_HEADS, 0, 4 * BUCKETS);
  last = 0;
}

/** Takes a plan that the host has laid down. */
export function addPlan(plan: usize): void {
  const bucket = bucketOf(changetype<Plan>(plan).prefix);
  changetype<Plan>(plan).chain = load<u32>(bucket);
  store<u32>(bucket, <u32>plan);
}

/** The plan of the event at bytes [start, end); 0 where none is known. */
export function planAt(start: usize, end: usize): usize {
  let plan: usize = last === 0 ? 0 : changetype<Plan>(last).next;
  if (plan === 0 || !fits(plan, start, end)) {
    plan = load<u32>(bucketOf(start));
    while (plan !== 0 && !fits(plan, start, end)) plan = changetype<Plan>(plan).chain;
  }
  return plan;
}

function fits(at: usize, start: usize, end: usize): bool {
  const plan = changetype<Plan>(at);
  const behind = start + plan.prefixLength;
  if (behind > end || !same(start, plan.prefix, plan.prefixLength)) return false;
  if (plan.syntax !== NAMED) return plan.syntax !== SYSCALL_ENTER || load<u8>(end - 1) === CLOSE_PAREN;
  const c = <u32>load<u8>(behind);
  if (plan.placeLength > 0) return behind === end || c === BLANK;
  // Without a place, a payload that could begin with one is looked at properly.
  return c !== OPEN_PAREN && c !== UNDERSCORE && c !== BLANK;
}

/** Where the payload of an event of a plan begins, its place included. */
export function payloadOf(plan: Plan, start: usize): usize {
  return plan.syntax === NAMED ? start + plan.nameLength + COLON_AND_BLANK : start + plan.prefixLength;
}

/** Where it ends, on a line that ends at `end`. */
export function payloadEnd(plan: Plan, end: usize): usize {
  return plan.syntax === SYSCALL_ENTER ? end - 1 : end;
}

/** True for a system call's arguments, which are `name: value`, in hexadecimal without 0x. */
export function isSyscall(plan: Plan): bool {
  return plan.syntax === SYSCALL_ENTER;
}

/** True for what is printed of a row as its line has it. */
export function isAsPrinted(plan: Plan): bool {
  return plan.syntax === NAMED;
}
