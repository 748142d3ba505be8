// A checker of StrykerJS that lets through so many mutants of each room, chosen by a seed: where whole rooms
// take too long. The same seed chooses the same mutants as long as the code is the same.
import crypto from 'node:crypto';
import path from 'node:path';
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { roomOf } from './rooms.mjs';

const [size, seed] = (process.env.MUTATE_SAMPLE ?? '').split('/').map(Number);

/** The code and the tests are copied: paths in the copy are those in the project. */
const pathOf = ({ fileName }) => path.relative(process.cwd(), fileName);
const keyOf = (mutant) => {
  const { start, end } = mutant.location;
  return [pathOf(mutant), start.line, start.column, end.line, end.column, mutant.replacement].join();
};
const rankOf = (mutant) =>
  crypto
    .createHash('sha256')
    .update(`${seed} ${keyOf(mutant)}`)
    .digest('hex');

/** The mutants of each room that are chosen, by their ids. */
function chosenOf(mutants) {
  const byRoom = new Map();
  for (const mutant of mutants) {
    const room = roomOf(pathOf(mutant));
    byRoom.set(room, [...(byRoom.get(room) ?? []), { id: mutant.id, rank: rankOf(mutant) }]);
  }
  const firstOf = (list) => list.sort((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, size);
  return new Set([...byRoom.values()].flatMap(firstOf).map(({ id }) => id));
}

const checker = {
  init: async () => undefined,
  // All at once: the choice is among all.
  group: async (mutants) => [mutants.map(({ id }) => id)],
  check: async (mutants) => {
    const chosen = chosenOf(mutants);
    const resultOf = ({ id }) =>
      chosen.has(id) ? { status: 'passed' } : { status: 'compileError', reason: 'not in the sample' };
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, resultOf(mutant)]));
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Checker, 'sample', checker)];
