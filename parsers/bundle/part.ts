import type { OpenTrace } from '../reader.js';
import type { Role } from './align.js';
import type { Guest } from './guest.js';

/** One file of a run. */
export interface Part {
  readonly path: string;
  readonly open: OpenTrace;
  readonly role: Role;
  /** Added to its times, to be on the first file's clock. */
  readonly offsetNs: bigint;
  /** Where the role is a guest's. */
  readonly guest?: Guest;
}
