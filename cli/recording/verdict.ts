/** What is found in a trace while it is recorded: what the thread that judges it tells. */
export interface LiveVerdict {
  /** One for each rule that is broken, with its first violation. */
  readonly violations: readonly LiveViolation[];
}

export interface LiveViolation {
  readonly rule: string;
  readonly count: number;
  readonly line: number;
  readonly message: string;
}
