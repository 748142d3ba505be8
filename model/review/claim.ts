/**
 * Claims about what a patch does, held against recordings without and with it. A claim is supported only
 * where what it forbids shows without the patch, and checks with it were decided and came out well: a check
 * that was never made, or could not be decided, counts for nothing.
 */

export type Claim =
  | {
      readonly text: string;
      readonly about: 'rule';
      readonly rule: string;
      readonly within: string | undefined;
    }
  | {
      readonly text: string;
      readonly about: 'function';
      readonly name: string;
      readonly what: 'runs' | 'never-runs' | 'returns';
      /** What it returns, '' for the others. */
      readonly result: string;
    };

/** What a claim may be, for whoever wrote another. */
export const CLAIM_FORMS =
  "'G9 never', 'G9 never in FUNCTION', 'FUNCTION runs', 'FUNCTION never runs', 'FUNCTION returns -11'";

/** `G9 never`, `G9 never in f`, `f runs`, `f never runs`, `f returns -11`; undefined for anything else. */
export function parseClaim(text: string, rules: readonly string[]): Claim | undefined {
  const words = text.trim().split(/\s+/);
  const [first = '', second, third, fourth] = words;
  const name = plain(first);
  if (rules.includes(first) && second === 'never') {
    if (words.length === 2) return { text, about: 'rule', rule: first, within: undefined };
    if (words.length === 4 && third === 'in')
      return { text, about: 'rule', rule: first, within: plain(fourth!) };
    return undefined;
  }
  if (!/^[A-Za-z_]\w*$/.test(name)) return undefined;
  const claim = { text, about: 'function', name, result: '' } as const;
  if (words.length === 2 && second === 'runs') return { ...claim, what: 'runs' };
  if (words.length === 3 && second === 'never' && third === 'runs') return { ...claim, what: 'never-runs' };
  if (words.length === 3 && second === 'returns' && /^-?(?:0x[0-9a-f]+|\d+)$/.test(third!))
    return { ...claim, what: 'returns', result: third! };
  return undefined;
}

const plain = (name: string): string => name.replace(/\(\)$/, '');

/** What one set of recordings says of a rule. */
export interface SetOutcome {
  readonly state: 'broken' | 'held' | 'no-occasion' | 'undecided';
  /** Checks that were broken, and those that were decided. */
  readonly broken: number;
  readonly decided: number;
  readonly undecided: number;
  /** What was missing, or why it could not be decided. */
  readonly why: readonly string[];
}

export type ClaimVerdict = 'supports' | 'supports-weakly' | 'contradicts' | 'cannot-tell';

export interface ClaimResult {
  readonly claim: Claim;
  readonly verdict: ClaimVerdict;
  /** One sentence. */
  readonly reason: string;
  /** Chance that a kernel as broken as before passes as many checks; undefined where it says nothing. */
  readonly luck: number | undefined;
}

/** Above this, what was seen may well be luck. */
const LUCK_MAX = 0.05;

/** A claim about a rule, by what both sets say of it; `before` is undefined where there is no recording. */
export function judgeRule(claim: Claim, before: SetOutcome | undefined, after: SetOutcome): ClaimResult {
  const result = (verdict: ClaimVerdict, reason: string, luck?: number): ClaimResult => ({
    claim,
    verdict,
    reason,
    luck,
  });
  if (after.state === 'broken')
    return result(
      'contradicts',
      `it is broken with the patch, in ${after.broken} of ${after.decided} checks`,
    );
  if (after.state === 'undecided') return result('cannot-tell', undecidedText('with', after));
  if (after.state === 'no-occasion')
    return result('cannot-tell', 'with the patch nothing happened that it is about');
  if (before === undefined) return result('cannot-tell', 'there is no recording without the patch');
  if (before.state === 'undecided') return result('cannot-tell', undecidedText('without', before));
  if (before.state !== 'broken') return result('cannot-tell', 'it does not show without the patch either');
  const luck = luckOf(before, after.decided);
  const held = `broken in ${before.broken} of ${before.decided} checks without the patch, in none of ${after.decided} with it`;
  if (luck <= LUCK_MAX) return result('supports', held, luck);
  const more = checksNeeded(before) - after.decided;
  return result(
    'supports-weakly',
    `${held}; ${percent(luck)} by luck, about ${more} more checks are needed`,
    luck,
  );
}

function undecidedText(which: string, { decided, broken, undecided, why }: SetOutcome): string {
  const held = decided > broken ? `held in ${decided - broken}, ` : '';
  const reasons = why.length === 0 ? '' : `: ${why.join('; ')}`;
  return `${which} the patch it ${held}is undecided${undecided > 0 ? ` in ${undecided}` : ''}${reasons}`;
}

/** Checks are taken to be independent of each other. */
function luckOf({ broken, decided }: SetOutcome, checks: number): number {
  return (1 - broken / decided) ** checks;
}

/** Checks after which luck is unlikely enough. */
function checksNeeded({ broken, decided }: SetOutcome): number {
  if (broken === decided) return 1;
  return Math.ceil(Math.log(LUCK_MAX) / Math.log(1 - broken / decided));
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** What recordings with the patch show of one function, all of them together. */
export interface FunctionFacts {
  /** Something proves that it ran. */
  readonly hasRun: boolean;
  /** It was recorded, nothing was lost, and it was not seen. */
  readonly didNotRun: boolean;
  readonly returns: number;
  readonly results: ReadonlyMap<string, number>;
  /** Nothing of the recordings is missing. */
  readonly isWhole: boolean;
}

export function judgeFunction(claim: Claim & { about: 'function' }, facts: FunctionFacts): ClaimResult {
  const result = (verdict: ClaimVerdict, reason: string): ClaimResult => ({
    claim,
    verdict,
    reason,
    luck: undefined,
  });
  const { name, what } = claim;
  if (what === 'returns') return judgeReturns(claim, facts);
  if (facts.hasRun) return result(what === 'runs' ? 'supports' : 'contradicts', `${name}() ran`);
  if (facts.didNotRun)
    return result(what === 'runs' ? 'contradicts' : 'supports', `${name}() was recorded and did not run`);
  return result('cannot-tell', `nothing recorded shows whether ${name}() ran`);
}

function judgeReturns(claim: Claim & { about: 'function' }, facts: FunctionFacts): ClaimResult {
  const { name, result: wanted } = claim;
  const count = facts.results.get(wanted) ?? 0;
  const result = (verdict: ClaimVerdict, reason: string): ClaimResult => ({
    claim,
    verdict,
    reason,
    luck: undefined,
  });
  if (count > 0)
    return result('supports', `${name}() returned ${wanted} in ${count} of ${facts.returns} returns`);
  if (facts.returns > 0 && facts.isWhole)
    return result('contradicts', `${name}() returned ${facts.returns} times, never ${wanted}`);
  return result('cannot-tell', `no recording shows what ${name}() returned`);
}
