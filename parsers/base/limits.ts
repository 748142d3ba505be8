/**
 * Limits of what a machine and its JavaScript can hold, and errors that say that one was met. Whoever reads
 * or judges keeps what there was until then.
 */

/** A limit of our own was met: `message` says which, as a clause. */
export class LimitMet extends Error {
  override readonly name = 'LimitMet';
}

const OF_MEMORY = 'there is no memory for more';

/** What engines say where a limit of theirs is met, and which it is. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [
    /Map maximum size exceeded|Set maximum size exceeded/,
    'a table has 16.7 million entries, and takes no more',
  ],
  [/Array buffer allocation failed|out of memory|could not allocate memory|ENOMEM/i, OF_MEMORY],
  [/^Invalid typed array length: \d|Invalid array buffer length/, 'a column is as long as it can be'],
  [/^Invalid array length$/, 'a list is as long as it can be'],
  [/Invalid string length|Cannot create a string longer than/, 'a text is as long as it can be, 512 MB'],
  [/Maximum call stack size exceeded/, 'a list is longer than can be handed over at once'],
];

/** Which limit an error says was met, as a clause; undefined for any other error. */
export function limitOf(error: unknown): string | undefined {
  if (error instanceof LimitMet) return error.message;
  if (!(error instanceof Error)) return undefined;
  return SAID.find(([words]) => words.test(error.message))?.[1];
}

/** Does some work; returns which limit ended it, undefined where none did. */
export function limitMetBy(work: () => void): string | undefined {
  try {
    work();
  } catch (error) {
    const limit = limitOf(error);
    if (limit === undefined) throw error;
    return limit;
  }
  return undefined;
}
