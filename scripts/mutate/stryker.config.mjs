// How StrykerJS puts mutants into one room of the core: run.mjs says which, by the environment.
const { MUTATE_FILES, MUTATE_TESTS, MUTATE_OUT, MUTATE_STATIC, MUTATE_SAMPLE, MUTATE_QUICK } = process.env;
const isSample = (MUTATE_SAMPLE ?? '') !== '';
const isQuick = MUTATE_QUICK === '1';

/**
 * Of the project only what these tests read is copied; the test files as compiled tell what changed since.
 */
const NOT_COPIED = ['out/**', '!out/**/*.test.js'].concat(
  ['.mutation', '.lab', 'dist', 'extension', 'webview', 'cli', 'shell', 'bench', 'docs', 'scripts'],
  ['debugger', 'differential', 'editor', 'fuzz', 'property'].map((folder) => `test/${folder}`),
);
/** Without types: a mutant need not have any. */
const COMPILE =
  'esbuild ./parsers/**/*.ts ./model/**/*.ts ./test/**/*.ts --outdir=out --outbase=. --format=esm --log-level=warning';

export default {
  plugins: ['@stryker-mutator/mocha-runner', './scripts/mutate/sample.mjs'],
  testRunner: 'mocha',
  mochaOptions: { 'no-config': true, 'no-package': true, spec: MUTATE_TESTS.split(',') },
  mutate: [...MUTATE_FILES.split(','), '!**/*.test.ts'],
  ignorePatterns: NOT_COPIED,
  buildCommand: COMPILE,
  disableTypeChecks: false,
  // The compiler of TypeScript 7 has no API to rewrite these by, and nothing here needs it.
  tsconfigFile: 'none',
  coverageAnalysis: 'perTest',
  // A mutant of what runs while a module loads costs a process of its own.
  ignoreStatic: MUTATE_STATIC !== '1',
  concurrency: isQuick ? 2 : 1,
  // A busy machine takes long for the first run, which reads every trace.
  dryRunTimeoutMinutes: 30,
  // The factor is of the first run; later ones find the tables kept, and those of `--quick` need none.
  timeoutMS: isQuick ? 6000 : 20_000,
  timeoutFactor: isQuick ? 0 : 0.5,
  // What is not in a sample must not count as known later.
  incremental: !isSample,
  checkers: isSample ? ['sample'] : [],
  incrementalFile: `${MUTATE_OUT}.incremental.json`,
  tempDirName: `${MUTATE_OUT}.sandbox`,
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: `${MUTATE_OUT}.json` },
  allowConsoleColors: false,
  logLevel: 'warn',
};
