/**
 * What is wrong, in the few words that head a finding: `private while mapped`, behind the page. Two findings
 * with the same words are of one kind, whichever rules say so.
 */
import type { Finding } from './finding.js';

/** The words of a rule's findings: always the same, or by what the message says; the last holds always. */
type Words = string | readonly (readonly [part: string, words: string])[];

const DEFECTS: Readonly<Record<string, Words>> = {
  A1: 'pinned while mappable',
  A2: [
    ['was mapped after', 'mapped after the block'],
    ['', 'faulted in after the block'],
  ],
  A3a: 'private without an unmap',
  A3b: 'private while mapped',
  A4a: 'mapping with other vm_ops',
  A4b: [
    ['remote or forced GUP', 'reached by a remote GUP'],
    ['', 'mapped without a fault'],
  ],
  G1: [
    ['became private while', 'private while mapped'],
    ['user fault on', 'private page faulted in'],
    ['', 'mapped while private'],
  ],
  G2: 'installed amid an invalidation',
  G2b: 'installed by a stale fault',
  G3: 'converted before its zap',
  G4: 'converted without a bracket',
  G5: [
    ['still open', 'bracket left open'],
    ['without a range', 'bracket without a range'],
    ['', 'bracket ended without a start'],
  ],
  G6: [
    ['deleted while', 'deleted under its SPTE'],
    ['', 'installed after its deletion'],
  ],
  G6b: 'deleted outside a bracket',
  G7: 'mapped by a fault of the other kind',
  G8: 'exits without a conversion',
  G9: [
    ['found it unsafe', 'private though found unsafe'],
    ['mapped by the host', 'private while mapped'],
    ['', 'private while pinned'],
  ],
  G9b: [
    ['names offset', '-EAGAIN names a wrong offset'],
    ['', 'stored, then refused'],
  ],
  G10: 'zapped for no change',
  G11: 'in the mirror and the direct root',
  G12: [
    ['made shared in the RMP', 'installed after it was made shared'],
    ['', 'installed unprepared'],
  ],
  G13: 'bound to two memslots',
  G14: 'given out poisoned',
  R1: [
    ['was mapped again', 'mapped twice'],
    ['', 'mapped in part'],
  ],
  R1b: 'mapping duplicated by fork',
  R2: 'get_pfn while mapped',
  R3a: 'notifiers out of order',
  R3b: 'notifier not started',
  R3c: [
    ['without its start', 'notifier ended without a start'],
    ['', 'notifier left open'],
  ],
  R4: [
    ['moved by mremap', 'mapping moved'],
    ['', 'mapping split'],
  ],
  R5: 'unmapped while referenced',
  R6: [
    ['during a conversion', 'mapped amid a conversion'],
    ['', 'mapped while private'],
  ],
  S1: 'bracket with nothing to zap',
  S2: 'mapped at release',
  S3: 'bracket open for long',
  S4: 'converted again and again',
  S5: 'no discard of the shared copy',
  S6: 'PSMASH failed',
  S7: 'memslot refused',
  S8: 'huge SPTE over both kinds',
  S9: 'conversion refused',
  S10: 'asked for, not stored',
  P1: 'donated to two owners',
  P2: 'taken by GUP while donated',
  P3: 'donated twice',
  P4: 'not returned at the end',
  P5: 'mapped after a forced reclaim',
  P6: [
    ['taken back twice', 'taken back twice'],
    ['', 'shared twice'],
  ],
  P7: 'donated as another frame',
  P8: [
    ['is unpinned', 'unpinned while donated'],
    ['', 'donated without a pin'],
  ],
};

/** What is wrong, without the page; of what is not decided, that. */
export function defectOf({ rule, verdict, message }: Pick<Finding, 'rule' | 'verdict' | 'message'>): string {
  if (verdict === 'undecidable') return 'not decided';
  const words = DEFECTS[rule] ?? 'rule broken';
  if (typeof words === 'string') return words;
  return words.find(([part]) => message.includes(part))![1];
}

/**
 * Defects that one event has together, where one omission makes both: a fault that does not look whether it
 * is stale, a hole without its invalidation, a check whose answer is not heeded.
 */
export const COMPANIONS: readonly (readonly [string, string])[] = [
  ['installed amid an invalidation', 'installed by a stale fault'],
  ['installed amid an invalidation', 'installed after its deletion'],
  ['installed by a stale fault', 'installed after its deletion'],
  ['deleted under its SPTE', 'deleted outside a bracket'],
  ['private though found unsafe', 'stored, then refused'],
  ['private while pinned', 'stored, then refused'],
  ['private while mapped', 'stored, then refused'],
];
