/** What ends a command early, as values with an exit code. Anything else that is thrown is a bug of ours. */

export const EXIT = { clean: 0, violations: 1, unusable: 2, internal: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The user's arguments make no sense: says what was expected. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** An input cannot be used: names the file, says what was expected and what to do. Exit code 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
