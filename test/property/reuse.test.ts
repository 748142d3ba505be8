/**
 * Names are used again: kvm pointers, thread groups, threads, inode numbers, descriptors, slots, page
 * pointers, frames. So no recording of a correct kernel has a violation when it is followed by itself, in
 * whose second life all names mean something else; none when another goes on beside it with the same inode
 * numbers, slots and gfns; and what is wrong in a second life is found all the same.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import type { EventTable } from '../../parsers/events/table.js';
import { readTrace } from '../../parsers/index.js';
import { PROFILES, type ProfileId } from '../../model/findings/finding.js';
import { analyze } from '../../model/index.js';
import { samplesIn } from '../golden/samples.js';
import { bytesOf, labelsOf, SHIPPED } from '../labelled/labels.js';
import { interleaved, namesLike, oneAfterAnother } from '../support/joined.js';
import { tries } from '../support/tries.js';

const SLOW_MS = 120_000;
/** Between two lives: processes come and go much faster, but no time can be too long. */
const PAUSE_NS = 2e12;
/** Of each so many kinds of events in all recordings one is left out of two lives. */
const KINDS_STEP = tries('LIVES', 3, 1);
/** How long after the first recording another begins that goes on beside it. */
const LATER_NS = [700, 300_000, 3_000_000, 100_000_000];

interface Recording {
  readonly name: string;
  readonly table: EventTable;
  readonly profiles: readonly ProfileId[];
}

function tableOf(bytes: Uint8Array): EventTable {
  return readTrace(new MemorySource(bytes), { cancel: NEVER_CANCELLED }).table;
}

/** `rule profile@row` of every violation, in their order. */
function violations(table: EventTable, profiles: readonly ProfileId[]): readonly string[] {
  return analyze(table, { profiles })
    .findings.filter((f) => f.verdict === 'violation')
    .map((f) => `${f.rule} ${f.profile}@${f.at}`);
}

/** How many checks of each rule are undecided. */
function undecidedOf(table: EventTable): ReadonlyMap<string, number> {
  const { rules } = analyze(table, { profiles: PROFILES });
  return new Map(rules.map(({ id, profile, undecided }) => [`${id} ${profile}`, undecided]));
}

/** The same violation that many rows later. */
function later(violation: string, rows: number): string {
  const [rule, row] = violation.split('@');
  return `${rule}@${Number(row) + rows}`;
}

/** As many lives of a recording one after another, and what is found in them that it does not have itself. */
function foundInLives({ table, profiles }: Recording, lives: number): readonly string[] {
  if (table.length === 0) return [];
  const alone = violations(table, profiles);
  const span = table.ts(table.length - 1) - table.ts(0);
  const takes = Array.from({ length: lives }, (_, i) => ({ table, shift: i * (span + PAUSE_NS) }));
  const allowed = new Set(takes.flatMap((_, i) => alone.map((v) => later(v, i * table.length))));
  return violations(oneAfterAnother(takes), profiles).filter((v) => !allowed.has(v));
}

/**
 * What is found of a recording and of another beside it, begun later, that neither has alone. The other is of
 * other tasks and VMs, but its files have the same inode numbers, and its slots and gfns may be the same.
 */
function foundBeside(one: Recording, other: Recording, laterNs: number): readonly string[] {
  const { profiles } = one;
  const shift = one.table.ts(0) + laterNs - other.table.ts(0);
  const like = namesLike(other.table, one.table);
  const joined = interleaved(
    { table: one.table, shift: 0 },
    { table: other.table, shift, isOther: true, like },
  );
  const allowed = new Set(
    [one, other].flatMap(({ table }, which) =>
      violations(table, profiles).map((v) => {
        const [rule, row] = v.split('@');
        return `${rule}@${joined.rows[which]![Number(row)]!}`;
      }),
    ),
  );
  return violations(joined.table, profiles).filter((v) => !allowed.has(v));
}

function timed({ table }: Recording): boolean {
  return table.meta.timeUnit !== 'none' && table.length > 0;
}

function namesOfEvents(table: EventTable): ReadonlySet<string> {
  return new Set(Array.from({ length: table.length }, (_, row) => table.name(row)));
}

/** `inplace` of `inplace/N.p.txt`: the kernel that was recorded. */
function folder(file: string): string {
  return file.split('/')[0]!;
}

const labels = labelsOf(SHIPPED);
const correct: readonly Recording[] = [
  ...labels
    .filter((label) => label.mutant === null)
    .map((label) => ({
      name: label.file,
      table: tableOf(bytesOf(join(SHIPPED, label.file))),
      profiles: PROFILES,
    })),
  ...[...samplesIn('scenarios'), ...samplesIn('rules').filter(({ name }) => name.endsWith('/clean'))].map(
    ({ name, text, expect }) => ({
      name,
      table: tableOf(new TextEncoder().encode(text)),
      profiles: expect.profiles,
    }),
  ),
].filter((recording) => timed(recording));

describe('names that are used again', function () {
  this.timeout(SLOW_MS);

  it('are those of recordings enough', () => assert.ok(correct.length > 60, `${correct.length}`));

  for (const lives of [2, 3])
    it(`make no violation in ${lives} lives one after another`, () => {
      const found = correct.map((recording) => [recording.name, foundInLives(recording, lives)] as const);
      assert.deepEqual(
        found.filter(([, violations]) => violations.length > 0),
        [],
      );
    });

  it('make no violation in two lives of which one kind of event is not recorded', () => {
    let [kinds, sets] = [0, 0];
    for (const { name, table, profiles } of correct.filter(
      (recording) => !recording.name.startsWith('rules/'),
    )) {
      for (const event of namesOfEvents(table)) {
        if (kinds++ % KINDS_STEP > 0) continue;
        const less = oneAfterAnother([{ table, shift: 0, without: new Set([event]) }]);
        assert.deepEqual(foundInLives({ name, table: less, profiles }, 2), [], `${name} without ${event}`);
        sets++;
      }
    }
    assert.ok(kinds > 1000 && sets >= kinds / KINDS_STEP, `${sets} of ${kinds}`);
  });

  it('make no violation where two recordings of one kernel go on side by side', () => {
    const real = correct.filter(({ profiles }) => profiles === PROFILES);
    for (const one of real)
      for (const other of real.filter(({ name }) => name !== one.name && folder(name) === folder(one.name)))
        for (const laterNs of LATER_NS)
          assert.deepEqual(
            foundBeside({ ...one, profiles: ['guest-memfd'] }, other, laterNs),
            [],
            `${one.name} with ${other.name}`,
          );
  });

  for (const laterNs of LATER_NS)
    it(`make no violation where another begins ${laterNs} ns later and goes on beside it`, () => {
      const withGroups = correct.filter(({ table }) => table.meta.hasTgid);
      assert.ok(withGroups.length > 60, `${withGroups.length}`);
      const found = withGroups.map(
        (recording) => [recording.name, foundBeside(recording, recording, laterNs)] as const,
      );
      assert.deepEqual(
        found.filter(([, violations]) => violations.length > 0),
        [],
      );
    });

  it('hide no violation of a second life', () => {
    let count = 0;
    for (const mutant of labels.filter((label) => label.mutant !== null)) {
      const table = tableOf(bytesOf(join(SHIPPED, mutant.file)));
      const alone = violations(table, PROFILES);
      for (const first of correct.filter(({ name }) => folder(name) === folder(mutant.file))) {
        const pause = first.table.ts(first.table.length - 1) + PAUSE_NS - table.ts(0);
        const like = namesLike(table, first.table);
        const joined = oneAfterAnother([
          { table: first.table, shift: 0 },
          { table, shift: pause, like },
        ]);
        const found = new Set(violations(joined, PROFILES));
        // Recordings of some rules' events alone may not show which of two VMs is meant: then it is said.
        const [both, one, other] = [joined, first.table, table].map(undecidedOf);
        const isSaid = (rule: string): boolean => both!.get(rule)! > one!.get(rule)! + other!.get(rule)!;
        const hidden = alone.filter(
          (v) => !found.has(later(v, first.table.length)) && !isSaid(v.replace(/@.*/, '')),
        );
        assert.deepEqual(hidden, [], `${mutant.file} after ${first.name}`);
        count += alone.length;
      }
    }
    assert.ok(count > 200, `${count}`);
  });
});

describe('the search for violations of a second life', () => {
  it('finds those of a recording that has some', () => {
    const mutant = labels.find((label) => label.mutant !== null)!;
    const table = tableOf(bytesOf(join(SHIPPED, mutant.file)));
    const alone = violations(table, PROFILES);
    assert.ok(alone.length > 0);
    const twice = violations(
      oneAfterAnother([
        { table, shift: 0 },
        { table, shift: PAUSE_NS },
      ]),
      PROFILES,
    );
    assert.ok(alone.every((v) => twice.includes(later(v, table.length))));
    const names = namesLike(table, correct[0]!.table);
    assert.ok(names.kvms.size > 0 && names.tids.size > 0 && names.tgids.size > 0 && names.inos.size > 0);
  });
});
