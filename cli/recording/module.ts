/** The KVM of a host, as far as it tells what no probe sees: unpacked and read before a recording. */
import { compressionOf } from '../../parsers/compressed/detect.js';
import type { RecordLog } from '../../recorder/control.js';
import { isToldOf, ownCopies, type OwnCopies } from '../../recorder/inlined.js';
import { nodeCodecs } from '../../shell/codecs.node.js';

/** Far more than any kernel's KVM takes. */
export const MODULE_BYTES_MAX = 64 << 20;
const HEAD_BYTES = 16;

/** True where a host has a module, and probes of which it can tell something. */
export function wantsModule({ facts, probes }: RecordLog): boolean {
  return (facts['kvm-module'] ?? '') !== '' && isToldOf(probes.map(({ symbol }) => symbol));
}

/** What callers have copies of; undefined where there is no module, or it cannot be read. */
export async function copiesIn(
  module: Uint8Array | undefined,
  { probes }: RecordLog,
): Promise<readonly OwnCopies[] | undefined> {
  const bytes = module && (await unpacked(module));
  return (
    bytes &&
    ownCopies(
      bytes,
      probes.map(({ symbol }) => symbol),
    )
  );
}

/** Undefined for what is damaged, too large, or packed in a way that is not known. */
async function unpacked(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const codec = compressionOf(bytes.subarray(0, HEAD_BYTES));
  if (codec === undefined) return bytes;
  const { decompress } = await nodeCodecs();
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for (const piece of decompress[codec]([bytes])) {
      size += piece.length;
      if (size > MODULE_BYTES_MAX) return undefined;
      pieces.push(piece.slice());
    }
  } catch {
    // Whatever is wrong with it: then nothing is told of copies, as where there is no module.
    return undefined;
  }
  return Buffer.concat(pieces);
}
