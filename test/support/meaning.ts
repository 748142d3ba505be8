/** What another text of a trace means, compared with the first. */
import { judgeText } from '../golden/judge.js';
import { PROFILES } from '../../model/findings/finding.js';
import { meaningText } from './operations.js';

/** What a text means, without the lines of its events: they differ where a line was put in. */
export const meaningOf = (text: string): readonly string[] =>
  meaningText(judgeText(text, PROFILES, { rules: [] }))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line
        .replace(/^line \S+: /, '')
        .replace(/lines \S+ to \S+/, '')
        .replace(/; [\d -]+$/, ''),
    );

/** Lines of `one` that `other` has not as often, in their order. */
export function beyond(one: readonly string[], other: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of other) left.set(line, (left.get(line) ?? 0) + 1);
  return one.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

/** What a changed text does not mean any more, behind `-`, and what only it means, behind `+`. */
export function changeOfMeaning(whole: readonly string[], changed: string): string[] {
  const meaning = meaningOf(changed);
  return [
    ...beyond(whole, meaning).map((line) => `- ${line}`),
    ...beyond(meaning, whole).map((line) => `+ ${line}`),
  ];
}
