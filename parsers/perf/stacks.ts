/**
 * Call chains: addresses with markers between the kernel's part and the user's. Equal chains share their
 * arrays.
 *
 * Producer: kernel/events/callchain.c, enum perf_callchain_context in include/uapi/linux/perf_event.h, Linux
 * 7.2.
 */
import { Interner } from '../base/intern.js';
import type { TableBuilder } from '../events/table.js';
import type { Chunk } from './feed.js';

/** PERF_CONTEXT_MAX: markers are the values from here up. */
const CONTEXT_MAX = (1n << 64n) - 4095n;
const CONTEXT_USER = (1n << 64n) - 512n;
const CONTEXT_GUEST_USER = (1n << 64n) - 2560n;

interface Chain {
  readonly kernel: readonly bigint[];
  readonly user: readonly bigint[];
}

export class Stacks {
  private readonly interner = new Interner();
  private readonly chains: Chain[] = [];

  constructor(
    private readonly builder: TableBuilder,
    private readonly little: boolean,
  ) {}

  /**
   * Marks a row with the chain at chunk.bytes[at, end): a count, then addresses. `offset` is where in the
   * file its record lies.
   */
  mark(row: number, chunk: Chunk, at: number, end: number, offset: number): void {
    const id = this.interner.intern(chunk.bytes, at + 8, end);
    this.chains[id] ??= splitChain(chunk.view, at + 8, end, this.little);
    const { kernel, user } = this.chains[id];
    const { stacks } = this.builder;
    if (kernel.length > 0)
      stacks.push({ row, user: false, offset, endOffset: offset, line: 0, addresses: kernel });
    if (user.length > 0)
      stacks.push({ row, user: true, offset, endOffset: offset, line: 0, addresses: user });
  }
}

function splitChain(view: DataView, start: number, end: number, little: boolean): Chain {
  const kernel: bigint[] = [];
  const user: bigint[] = [];
  let into = kernel;
  for (let at = start; at + 8 <= end; at += 8) {
    const address = view.getBigUint64(at, little);
    if (address >= CONTEXT_MAX)
      into = address === CONTEXT_USER || address === CONTEXT_GUEST_USER ? user : kernel;
    else into.push(address);
  }
  return { kernel, user };
}
