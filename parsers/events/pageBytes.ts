/** How large the pages of the traced kernel are, where the trace or what lies beside it says so. */
import type { TraceMeta } from './table.js';

/** What distributions put behind a kernel's release: 7.3.4+deb13-arm64-16k, 6.12.0-55.el10.aarch64+64k. */
const NAMED = /[-+](16|64)k$/;

/** Bytes, as the recorder or the kernel's name says them; undefined where neither does. */
export function pageBytesSaid({
  pageBytes,
  kernel,
}: Pick<TraceMeta, 'pageBytes' | 'kernel'>): number | undefined {
  const named = NAMED.exec(kernel);
  return pageBytes ?? (named ? Number(named[1]) * 1024 : undefined);
}
