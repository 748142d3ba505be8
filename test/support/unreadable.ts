/** Texts of which single events, or all of a name, have arguments that nobody can read. */

/** What stands before an event, its name, and the place of a probe. */
const EVENT = /^(.{16,}?-\d+ .*? \d+\.\d+: )(\w+)(: (?:\([^)]*\))?)(.*)$/;
const UNREADABLE = ' ?';

/** The names of a text's events. */
export function namesOf(text: string): readonly string[] {
  return [...new Set(text.split('\n').flatMap((line) => EVENT.exec(line)?.[2] ?? []))];
}

/** The text, with an event's arguments gone: of all such events, or of the `nth` alone. */
export function blank(text: string, name: string, nth = -1): string {
  let at = 0;
  return text
    .split('\n')
    .map((line) => {
      const m = EVENT.exec(line);
      if (m?.[2] !== name || (nth >= 0 && at++ !== nth)) return line;
      return m[1]! + m[2] + m[3]! + UNREADABLE;
    })
    .join('\n');
}
