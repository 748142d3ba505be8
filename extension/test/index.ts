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
  readonly error?: string;
}

/**
 * Registers every suite; the bundler replaces this import by one of each file, so that none can be forgotten.
 */
declare function require(id: string): unknown;

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 30000, reporter: 'min' });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  require('shimtrace-suites');
  for (const suite of mocha.suite.suites) suite.afterAll(leaveNothing);
  const rows: Row[] = [];
  const failures = await new Promise<number>((done) => {
    const runner = mocha.run(done);
    runner.on('pass', (test) => rows.push({ title: test.fullTitle(), figures: takeFigures() }));
    runner.on('fail', (test, error: unknown) =>
      rows.push({
        title: test.fullTitle(),
        figures: takeFigures(),
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    );
  });
  const file = process.env['SHIMTRACE_IN_HOST'];
  // Under another name first: who waits for the report must not read half of it.
  if (file !== undefined) {
    fs.writeFileSync(`${file}.part`, JSON.stringify(rows));
    fs.renameSync(`${file}.part`, file);
  }
  if (failures > 0 || rows.length === 0) throw new Error(`${failures} of ${rows.length} tests failed`);
}
