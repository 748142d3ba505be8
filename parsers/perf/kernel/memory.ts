/** Where things lie in the kernel's memory; the host (../kernelSamples.ts) reads these numbers. */

/** By format ID: where its program is, 0 for one that the host was not asked for yet, 1 for none. */
export const PROGRAMS: usize = 1 << 16;
export const PROGRAM_COUNT: usize = 1 << 16;
/** By the low bits of a thread: the thread, and one more than the id of its name; 0 for none. */
export const TASKS: usize = PROGRAMS + 4 * PROGRAM_COUNT;
export const TASK_COUNT: usize = 4096;
export const TASK_BYTES: usize = 8;
/** Programs, as the host lays them down. */
export const ARENA: usize = TASKS + TASK_COUNT * TASK_BYTES;
export const ARENA_BYTES: usize = 1 << 20;
/** Records that one walk comes by, or rows that one run makes, at most. */
export const ROWS: usize = 4096;
/** Of the records of a walk: their times and places, and those of them that are older than the one before. */
export const TIMES: usize = ARENA + ARENA_BYTES;
export const OFFSETS: usize = TIMES + 8 * ROWS;
export const BACK: usize = OFFSETS + 4 * ROWS;
/** Records that become rows: where they lie, and their times. */
export const RECORDS: usize = BACK + 4 * ROWS;
export const WHEN: usize = RECORDS + 4 * ROWS;
/** The rows, in columns. */
export const TS: usize = WHEN + 8 * ROWS;
export const TID: usize = TS + 8 * ROWS;
export const TGID: usize = TID + 4 * ROWS;
export const PAYLOAD: usize = TGID + 4 * ROWS;
export const COMM: usize = PAYLOAD + 4 * ROWS;
export const NAME: usize = COMM + 2 * ROWS;
export const CPU: usize = NAME + 2 * ROWS;
export const KIND: usize = CPU + 2 * ROWS;
/** Rows whose payloads the host looks at, and the IDs of their formats: two words each. */
export const CHECKS: usize = KIND + ROWS;
/** Payloads of a head and at most 16 slots of two words. */
export const POOL: usize = CHECKS + 8 * ROWS;
export const POOL_WORDS: usize = 33 * ROWS;
/** From here on, pieces of the stream; what is looked at beyond one is of no meaning. */
export const PIECES: usize = POOL + 4 * POOL_WORDS;
