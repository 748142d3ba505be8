/** What ends a command early, as values with an exit code. Anything else that is thrown is a bug of ours. */

export const EXIT = { clean: 0, violations: 1, unusable: 2, internal: 3 } as const;
/** What each code says, for the manual. */
export const EXIT_TEXTS: Readonly<Record<ExitCode, string>> = {
  [EXIT.clean]: 'Nothing was found; of `check`, that is no more than what could be judged.',
  [EXIT.violations]: 'Violations were found.',
  [EXIT.unusable]: 'A file or an argument cannot be used, or what was demanded could not be judged.',
  [EXIT.internal]: 'A bug of shimtrace.',
};
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The user's arguments make no sense: says what was expected. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was kept of a trace is damaged behind its report; it was removed, and the trace is to be read. */
export class KeptDamaged extends Error {
  override readonly name = 'KeptDamaged';
}

/** An input cannot be used: names the file, says what was expected and what to do. Exit code 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
