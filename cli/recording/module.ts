/** The KVM of a host, as far as it tells what no probe sees: brought and read before a recording. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compressionOf } from '../../parsers/compressed/detect.js';
import type { RecordLog } from '../../recorder/control.js';
import { isToldOf, ownCopies, type OwnCopies } from '../../recorder/inlined.js';
import { nodeCodecs } from '../../shell/codecs.node.js';
import type { Output } from '../output.js';
import { fetchFile } from './fetch.js';
import type { Transport } from './transport.js';

/** Far more than any kernel's KVM takes. */
const MODULE_BYTES_MAX = 64 << 20;
const HEAD_BYTES = 16;
const SILENT: Output = { out: () => undefined, err: () => undefined, progress: () => undefined };

/** What its callers have copies of; undefined where there is no module, or it cannot be read. */
export async function copiesOn(
  transport: Transport,
  log: RecordLog,
): Promise<readonly OwnCopies[] | undefined> {
  const module = log.facts['kvm-module'] ?? '';
  const probed = log.probes.map(({ symbol }) => symbol);
  if (module === '' || !isToldOf(probed)) return undefined;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
  try {
    const file = path.join(folder, 'kvm.ko');
    if (!(await fetchFile(transport, module, file, SILENT))) return undefined;
    const bytes = await unpacked(fs.readFileSync(file));
    return bytes && ownCopies(bytes, probed);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
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
