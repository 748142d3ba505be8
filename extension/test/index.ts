/**
 * What VS Code's extension host loads as `extensionTestsPath`:
 * runs the suites that the bundler found in suite/.
 */
import Mocha from 'mocha';
import * as fs from 'node:fs';
import { leaveNothing, takeFigures } from './support.js';

interface Row {
  readonly title: string;
  readonly figures: readonly string[];
  /** Milliseconds; of a test that failed, too. */
  readonly took: number;
  readonly error?: string;
}

/**
 * Registers every suite; the bundler replaces this import by one of each file, so that none can be forgotten.
 */
declare function require(id: string): unknown;

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 90_000, reporter: 'min' });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  require('shimtrace-suites');
  for (const suite of mocha.suite.suites) suite.afterAll(leaveNothing);
  const rows: Row[] = [];
  const file = process.env['SHIMTRACE_IN_HOST'];
  const keep = (test: Mocha.Test, error?: string): void => {
    const row = { title: test.fullTitle(), figures: takeFigures(), took: test.duration ?? 0 };
    rows.push(error === undefined ? row : { ...row, error });
    // After each test, so that whoever waits in vain sees how far it came.
    if (file !== undefined) fs.writeFileSync(`${file}.part`, JSON.stringify(rows));
  };
  const failures = await new Promise<number>((done) => {
    const runner = mocha.run(done);
    runner.on('pass', (test) => keep(test));
    runner.on('fail', (test, error: unknown) =>
      keep(test, error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
  });
  // Under its name at the end only: who waits for the report must not read half of it.
  if (file !== undefined) fs.renameSync(`${file}.part`, file);
  if (failures > 0 || rows.length === 0) throw new Error(`${failures} of ${rows.length} tests failed`);
}
