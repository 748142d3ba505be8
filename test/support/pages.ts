/** Golden pages of many cases: each has a heading, and what is said of it is indented below. */

/** A case as it stands on its page. */
export const caseText = (heading: string, said: readonly string[]): string =>
  [heading, ...said.map((line) => `  ${line}`)].join('\n');

export const pageOf = (cases: readonly string[]): string => `${cases.join('\n')}\n`;

/** The cases of a page, each with its heading. */
export const casesOf = (page: string): readonly string[] => page.trimEnd().split(/\n(?! )/);

export const headingOf = (text: string): string => text.split('\n', 1)[0]!;
