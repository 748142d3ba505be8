/**
 * Where things lie in the kernel's memory. The host (../plainLines.ts, ../laidPlans.ts) reads these numbers
 * from the exports and writes the lines, the plans and the names of tasks there; nothing is allocated here.
 */

/** Lines, in the bytes that the host copies here; bytes behind them may be looked at, and mean nothing. */
export const INPUT: usize = 1 << 16;
export const INPUT_BYTES: usize = (1 << 20) + 4096;

/** The rows that one call makes at most, in columns as a segment of the table has them. */
export const ROWS: usize = 4096;
export const TS: usize = INPUT + INPUT_BYTES;
export const AT: usize = TS + 8 * ROWS;
export const TID: usize = AT + 4 * ROWS;
export const TGID: usize = TID + 4 * ROWS;
export const PAYLOAD: usize = TGID + 4 * ROWS;
export const COMM: usize = PAYLOAD + 4 * ROWS;
export const NAME: usize = COMM + 2 * ROWS;
export const CPU: usize = NAME + 2 * ROWS;
export const KIND: usize = CPU + 2 * ROWS;
export const TIME_AT: usize = KIND + ROWS;
/** Words of their payloads, packed: a head and at most 16 slots of two words for each row. */
export const PAYLOAD_WORDS: usize = 33;
export const POOL: usize = TIME_AT + ROWS;
export const POOL_WORDS: usize = ROWS * PAYLOAD_WORDS;
/** The payload of the line under way, a head and two words for each slot. */
export const FILLED: usize = POOL + 4 * POOL_WORDS;

/** By CPU: the time of its last event (f64), and the row of its last one in this call, -1 for none (i32). */
export const CPUS: usize = 1024;
export const CPU_TIMES: usize = FILLED + 4 * (PAYLOAD_WORDS + 1);
export const CPU_ROWS: usize = CPU_TIMES + 8 * CPUS;
/** The CPUs that have a row in this call (i32), in the order in which they came. */
export const CPUS_SEEN: usize = CPU_ROWS + 4 * CPUS;

/** How lines of a task begin that was read, by their thread: see context.ts. */
export const HEAD_BYTES: usize = 80;
export const HEADS: usize = CPUS_SEEN + 4 * CPUS;

/** Names of tasks by the low bits of their thread: the 16 bytes of their column, and the name's id. */
export const TASKS: usize = 4096;
export const TASK_BYTES: usize = 32;
export const TASK_NAMES: usize = HEADS + 64 * HEAD_BYTES;

/** First plans by the beginning of their event, a pointer each; 0 for none. */
export const BUCKETS: usize = 1024;
export const BUCKET_HEADS: usize = TASK_NAMES + TASKS * TASK_BYTES;
/** Plans, with what they lead to: see plan.ts. */
export const PLANS: usize = BUCKET_HEADS + 4 * BUCKETS;
export const PLAN_BYTES: usize = 1 << 20;
export const END: usize = PLANS + PLAN_BYTES;
