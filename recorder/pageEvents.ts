/** Events in the pages of a ring buffer, counted as they come. */

/** How a page is laid out, in bytes: a time, the length of its data in a long, the data. */
export interface PageShape {
  readonly bytes: number;
  readonly dataAt: number;
  readonly longBytes: 4 | 8;
}

const COMMIT_AT = 8;
const COMMIT_LENGTH = (1 << 27) - 1;
const TYPE_BITS = 5;
const TYPE_MASK = (1 << TYPE_BITS) - 1;
const PADDING = 29;

/** What the kernel's `events/header_page` says; undefined where it says nothing of use. */
export function pageShape(headerPage: string): PageShape | undefined {
  const field = (name: string): readonly number[] | undefined =>
    new RegExp(`field: \\S+ ${name};\\s*offset:(\\d{1,6});\\s*size:(\\d{1,6});`)
      .exec(headerPage)
      ?.slice(1)
      .map(Number);
  const [dataAt = 0, dataBytes = 0] = field('data') ?? [];
  const [commitAt, longBytes] = field('commit') ?? [];
  const bytes = dataAt + dataBytes;
  const isSound = commitAt === COMMIT_AT && dataAt > COMMIT_AT && bytes >= 512 && bytes <= 1 << 20;
  if (!isSound || (longBytes !== 4 && longBytes !== 8)) return undefined;
  return { bytes, dataAt, longBytes };
}

/** Records with data in a page of a little-endian machine. */
export function eventsIn(page: Uint8Array, { dataAt }: PageShape): number {
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  const end = Math.min(page.length, dataAt + (view.getUint32(COMMIT_AT, true) & COMMIT_LENGTH));
  let events = 0;
  let at = dataAt;
  while (at + 4 <= end) {
    const word = view.getUint32(at, true);
    const type = word & TYPE_MASK;
    if (type > 0 && type < PADDING) {
      events++;
      at += 4 + 4 * type;
      continue;
    }
    // Time stamps are two words; the rest of the page is empty where padding has no time.
    if (type > PADDING) at += 8;
    else if (type === PADDING && word >>> TYPE_BITS === 0) return events;
    else {
      const length = at + 8 <= end ? view.getUint32(at + 4, true) : 0;
      if (length < 4) return events;
      if (type === 0 && length > 4) events++;
      at += 4 + ((length + 3) & ~3);
    }
  }
  return events;
}
