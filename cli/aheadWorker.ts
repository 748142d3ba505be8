/**
 * The thread behind ahead.ts: reads pieces of the file by itself,
 * decompresses them into the ring, waits for room.
 */
import fs from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { startZstd, type Zstd } from '../shell/zstd.js';
import { PIECE_NUMBERS, releasedAt, STOP, wakeAt, type AheadPlan } from './aheadRing.js';
import { fillStream, type StreamPlan } from './aheadStream.js';

const WINDOW_BYTES = 1 << 18;

/** Reads ranges of a file that follow one another, in large steps. */
class Window {
  private bytes = new Uint8Array(WINDOW_BYTES);
  private from = 0;
  private to = 0;
  constructor(private readonly fd: number) {}

  read(offset: number, size: number): Uint8Array {
    if (offset < this.from || offset + size > this.to) {
      if (size > this.bytes.length) this.bytes = new Uint8Array(size);
      this.from = offset;
      this.to = offset + fs.readSync(this.fd, this.bytes, 0, this.bytes.length, offset);
    }
    return this.bytes.subarray(offset - this.from, Math.min(offset + size, this.to) - this.from);
  }
}

const zstd = startZstd();

parentPort!.once('message', (plan: AheadPlan | StreamPlan) => {
  void zstd.then(({ unzstd, unzstdStream }) =>
    'lanes' in plan ? fill(plan, unzstd) : fillStream(plan, unzstdStream),
  );
});

function fill(plan: AheadPlan, unzstd: Zstd['unzstd']): void {
  const { lanes, slots, slotBytes } = plan;
  const counters = new Int32Array(plan.counters);
  const lengths = new Int32Array(plan.lengths);
  const ring = new Uint8Array(plan.ring);
  const wake = wakeAt(lanes.length);
  const fd = fs.openSync(plan.path, 'r');
  const windows = lanes.map(() => new Window(fd));
  for (;;) {
    const before = Atomics.load(counters, wake);
    if (before === STOP) return;
    const lane = neediest(lanes, counters, slots);
    if (lane === DONE) return;
    if (lane === FULL) {
      Atomics.wait(counters, wake, before);
      continue;
    }
    const piece = counters[lane]!;
    const numbers = lanes[lane]!.subarray(PIECE_NUMBERS * piece, PIECE_NUMBERS * (piece + 1));
    const [offset, size, plainSize] = numbers as unknown as readonly [number, number, number];
    const slot = lane * slots + (piece % slots);
    const room = ring.subarray(slot * slotBytes, (slot + 1) * slotBytes);
    lengths[slot] = unzstd(windows[lane]!.read(offset, size), plainSize, room).length;
    Atomics.add(counters, lane, 1);
    Atomics.notify(counters, lane);
  }
}

/** Every piece of every lane is made. */
const DONE = -1;
/** No lane that has a piece to make has room for it. */
const FULL = -2;

/** The lane with the fewest pieces ready that has both a piece to make and room for it; else DONE or FULL. */
function neediest(lanes: readonly Float64Array[], counters: Int32Array, slots: number): number {
  let best = DONE;
  let bestReady = slots;
  for (let lane = 0; lane < lanes.length; lane++) {
    const produced = counters[lane]!;
    if (PIECE_NUMBERS * produced >= lanes[lane]!.length) continue;
    const ready = produced - Atomics.load(counters, releasedAt(lane, lanes.length));
    if (best === DONE) best = FULL;
    if (ready < bestReady) {
      best = lane;
      bestReady = ready;
    }
  }
  return best;
}
