/** What is found in a trace while it is recorded: what the thread that judges it tells. */
export interface LiveVerdict {
  readonly violations: readonly LiveViolation[];
}

export interface LiveViolation {
  readonly rule: string;
  readonly line: number;
  readonly message: string;
}
