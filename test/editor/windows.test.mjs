// Two traces in one window, and two windows of one user on the same storage.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { editorUrl } from '../../scripts/editor/host.mjs';
import {
  eventually,
  indexedTrace,
  openFile,
  openWorkbench,
  picture,
  runCommand,
  SAMPLE,
  statusItem,
} from './support.mjs';

describe('two traces, two windows', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => {
        fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt'));
        fs.writeFileSync(path.join(folder, 'correct.txt'), fs.readFileSync(SAMPLE.replace('M2.p', 'N.p')));
        fs.writeFileSync(path.join(folder, 'large.txt'), indexedTrace());
      },
    });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-windows-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  /** Traces that are kept, in the folder of caches of the editor's user. */
  const kept = () => {
    const folder = path.join(bench.editor.home, '.cache/shimtrace/traces');
    if (!fs.existsSync(folder)) return [];
    const names = fs.readdirSync(folder).filter((name) => name.endsWith('.kept'));
    return names.map((name) => fs.statSync(path.join(folder, name)));
  };

  it('lists and status follow the trace in front', async () => {
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Focus on Findings View');
    const finding = page
      .locator('.pane-body .monaco-list-row')
      .filter({ hasText: 'private while pinned' })
      .first();
    await finding.waitFor();
    await runCommand(page, 'View: Show Explorer');
    await openFile(page, 'correct.txt');
    await statusItem(page).filter({ hasText: 'no violation' }).waitFor();
    await runCommand(page, 'Focus on Findings View');
    await finding.waitFor({ state: 'detached' });
    await page.locator('.tab', { hasText: 'pinned.txt' }).click();
    await finding.waitFor();
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'View: Show Explorer');
  });

  it('two windows judge and keep one trace at once, and a third takes it from there', async () => {
    const other = await bench.context.newPage();
    await other.goto(editorUrl(bench.editor, bench.folder));
    await other.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60000 });
    await Promise.all([openFile(page, 'large.txt'), openFile(other, 'large.txt')]);
    await Promise.all(
      [page, other].map((window) => statusItem(window).filter({ hasText: '1 violation' }).waitFor()),
    );
    assert.ok(await eventually(() => kept().length > 0));
    await page.waitForTimeout(1000);
    const written = kept();
    assert.equal(written.length, 1);
    await other.close();
    const third = await bench.context.newPage();
    await third.goto(editorUrl(bench.editor, bench.folder));
    await third.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60000 });
    await openFile(third, 'large.txt');
    await statusItem(third).filter({ hasText: '1 violation' }).waitFor();
    const [{ ino, mtimeMs }] = kept();
    assert.equal(ino, written[0].ino, 'it was not written again');
    assert.ok(mtimeMs > written[0].mtimeMs, 'it was used');
    await third.close();
  });
});
