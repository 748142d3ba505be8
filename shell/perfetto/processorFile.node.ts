/** Where the trace processor's WebAssembly is on this machine. */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = 'perfetto/trace_processor.wasm';

/**
 * The bytes of the processor: of `wanted`, where the user names one, else of the one that lies beside the
 * bundles; undefined where there is none. Throws as Node does where `wanted` cannot be read.
 */
export function processorCode(wanted: string | undefined, bundles: string): Uint8Array | undefined {
  if (wanted !== undefined) return fs.readFileSync(wanted);
  const file = path.join(bundles, NAME);
  return fs.existsSync(file) ? fs.readFileSync(file) : undefined;
}

/** The folder of bundles that a module lies in; of one that is not bundled, dist/ of the project. */
export function bundlesOf(url: string): string {
  const folder = path.dirname(fileURLToPath(url));
  const parts = folder.split(path.sep);
  const out = parts.lastIndexOf('out');
  return out < 0 ? folder : [...parts.slice(0, out), 'dist'].join(path.sep);
}
