/**
 * What a cursor keeps so that it can go back: checkpoints of the whole state every so many operations, which
 * share their content with each other, and an undo log of what the last operations overwrote. Both are
 * bounded: past `checkpointsMax` every second checkpoint is dropped and the distance doubles, and the undo
 * log forgets its older half when the newer one is full.
 */
import { firstIndex } from '../../parsers/base/search.js';
import { assert } from '../../parsers/base/assert.js';
import type { FrozenMap, OverwriteSink } from './stepMap.js';
import type { MapRegistry } from './mapRegistry.js';
import type { ShimState } from './shimState.js';

export interface Checkpoint {
  /** Operations applied before it. */
  readonly at: number;
  /** Maps that held something: registry id and content. */
  readonly maps: readonly { readonly id: number; readonly content: FrozenMap }[];
}

export interface CheckpointOptions {
  /** Operations between checkpoints, at first. */
  readonly every?: number;
  readonly checkpointsMax?: number;
}

/** What objects take in memory, about: for the figure of {@link CheckpointStore.memory}. */
const NUMBER_BYTES = 8;
const CHECKPOINT_BYTES = 32;
const NAMED_MAP_BYTES = 24;
const FROZEN_BYTES = 48;
const CHUNK_BYTES = 96;

/** Checkpoints of one operation log, shared by the cursors over it. */
export class CheckpointStore {
  /** Distance in operations; a power of two times the first one. */
  every: number;
  private readonly max: number;
  /** In ascending order of `at`. */
  private list: Checkpoint[] = [];

  constructor(
    readonly registry: MapRegistry,
    options: CheckpointOptions = {},
  ) {
    this.every = options.every ?? 4096;
    this.max = options.checkpointsMax ?? 256;
    assert(this.every >= 1 && this.max >= 2, 'checkpoint distances');
  }

  /** Takes a checkpoint when one is due after `at` operations and there is none. */
  offer(at: number, state: ShimState): void {
    if (at === 0 || at % this.every !== 0) return;
    const i = this.indexOf(at);
    if (i >= 0 && this.list[i]!.at === at) return;
    const maps: { id: number; content: FrozenMap }[] = [];
    state.maps.forEach((map, id) => {
      if (map && map.entries > 0) maps.push({ id, content: map.freeze() });
    });
    this.list.splice(i + 1, 0, { at, maps });
    if (this.list.length > this.max) {
      this.every *= 2;
      this.list = this.list.filter((checkpoint) => checkpoint.at % this.every === 0);
    }
  }

  /** The last checkpoint at or before `at` operations; undefined means the empty start. */
  before(at: number): Checkpoint | undefined {
    const i = this.indexOf(at);
    return i < 0 ? undefined : this.list[i];
  }

  /** Gives `state` the content of a checkpoint, or of the start. */
  restore(state: ShimState, checkpoint: Checkpoint | undefined): void {
    const kept = new Set<number>();
    for (const { id, content } of checkpoint?.maps ?? []) {
      state.map(id).thaw(content);
      kept.add(id);
    }
    state.maps.forEach((map, id) => {
      if (map && map.entries > 0 && !kept.has(id)) map.clear();
    });
  }

  /** How many checkpoints are kept, and the bytes of their content, each shared chunk once. */
  memory(): { readonly checkpoints: number; readonly bytes: number } {
    const seen = new Set<unknown>();
    let bytes = 0;
    for (const { maps } of this.list) {
      bytes += CHECKPOINT_BYTES + maps.length * NAMED_MAP_BYTES;
      for (const { content } of maps) {
        if (seen.has(content)) continue;
        seen.add(content);
        bytes += FROZEN_BYTES + content.chunks.length * NUMBER_BYTES;
        for (const chunk of content.chunks) {
          if (seen.has(chunk)) continue;
          seen.add(chunk);
          bytes += CHUNK_BYTES + chunk.at.length * 2 * NUMBER_BYTES;
        }
      }
    }
    return { checkpoints: this.list.length, bytes };
  }

  private indexOf(at: number): number {
    return firstIndex(this.list.length, (i) => this.list[i]!.at > at) - 1;
  }
}

/** Fields of a range in UndoHalf.pieces: the map, and what [first, end) of it held. */
const Piece = { Map: 0, First: 1, End: 2, Value: 3 } as const;
const PIECE_FIELDS = 4;

/**
 * What the operations of one half of the undo log overwrote: four numbers per range, a start per operation.
 */
class UndoHalf implements OverwriteSink {
  readonly starts: number[] = [];
  readonly pieces: number[] = [];

  overwritten(map: number, first: number, end: number, value: number): void {
    this.pieces.push(map, first, end, value);
  }
}

/** Records of the operations [base, end), of which the newest are undone first. */
export class UndoLog {
  base = 0;
  end = 0;
  private older: UndoHalf | undefined;
  private newer = new UndoHalf();

  constructor(private readonly opsPerHalf: number) {}

  /** Forgets everything; the next operation is `at`. */
  reset(at: number): void {
    this.base = at;
    this.end = at;
    this.older = undefined;
    this.newer = new UndoHalf();
  }

  /** Where to tell what the next operation overwrites. */
  begin(): OverwriteSink {
    if (this.newer.starts.length >= this.opsPerHalf) {
      if (this.older) this.base += this.older.starts.length;
      this.older = this.newer;
      this.newer = new UndoHalf();
    }
    this.newer.starts.push(this.newer.pieces.length);
    this.end++;
    return this.newer;
  }

  /** Undoes the newest record. True when it changed anything. The caller checks that there is one. */
  undo(state: ShimState): boolean {
    assert(this.end > this.base, 'nothing to undo');
    if (this.newer.starts.length === 0) {
      assert(this.older !== undefined, 'undo log out of step');
      this.newer = this.older;
      this.older = undefined;
    }
    const { starts, pieces } = this.newer;
    const start = starts.pop()!;
    const changed = pieces.length > start;
    for (let p = pieces.length - PIECE_FIELDS; p >= start; p -= PIECE_FIELDS) {
      state
        .map(pieces[p + Piece.Map]!)
        .assign(pieces[p + Piece.First]!, pieces[p + Piece.End]!, pieces[p + Piece.Value]!, undefined);
    }
    pieces.length = start;
    this.end--;
    return changed;
  }

  bytes(): number {
    const half = (h: UndoHalf | undefined): number =>
      h ? NUMBER_BYTES * (h.starts.length + h.pieces.length) : 0;
    return half(this.older) + half(this.newer);
  }
}
