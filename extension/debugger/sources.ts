/**
 * Between the adapter's parts of a listing and the editor's documents that show them,
 * in messages of the debug protocol.
 */
import { LISTING_ORIGIN } from './lines.js';

interface Source {
  readonly path?: unknown;
  readonly sourceReference?: unknown;
  readonly origin?: unknown;
}

/** A message with every source in it replaced; the message itself where there is none. */
function replaced(message: unknown, replace: (source: Source) => object): unknown {
  if (Array.isArray(message)) return message.map((item: unknown) => replaced(item, replace));
  if (typeof message !== 'object' || message === null) return message;
  return Object.fromEntries(
    Object.entries(message).map(([key, value]: [string, unknown]) => [
      key,
      key === 'source' && typeof value === 'object' && value !== null
        ? replace(value)
        : replaced(value, replace),
    ]),
  );
}

/** To the editor: a part of the listing is the document at `addressOf(part)`. */
export function toDocuments(message: unknown, addressOf: (part: number) => string): unknown {
  return replaced(message, (source) => {
    const { sourceReference, origin, ...rest } = source;
    if (origin !== LISTING_ORIGIN || typeof sourceReference !== 'number' || sourceReference < 1)
      return source;
    return { ...rest, path: addressOf(sourceReference - 1) };
  });
}

/** From the editor: a document that is a part of the listing, which `partOf` knows, is the adapter's. */
export function fromDocuments(message: unknown, partOf: (address: string) => number | undefined): unknown {
  return replaced(message, (source) => {
    const part = typeof source.path === 'string' ? partOf(source.path) : undefined;
    return part === undefined ? source : { sourceReference: part + 1, origin: LISTING_ORIGIN };
  });
}
