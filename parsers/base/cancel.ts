/** Cooperative cancellation: a value that long loops poll. The shell sets it; the core never blocks on it. */
export interface CancelToken {
  readonly cancelled: boolean;
  /** The limit that was met, as a clause; undefined where the work was cancelled by somebody. */
  readonly limit?: string | undefined;
}

export const NEVER_CANCELLED: CancelToken = { cancelled: false };
