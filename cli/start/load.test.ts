import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheMark, runIn, scriptIn } from './load.js';

/** Says whether the script was compiled before, and what it is. */
const BODY = 'module.exports = { main: () => __filename };';

describe('the bundle of the command line', () => {
  let folder = '';
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    write('first', BODY);
    const { script, source } = scriptIn(folder);
    runIn(folder, script);
    const made = script.createCachedData();
    fs.writeFileSync(cache(), Buffer.concat([made, Buffer.from(cacheMark(source), 'latin1')]));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const cache = (): string => path.join(folder, 'cli.cache');
  const write = (sum: string, body: string): void =>
    fs.writeFileSync(path.join(folder, 'cli.cjs'), `//${sum}\n${body}`);
  /** Whether V8 refused what it was given; undefined where it was given nothing. */
  const refused = (): boolean | undefined => scriptIn(folder).script.cachedDataRejected;
  const runs = (): void => {
    const all = runIn(folder, scriptIn(folder).script) as unknown as { main(): string };
    assert.match(all.main(), /\/cli\.cjs$/);
  };

  it('takes what V8 made of it before', () => {
    assert.equal(refused(), false);
    runs();
  });

  it('is compiled where nothing was made, or of another bundle of the same length', () => {
    write('other', BODY);
    assert.equal(refused(), undefined);
    runs();
    fs.rmSync(cache());
    assert.equal(refused(), undefined);
    runs();
  });

  it('is compiled where another version or machine made it', () => {
    const made = fs.readFileSync(cache());
    fs.writeFileSync(cache(), made.toString('latin1').replace(process.versions.v8, '1.2.3'), 'latin1');
    assert.equal(refused(), undefined);
    fs.writeFileSync(cache(), made.toString('latin1').replace(` ${process.arch}\n`, ' mips\n'), 'latin1');
    assert.equal(refused(), undefined);
    runs();
  });

  it('is compiled where V8 refuses it', () => {
    // What this process has compiled it takes without a look at the cache.
    write('third', `${BODY}//`);
    const mark = cacheMark('//third\n');
    fs.writeFileSync(cache(), `${'\0'.repeat(1000)}${mark}`);
    assert.equal(refused(), true);
    runs();
  });
});
