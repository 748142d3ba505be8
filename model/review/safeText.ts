/** Text of others within text of ours: patches and traces come from anybody. */
import { UNSEEN } from '../../parsers/base/visible.js';

/** One line, with what would not be seen, or would hide what is, as `\u202e`; tabs stay. */
export function escapeControls(text: string): string {
  return text.replace(UNSEEN, (c) => (c === '\t' ? c : escaped(c)));
}

/** A character above U+FFFF has two units, each escaped. */
function escaped(character: string): string {
  return character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A header of a mail on one line: nothing in it can begin another one. */
export function headerText(text: string): string {
  return escapeControls(text.replace(/[\r\n\t]+/g, ' ')).trim();
}
