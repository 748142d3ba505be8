/** Cooperative cancellation: a value that long loops poll. The shell sets it; the core never blocks on it. */
export interface CancelToken {
  readonly cancelled: boolean;
}

export const NEVER_CANCELLED: CancelToken = { cancelled: false };
