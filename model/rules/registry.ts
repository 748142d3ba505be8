/** All rules, in the order in which they are shown. */
import type { RuleDef } from './rule.js';
import { r1 } from './sean-2022/r1-whole-single-map.js';
import { r1b } from './sean-2022/r1b-fork.js';
import { r2 } from './sean-2022/r2-no-getpfn-while-mapped.js';
import { r3a } from './sean-2022/r3a-notifier-order.js';
import { r3b } from './sean-2022/r3b-notifier-complete.js';
import { r3c } from './sean-2022/r3c-balance.js';
import { r4 } from './sean-2022/r4-no-split.js';
import { r5 } from './sean-2022/r5-refs-at-unmap.js';
import { r6 } from './sean-2022/r6-map-when-all-shared.js';
import { a1 } from './luto-2022/a1-no-gup-when-mappable.js';
import { a2 } from './luto-2022/a2-no-fault-after-block.js';
import { a3a } from './luto-2022/a3a-unmap-before-private.js';
import { a3b } from './luto-2022/a3b-rmap-empty.js';
import { a4a } from './luto-2022/a4a-own-vm-ops.js';
import { a4b } from './luto-2022/a4b-other-route.js';
import { g1 } from './guest-memfd/g1-private-never-mapped.js';
import { g2 } from './guest-memfd/g2-no-install-during-invalidate.js';
import { g2b } from './guest-memfd/g2b-stale-seq.js';
import { g3 } from './guest-memfd/g3-zap-before-store.js';
import { g4 } from './guest-memfd/g4-bracket.js';
import { g5 } from './guest-memfd/g5-balance.js';
import { g6 } from './guest-memfd/g6-punch-vs-getpfn.js';
import { g6b } from './guest-memfd/g6b-unbracketed-truncate.js';
import { g7 } from './guest-memfd/g7-mismatch-exit.js';
import { g8 } from './guest-memfd/g8-exit-convert-retry.js';
import { g9 } from './guest-memfd/g9-refs-safe.js';
import { g9b } from './guest-memfd/g9b-eagain-contract.js';
import { g10 } from './guest-memfd/g10-idempotent.js';
import { g11 } from './guest-memfd/g11-no-alias.js';
import { g12 } from './guest-memfd/g12-prepared-once.js';
import { g13 } from './guest-memfd/g13-slot-exclusive.js';
import { g14 } from './guest-memfd/g14-poison.js';
import { s1 } from './guest-memfd/s1-wasted-bracket.js';
import { s2 } from './guest-memfd/s2-rmap-at-end.js';
import { s3 } from './guest-memfd/s3-long-bracket.js';
import { s4 } from './guest-memfd/s4-conversion-storm.js';
import { s5 } from './guest-memfd/s5-discard-missing.js';
import { s6 } from './guest-memfd/s6-psmash.js';
import { s7 } from './guest-memfd/s7-refused-memslot.js';
import { s8 } from './guest-memfd/s8-mixed-huge-page.js';
import { s10 } from './guest-memfd/s10-asked-not-stored.js';
import { s9 } from './guest-memfd/s9-refused-conversion.js';
import { p1 } from './pkvm/p1-one-owner.js';
import { p2 } from './pkvm/p2-host-excluded.js';
import { p3 } from './pkvm/p3-one-donation.js';
import { p4 } from './pkvm/p4-returned-at-end.js';
import { p5 } from './pkvm/p5-host-access-fatal.js';
import { p6 } from './pkvm/p6-share-pairs.js';
import { p7 } from './pkvm/p7-contents-preserved.js';
import { p8 } from './pkvm/p8-pinned-while-donated.js';

export const RULES: readonly RuleDef[] = [
  r1,
  r1b,
  r2,
  r3a,
  r3b,
  r3c,
  r4,
  r5,
  r6,
  a1,
  a2,
  a3a,
  a3b,
  a4a,
  a4b,
  g1,
  g2,
  g2b,
  g3,
  g4,
  g5,
  g6,
  g6b,
  g7,
  g8,
  g9,
  g9b,
  g10,
  g11,
  g12,
  g13,
  g14,
  s1,
  s2,
  s3,
  s4,
  s5,
  s6,
  s7,
  s8,
  s9,
  s10,
  p1,
  p2,
  p3,
  p4,
  p5,
  p6,
  p7,
  p8,
];

export const RULE_IDS: readonly string[] = RULES.map(({ id }) => id);
