/**
 * A cursor over the page operations of a trace: the state of the shim after any event, forward and backward.
 * It knows neither files nor the debug adapter protocol. Forward applies operations; backward undoes them
 * from a log of what they overwrote; far jumps start from a checkpoint. Wherever it comes from, the state
 * after row r is the same.
 *
 *     rows   0      1      2          3
 *     ops    |      | 0 1  |          | 2
 *     row = 1 means that operations 0 and 1 are applied; row = -1 is before the first event.
 */
import { assert } from '../../parsers/base/assert.js';
import type { OpLog } from '../ops/oplog.js';
import { CheckpointStore, UndoLog, type CheckpointOptions } from './checkpoint.js';
import { MapRegistry } from './mapRegistry.js';
import { ShimState } from './shimState.js';

export interface CursorOptions extends CheckpointOptions {
  /** Operations whose undoing is kept, at most twice as many. */
  readonly undoOps?: number;
  /** Checkpoints of another cursor over the same operations. */
  readonly share?: CheckpointStore;
}

export interface CursorMemory {
  readonly checkpoints: number;
  readonly checkpointBytes: number;
  readonly undoBytes: number;
  /** Entries of the state's maps now. */
  readonly stateEntries: number;
}

/** So many operations are undone in the time that one takes to apply, a checkpoint restored before it. */
const UNDO_GAIN = 4;
/** So few are always undone. */
const UNDO_ALWAYS = 64;
/** Operations within so many checkpoints of a target are recorded, to be undone from there. */
const RECORDED_CHECKPOINTS = 2;

export class Cursor {
  readonly state: ShimState;
  readonly checkpoints: CheckpointStore;
  private readonly undo: UndoLog;
  /** Operations applied. */
  private applied = 0;
  private atRow = -1;

  constructor(
    readonly ops: OpLog,
    readonly rowCount: number,
    options: CursorOptions = {},
  ) {
    this.checkpoints = options.share ?? new CheckpointStore(new MapRegistry(), options);
    this.state = new ShimState(this.checkpoints.registry);
    this.undo = new UndoLog(options.undoOps ?? 8192);
  }

  /** The state is that after this row; -1 before the first. */
  get row(): number {
    return this.atRow;
  }

  /** Operations applied: an index into the log. */
  get position(): number {
    return this.applied;
  }

  /** Goes to the state after `row` (-1: before the first). True when something differs on the way. */
  seek(row: number): boolean {
    assert(
      Number.isInteger(row) && row >= -1 && row < Math.max(this.rowCount, 1),
      `row ${row} of ${this.rowCount}`,
    );
    this.atRow = row;
    return this.seekOp(this.ops.firstAtRow(row + 1));
  }

  /** One event forward. True when the event changed the state; false also at the end. */
  forward(): boolean {
    return this.atRow + 1 < this.rowCount && this.seek(this.atRow + 1);
  }

  /** One event back. True when leaving it changed the state; false also before the first. */
  back(): boolean {
    return this.atRow >= 0 && this.seek(this.atRow - 1);
  }

  memory(): CursorMemory {
    const { checkpoints, bytes } = this.checkpoints.memory();
    let stateEntries = 0;
    for (const map of this.state.maps) if (map) stateEntries += map.entries;
    return { checkpoints, checkpointBytes: bytes, undoBytes: this.undo.bytes(), stateEntries };
  }

  private seekOp(target: number): boolean {
    let changed = false;
    const checkpoint = this.checkpoints.before(target);
    const from = checkpoint?.at ?? 0;
    if (target < this.applied) {
      const back = this.applied - target;
      const undoable = target >= this.undo.base && back <= UNDO_GAIN * (target - from) + UNDO_ALWAYS;
      if (undoable) {
        while (this.applied > target) changed = this.undoOne() || changed;
        return changed;
      }
      this.restart(from);
      changed = true;
    } else if (from > this.applied) {
      this.restart(from);
      changed = true;
    }
    while (this.applied < target) changed = this.applyOne(target) || changed;
    return changed;
  }

  private restart(at: number): void {
    this.checkpoints.restore(this.state, this.checkpoints.before(at));
    this.undo.reset(at);
    this.applied = at;
  }

  private applyOne(target: number): boolean {
    this.checkpoints.offer(this.applied, this.state);
    // On a long way, what is far behind the target is not worth recording: a checkpoint leads back there.
    if (target - this.applied > RECORDED_CHECKPOINTS * this.checkpoints.every) {
      this.undo.reset(this.applied + 1);
      return this.state.apply(this.ops, this.applied++, undefined);
    }
    return this.state.apply(this.ops, this.applied++, this.undo.begin());
  }

  private undoOne(): boolean {
    this.applied--;
    return this.undo.undo(this.state);
  }
}
