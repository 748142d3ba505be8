/** Which finding comes first: a verdict outranks every severity. */
import type { Finding, Verdict } from './finding.js';

const VERDICT_RANKS: Readonly<Record<Verdict, number>> = { violation: 0, suspicious: 10, undecidable: 20 };

type Ranked = Pick<Finding, 'verdict' | 'severity'>;

/** Less for what is worse. */
export function rank({ verdict, severity }: Ranked): number {
  return VERDICT_RANKS[verdict] + severity;
}

/** The worst of these, the first where several are; undefined of none. */
export function worstOf<T extends Ranked>(ranked: readonly T[]): T | undefined {
  return ranked.reduce<T | undefined>((a, b) => (a && rank(a) <= rank(b) ? a : b), undefined);
}
