/** Whether a word is a kind of event. */
import { VOCABULARY, type EventKind } from '../parsers/events/vocabulary.js';

const KINDS: ReadonlySet<string> = new Set(VOCABULARY.map(({ kind }) => kind));

export function isEventKind(word: string | undefined): word is EventKind {
  return word !== undefined && KINDS.has(word);
}
