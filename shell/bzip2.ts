/**
 * bzip2 for every host, block by block. Written here since no kept library does it: those at hand decompress
 * 5 MB/s, want the whole file, or need Node's deprecated Buffer constructor.
 */
import { UnsupportedCompression } from '../parsers/compressed/plainSource.js';
import { BitReader } from './bits.js';

const BLOCK_UNIT = 100_000;
const BLOCK_MAGIC = [0x314159, 0x265359];
const END_MAGIC = [0x177245, 0x385090];
const MAX_LENGTH = 20;
const GROUP_SYMBOLS = 50;
const MAX_SYMBOLS = 258;
const RUN_A = 0;
const RUN_B = 1;
const CRC_TABLE = makeTable();

/** The CRC of bzip2 takes the highest bit first. */
function makeTable(): Int32Array {
  const table = new Int32Array(256);
  for (let i = 0; i < 256; i++) {
    let c = i << 24;
    for (let bit = 0; bit < 8; bit++) c = c < 0 ? (c << 1) ^ 0x04c11db7 : c << 1;
    table[i] = c;
  }
  return table;
}

/**
 * Decompresses lazily, streams one after another. Throws where a block is damaged or the input ends too
 * early.
 */
export function* bunzipStream(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  const bits = new BitReader(pieces);
  while (!bits.atEnd()) {
    if (bits.read(24) !== 0x425a68) throw new Error('bzip2: not a bzip2 stream');
    const level = bits.read(8) - 0x30;
    if (level < 1 || level > 9) throw new Error('bzip2: impossible block size');
    yield* blocks(bits, new Block(level * BLOCK_UNIT));
  }
}

function* blocks(bits: BitReader, block: Block): Generator<Uint8Array> {
  let combined = 0;
  for (;;) {
    const magic = [bits.read(24), bits.read(24)];
    const crc = (bits.read(16) << 16) | bits.read(16);
    if (magic[0] === END_MAGIC[0] && magic[1] === END_MAGIC[1]) {
      if (crc !== combined) throw new Error('bzip2: checksum does not match');
      bits.align();
      return;
    }
    if (magic[0] !== BLOCK_MAGIC[0] || magic[1] !== BLOCK_MAGIC[1]) throw new Error('bzip2: damaged block');
    block.read(bits);
    const plain = block.plain();
    if (crcOf(plain) !== crc) throw new Error('bzip2: checksum does not match');
    combined = ((combined << 1) | (combined >>> 31)) ^ crc;
    yield plain;
  }
}

function crcOf(bytes: Uint8Array): number {
  let c = -1;
  for (let i = 0; i < bytes.length; i++) c = (c << 8) ^ CRC_TABLE[((c >>> 24) ^ bytes[i]!) & 0xff]!;
  return ~c;
}

/** A canonical Huffman code: per length the first code beyond it, and what to add to get a symbol's place. */
class Code {
  readonly limit = new Int32Array(MAX_LENGTH + 2);
  readonly base = new Int32Array(MAX_LENGTH + 2);
  readonly symbols = new Uint16Array(MAX_SYMBOLS);
  shortest = MAX_LENGTH;

  set(lengths: Uint8Array, count: number): void {
    let place = 0;
    let code = 0;
    this.shortest = MAX_LENGTH;
    for (let length = 1; length <= MAX_LENGTH; length++) {
      this.base[length] = place - code;
      for (let symbol = 0; symbol < count; symbol++) {
        if (lengths[symbol] !== length) continue;
        this.symbols[place++] = symbol;
        code++;
        if (length < this.shortest) this.shortest = length;
      }
      this.limit[length] = code;
      code <<= 1;
    }
  }

  next(bits: BitReader): number {
    let length = this.shortest;
    let code = bits.read(length);
    while (code >= this.limit[length]!) {
      if (++length > MAX_LENGTH) throw new Error('bzip2: damaged block');
      code = (code << 1) | bits.read(1);
    }
    return this.symbols[code + this.base[length]!]!;
  }
}

class Block {
  /** Low byte: a byte of the last column; above: where the next one is. */
  private readonly chain: Uint32Array;
  private readonly codes = Array.from({ length: 6 }, () => new Code());
  private readonly selectors = new Uint8Array(1 << 15);
  private readonly order = new Uint8Array(256);
  private readonly lengths = new Uint8Array(MAX_SYMBOLS);
  private readonly counts = new Uint32Array(256);
  private length = 0;
  private origin = 0;
  private output: Uint8Array = new Uint8Array(1 << 20);

  constructor(private readonly capacity: number) {
    this.chain = new Uint32Array(capacity);
  }

  read(bits: BitReader): void {
    if (bits.read(1) !== 0)
      throw new UnsupportedCompression(
        'bzip2: randomised blocks of bzip2 0.9 are not read here; repack it: bzip2 -dc FILE | bzip2 > NEW',
      );
    this.origin = bits.read(24);
    const used = this.readUsed(bits);
    const selectorCount = this.readCodes(bits, used + 2);
    this.readSymbols(bits, used, selectorCount);
    if (this.origin >= this.length) throw new Error('bzip2: damaged block');
    this.link();
  }

  /** Which bytes occur, into `order`; returns how many. */
  private readUsed(bits: BitReader): number {
    const ranges = bits.read(16);
    let used = 0;
    for (let range = 0; range < 16; range++) {
      if ((ranges & (0x8000 >>> range)) === 0) continue;
      const bytes = bits.read(16);
      for (let i = 0; i < 16; i++) if ((bytes & (0x8000 >>> i)) !== 0) this.order[used++] = range * 16 + i;
    }
    if (used === 0) throw new Error('bzip2: damaged block');
    return used;
  }

  /** Selectors and codes; returns the number of selectors. */
  private readCodes(bits: BitReader, symbolCount: number): number {
    const codeCount = bits.read(3);
    const selectorCount = bits.read(15);
    if (codeCount < 2 || codeCount > 6 || selectorCount < 1) throw new Error('bzip2: damaged block');
    const recent = [0, 1, 2, 3, 4, 5];
    for (let i = 0; i < selectorCount; i++) {
      let at = 0;
      while (bits.read(1) === 1) if (++at >= codeCount) throw new Error('bzip2: damaged block');
      const [code] = recent.splice(at, 1);
      recent.unshift(code!);
      this.selectors[i] = code!;
    }
    for (let code = 0; code < codeCount; code++) {
      let length = bits.read(5);
      for (let symbol = 0; symbol < symbolCount; symbol++) {
        while (bits.read(1) === 1) length += bits.read(1) === 1 ? -1 : 1;
        if (length < 1 || length > MAX_LENGTH) throw new Error('bzip2: damaged block');
        this.lengths[symbol] = length;
      }
      this.codes[code]!.set(this.lengths, symbolCount);
    }
    return selectorCount;
  }

  /** The last column: runs of the most recent byte, and moves to the front. */
  private readSymbols(bits: BitReader, used: number, selectorCount: number): void {
    const { chain, order, counts } = this;
    const end = used + 1;
    counts.fill(0);
    let length = 0;
    let run = 0;
    let weight = 1;
    for (let group = 0; group < selectorCount; group++) {
      const code = this.codes[this.selectors[group]!]!;
      for (let i = 0; i < GROUP_SYMBOLS; i++) {
        const symbol = code.next(bits);
        if (symbol === RUN_A || symbol === RUN_B) {
          run += weight << symbol;
          weight <<= 1;
          if (run > this.capacity) throw new Error('bzip2: damaged block');
          continue;
        }
        if (length + run + 1 > this.capacity + (symbol === end ? 1 : 0))
          throw new Error('bzip2: damaged block');
        if (run > 0) {
          const byte = order[0]!;
          chain.fill(byte, length, length + run);
          counts[byte]! += run;
          length += run;
          run = 0;
          weight = 1;
        }
        if (symbol === end) {
          this.length = length;
          return;
        }
        const byte = order[symbol - 1]!;
        order.copyWithin(1, 0, symbol - 1);
        order[0] = byte;
        chain[length++] = byte;
        counts[byte]!++;
      }
    }
    throw new Error('bzip2: damaged block');
  }

  /** Turns the last column into the chain through the first. */
  private link(): void {
    const { chain, counts } = this;
    let sum = 0;
    for (let byte = 0; byte < 256; byte++) {
      const count = counts[byte]!;
      counts[byte] = sum;
      sum += count;
    }
    for (let i = 0; i < this.length; i++) chain[counts[chain[i]! & 0xff]!++]! |= i << 8;
  }

  /** The block's bytes: four equal ones are followed by how many more there are. */
  plain(): Uint8Array {
    const { chain } = this;
    let { output } = this;
    let at = 0;
    let equal = 0;
    let previous = -1;
    let next = chain[this.origin]! >>> 8;
    for (let i = 0; i < this.length; i++) {
      const word = chain[next]!;
      const byte = word & 0xff;
      next = word >>> 8;
      if (at + 256 > output.length) output = this.grow(at);
      if (equal === 4) {
        output.fill(previous, at, at + byte);
        at += byte;
        equal = 0;
        previous = -1;
      } else {
        equal = byte === previous ? equal + 1 : 1;
        previous = byte;
        output[at++] = byte;
      }
    }
    return output.slice(0, at);
  }

  private grow(used: number): Uint8Array {
    const bigger = new Uint8Array(this.output.length * 2);
    bigger.set(this.output.subarray(0, used));
    this.output = bigger;
    return bigger;
  }
}
