/**
 * Where things lie in the kernel's memory. The host (../kernelLines.ts) reads these numbers from the exports
 * and lays down programs, texts and pieces of recordings; nothing is allocated here.
 */

/** By event id: where its program is, 0 for one that the host was not asked for yet, 1 for none. */
export const PROGRAMS: usize = 1 << 16;
export const PROGRAM_COUNT: usize = 1 << 16;
/**
 * By the low bits of a thread: the thread, and where the text of its task is and how long; 0 for none. For
 * rows: the thread, one more than the id of its name, and its group.
 */
export const TASKS: usize = PROGRAMS + 4 * PROGRAM_COUNT;
export const TASK_COUNT: usize = 4096;
export const TASK_BYTES: usize = 12;
/** The recordings that are merged: see lanes.ts. */
export const LANES: usize = TASKS + TASK_COUNT * TASK_BYTES;
export const LANES_MAX: usize = 1024;
export const LANE_BYTES: usize = 128;
/** Programs and texts, as the host lays them down; 16 bytes behind each may be looked at. */
export const ARENA: usize = LANES + LANES_MAX * LANE_BYTES;
export const ARENA_BYTES: usize = 4 << 20;
/** Lines; or the rows that one run makes at most, in columns, and the words of their payloads. */
export const OUT: usize = ARENA + ARENA_BYTES;
export const OUT_BYTES: usize = 1 << 20;
export const ROWS: usize = 4096;
export const TS: usize = OUT;
export const AT: usize = TS + 8 * ROWS;
export const TID: usize = AT + 8 * ROWS;
export const TGID: usize = TID + 4 * ROWS;
export const COMM: usize = TGID + 4 * ROWS;
export const NAME: usize = COMM + 2 * ROWS;
export const CPU: usize = NAME + 2 * ROWS;
export const KIND: usize = CPU + 2 * ROWS;
export const PAYLOAD: usize = KIND + ROWS;
/** Rows whose payloads the host looks through, and the ids of their events: two words each. */
export const CHECKS: usize = PAYLOAD + 4 * ROWS;
export const POOL: usize = CHECKS + 8 * ROWS;
export const POOL_WORDS: usize = (OUT + OUT_BYTES - POOL) / 4;
/** More than a task, a CPU and a time take. */
export const HEAD_BYTES: usize = 1 << 10;
/** From here on, pieces of recordings. */
export const PIECES: usize = OUT + OUT_BYTES;
