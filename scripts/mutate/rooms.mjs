// The rooms of the core that faults are put into, and the tests that are to notice them.

/** Tests beside the source, and goldens, that kill faults anywhere in the core, quickest first. */
const BESIDE = ['ops', 'world', 'lower', 'rules', 'pages'].map((room) => `out/model/${room}/**/*.test.js`);
const golden = (name) => `out/test/golden/${name}.test.js`;
const JUDGED = ['ruleCases', 'changed', 'findings', 'lessEvidence'].map(golden);
const MEANING = ['told', 'meanings', 'operations', 'lessMeaning'].map(golden);
const HISTORIES = golden('histories');

/**
 * The tests of `--quick`: those beside the source, which take two seconds also in a process that has read no
 * trace yet, so that no mutant runs out of time because the one before it did.
 */
export const QUICK = BESIDE;

/** Folders below model/ of each room, and the tests that are to notice faults in them, as patterns. */
export const ROOMS = {
  rules: { folders: ['rules'], tests: [...BESIDE, ...JUDGED] },
  lower: { folders: ['lower'], tests: [...BESIDE, ...MEANING, ...JUDGED] },
  world: { folders: ['world', 'ops'], tests: [...BESIDE, ...MEANING, ...JUDGED] },
  pages: { folders: ['pages'], tests: [...BESIDE, HISTORIES] },
};

/** Source files of a room, as patterns. */
export const filesOf = (room) => ROOMS[room].folders.map((folder) => `model/${folder}/**/*.ts`);

/** The room of a source file, by its path in the project; undefined where it is in none. */
export const roomOf = (file) =>
  Object.keys(ROOMS).find((room) =>
    ROOMS[room].folders.some((folder) => file.startsWith(`model/${folder}/`)),
  );
