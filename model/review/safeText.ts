/** Text of others within text of ours: patches and traces come from anybody. */

/** Controls, and characters that turn the direction of text or have no width. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ODD = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line, with what would not be seen, or would hide what is, as `\u202e`; tabs stay. */
export function escapeControls(text: string): string {
  return text.replace(ODD, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A header of a mail on one line: nothing in it can begin another one. */
export function headerText(text: string): string {
  return escapeControls(text.replace(/[\r\n\t]+/g, ' ')).trim();
}
