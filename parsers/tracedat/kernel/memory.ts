/**
 * Where things lie in the kernel's memory. The host (../kernelLines.ts) reads these numbers from the exports
 * and lays down programs, texts and pieces of recordings; nothing is allocated here.
 */

/** By event id: where its program is, 0 for one that the host was not asked for yet, 1 for none. */
export const PROGRAMS: usize = 1 << 16;
export const PROGRAM_COUNT: usize = 1 << 16;
/** By the low bits of a thread: the thread, and where the text of its task is and how long; 0 for none. */
export const TASKS: usize = PROGRAMS + 4 * PROGRAM_COUNT;
export const TASK_COUNT: usize = 4096;
export const TASK_BYTES: usize = 12;
/** The recordings that are merged: see lanes.ts. */
export const LANES: usize = TASKS + TASK_COUNT * TASK_BYTES;
export const LANES_MAX: usize = 1024;
export const LANE_BYTES: usize = 96;
/** Programs and texts, as the host lays them down; 16 bytes behind each may be looked at. */
export const ARENA: usize = LANES + LANES_MAX * LANE_BYTES;
export const ARENA_BYTES: usize = 4 << 20;
/** Lines. */
export const OUT: usize = ARENA + ARENA_BYTES;
export const OUT_BYTES: usize = 1 << 19;
/** More than a task, a CPU and a time take. */
export const HEAD_BYTES: usize = 1 << 10;
/** From here on, pieces of recordings. */
export const PIECES: usize = OUT + OUT_BYTES;
