/**
 * What a file is known again by without reading it: where it lies, its size and times, and some blocks of it.
 * Its i-node's change time is set by the kernel at every write and cannot be set by anybody; a file that has
 * the same one, and was not written shortly before it was read, was not written since.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { fields, text, type Shaped } from '../../parsers/base/shape.js';

const SAMPLES = 32;
const SAMPLE_BYTES = 4096;
const NS_PER_MS = 1_000_000n;

/**
 * File systems of other machines and of programs, by Linux' numbers: their times are another's word, and may
 * come late (NFS, SMB, CIFS, SMB2, FUSE, 9p, Ceph, AFS, vboxsf).
 */
const FAR = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x00c36400, 0x5346414f, 0x786f4256,
]);

export const isStamps = fields({ dev: text, ino: text, size: text, mtimeNs: text, ctimeNs: text });
export type Stamps = Shaped<typeof isStamps>;

export interface FileMark {
  readonly stamps: Stamps;
  /** Digest of some of its blocks. */
  readonly samples: string;
  /** True where the stamps prove, as long as they stay, that nothing was written. */
  readonly isSettled: boolean;
}

/**
 * The mark of a file as it lies there now; undefined for what is no file, and where it cannot be read. It is
 * not settled where it was written in the last `youngMs`.
 */
export function markOf(path: string, youngMs: number): FileMark | undefined {
  const settled = BigInt(Date.now() - youngMs) * NS_PER_MS;
  let fd: number;
  try {
    fd = fs.openSync(path, 'r');
  } catch {
    // Whoever reads the trace says what is wrong with it.
    return undefined;
  }
  try {
    const stat = fs.fstatSync(fd, { bigint: true });
    if (!stat.isFile()) return undefined;
    return {
      stamps: {
        dev: String(stat.dev),
        ino: String(stat.ino),
        size: String(stat.size),
        mtimeNs: String(stat.mtimeNs),
        ctimeNs: String(stat.ctimeNs),
      },
      samples: samplesOf(fd, Number(stat.size)),
      isSettled: [stat.mtimeNs, stat.ctimeNs].every((ns) => ns < settled) && !isFar(path),
    };
  } catch {
    // As above.
    return undefined;
  } finally {
    fs.closeSync(fd);
  }
}

function isFar(path: string): boolean {
  return process.platform === 'linux' && FAR.has(fs.statfsSync(path).type >>> 0);
}

/** Its head, its tail and blocks between, at even distances. */
function samplesOf(fd: number, size: number): string {
  const sum = createHash('sha256');
  const block = new Uint8Array(SAMPLE_BYTES);
  const last = Math.max(0, size - SAMPLE_BYTES);
  for (let i = 0; i < SAMPLES; i++) {
    const got = fs.readSync(fd, block, 0, SAMPLE_BYTES, Math.floor((last * i) / (SAMPLES - 1)));
    sum.update(block.subarray(0, got));
  }
  return sum.digest('hex');
}

export function sameStamps(a: Stamps, b: Stamps): boolean {
  return (
    a.dev === b.dev &&
    a.ino === b.ino &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  );
}
