/**
 * The ring buffer's own description: `header_page` gives the sizes of a sub-buffer's header, which depend on
 * the kernel's word size.
 *
 *     	field: u64 timestamp;	offset:0;	size:8;	signed:0;
 *     	field: local_t commit;	offset:8;	size:8;	signed:1;
 *     	field: char data;	offset:16;	size:4080;	signed:0;
 */
export interface PageLayout {
  readonly commitOffset: number;
  /** Bytes of `commit`, which are those of the kernel's long. */
  readonly commitSize: number;
  readonly dataOffset: number;
}

/** The layout of a kernel with longs of `longSize` bytes, where the trace does not describe it. */
export function defaultPageLayout(longSize: number): PageLayout {
  return { commitOffset: 8, commitSize: longSize, dataOffset: 8 + longSize };
}

/** Reads a `header_page` text; what it does not say is taken from the word size. */
export function parsePageLayout(text: string, longSize: number): PageLayout {
  const commit = /field:[^;]*\bcommit;\s*offset:(\d+);\s*size:(\d+);/.exec(text);
  const data = /field:[^;]*\bdata;\s*offset:(\d+);\s*size:(\d+);/.exec(text);
  const commitSize = Number(commit?.[2] ?? longSize);
  const commitOffset = Number(commit?.[1] ?? 8);
  const dataOffset = Number(data?.[1] ?? commitOffset + commitSize);
  if (
    (commitSize !== 4 && commitSize !== 8) ||
    commitOffset > 64 ||
    dataOffset > 128 ||
    dataOffset < commitOffset + commitSize
  )
    return defaultPageLayout(longSize);
  return { commitOffset, commitSize, dataOffset };
}
