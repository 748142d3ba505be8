/** What is wrong with an expression, and where: shown to whoever wrote it. */
export class ExprError extends Error {
  override readonly name = 'ExprError';
  /** `at` is a character offset in the expression. */
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}
