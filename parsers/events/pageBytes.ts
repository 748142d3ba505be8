/** How large the pages of the traced kernel are, where the trace or what lies beside it says so. */
import type { TraceMeta } from './table.js';

/**
 * What distributions put behind a kernel's release: 7.3.4+deb13-arm64-16k, 6.12.0-55.el10.aarch64+64k-debug,
 * 6.12.0-160000.5-64kb, 6.6.31-v8-16k+.
 */
const NAMED = /[-+](16|64)kb?(?:[-+](?:debug|rt)|\+)?$/;
/** Kernels of machines that take no other: the Raspberry Pi 5's and Asahi's. */
const OF_16K = /-rpi-2712$|[-.]asahi\b/;
/** What names its kernels of other pages, names those of 4 KiB so. */
const OF_4K = /[-.](?:arm64|aarch64|generic|default)$/;

/** Bytes, as the recorder or the kernel's name says them; undefined where neither does. */
export function pageBytesSaid({
  pageBytes,
  kernel,
}: Pick<TraceMeta, 'pageBytes' | 'kernel'>): number | undefined {
  if (pageBytes !== undefined) return pageBytes;
  const named = NAMED.exec(kernel);
  if (named) return Number(named[1]) * 1024;
  if (OF_16K.test(kernel)) return 16384;
  return OF_4K.test(kernel) ? 4096 : undefined;
}
