/** What a terminal can show, and the escapes for it. */
import type { Look, Style } from '../model/findings/styledLine.js';

export const COLOR_WHEN = ['auto', 'always', 'never'] as const;
type ColorWhen = (typeof COLOR_WHEN)[number];

/** Select Graphic Rendition (ECMA-48, 8.3.117), in the terminal's own palette, so that any theme fits. */
const SGR: Readonly<Record<Style, string>> = {
  place: '36',
  error: '1;31',
  warning: '1;33',
  good: '32',
  strong: '1',
  faint: '2',
};

const paint = (style: Style, text: string): string => `\u001b[${SGR[style]}m${text}\u001b[0m`;

/** A terminal that text is written to. */
export interface Terminal {
  readonly columns: number | undefined;
}

/**
 * How to write to `terminal`, or to a pipe or a file where there is none. NO_COLOR with any text in it
 * (no-color.org) and a terminal that calls itself dumb are heard where the user does not say `when`.
 */
export function lookFor(terminal: Terminal | undefined, when: ColorWhen, env: NodeJS.ProcessEnv): Look {
  const isAsked = when === 'always' || (when === 'auto' && terminal !== undefined && !refuses(env));
  return {
    ...(terminal?.columns === undefined ? {} : { columns: terminal.columns }),
    ...(isAsked ? { paint } : {}),
  };
}

function refuses({ NO_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  return (NO_COLOR !== undefined && NO_COLOR !== '') || TERM === 'dumb';
}
