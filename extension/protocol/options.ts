/** How a trace is judged. */
import type { ProfileId } from '../../model/findings/finding.js';
import type { ClockName } from '../../parsers/events/table.js';

export interface CheckOptions {
  readonly profiles?: readonly ProfileId[];
  readonly skewNs?: number;
  readonly clock?: ClockName;
  /** Bytes of a page of the traced kernel. */
  readonly pageBytes?: number;
  /** Show a text without its padding: places are those of that listing. */
  readonly compact?: boolean;
}
