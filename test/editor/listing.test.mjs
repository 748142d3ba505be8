// A binary trace as a user meets it: a double click in the explorer,
// its findings, and what stands on its lines.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../scripts/steps.mjs';
import {
  chooseTheme,
  openFile,
  openWorkbench,
  picture,
  runCommand,
  statusItem,
  THEMES,
  violationHoverShows,
} from './support.mjs';

const SAMPLES = path.join(root, 'sample-traces');

describe('a binary trace in the editor', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => {
        fs.copyFileSync(path.join(SAMPLES, 'perf/7.2.13/M2.p.perf.data'), path.join(folder, 'perf.data'));
        fs.copyFileSync(path.join(SAMPLES, 'tracecmd/multibuf.dat'), path.join(folder, 'boot.dat'));
        fs.copyFileSync(path.join(SAMPLES, 'compressed/M2.p.txt.zst'), path.join(folder, 'trace.txt.zst'));
        fs.copyFileSync(path.join(SAMPLES, 'perfetto/M2.p.pftrace'), path.join(folder, 'M2.pftrace'));
        fs.writeFileSync(path.join(folder, 'points.dat'), '1 2\n3 4\n');
      },
    });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  it('opens by a double click, by its name or its content, as its events', async () => {
    for (const [file, text] of [
      ['perf.data', 'rmap:folio_remove_rmap_ptes'],
      ['boot.dat', 'gup:try_grab_folio'],
      ['trace.txt.zst', '# tracer: nop'],
      ['M2.pftrace', 'syscalls:sys_enter_ioctl'],
    ]) {
      await openFile(page, file);
      await page.locator('.tab.active', { hasText: `${file} · listing` }).waitFor();
      await page.locator('.view-line', { hasText: text }).first().waitFor();
      // The tab of the file itself is gone.
      await page.locator('.tab', { hasText: new RegExp(`^${file}$`) }).waitFor({ state: 'detached' });
    }
  });

  it('leaves a text of the same name ending to the editor', async () => {
    await openFile(page, 'points.dat');
    await page.locator('.view-line', { hasText: '1 2' }).first().waitFor();
    assert.equal(await page.locator('.tab', { hasText: 'points.dat · listing' }).count(), 0);
  });

  it('is there again when the window is loaded anew', async () => {
    // A reload of the page would lose what the editor has not written down yet.
    await runCommand(page, 'Developer: Reload Window');
    await page.locator('.tab', { hasText: 'perf.data · listing' }).click({ timeout: 50000 });
    await page
      .locator('.view-line', { hasText: /\[00\d\]|# tracer/ })
      .first()
      .waitFor();
  });

  it('shows its violation with lenses, hints and a hover', async () => {
    await openFile(page, 'perf.data');
    await page.locator('.tab.active', { hasText: 'perf.data · listing' }).waitFor();
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Shimtrace: Go to First Violation');
    await page.locator('.squiggly-error').first().waitFor();
    const hover = page.locator('.monaco-hover:not(.hidden) th', { hasText: 'before' }).first();
    await violationHoverShows(page, hover);
    // The conversion begins some twenty lines before: its lens may stand just above what is shown.
    await page.keyboard.press('Escape');
    for (let i = 0; i < 3; i++) await page.keyboard.press('Control+ArrowUp');
    await page.locator('.codelens-decoration', { hasText: '2 pages to private' }).first().waitFor();
    await picture(page, 'listing');
  });

  it('has its conversions in the outline and its findings in Problems, which lead there', async () => {
    await page.keyboard.press('Escape');
    await runCommand(page, 'View: Focus Problems');
    const problem = page
      .locator('.markers-panel .monaco-list-row', { hasText: 'became private while page 0x4 is pinned' })
      .first();
    await problem.dblclick();
    await page.locator('.tab.active', { hasText: 'perf.data · listing' }).waitFor();
    await page
      .locator('.line-numbers.active-line-number', { hasText: /^1962$/ })
      .first()
      .waitFor();
    await page.locator('.monaco-breadcrumb-item', { hasText: 'Stored' }).first().waitFor();
    await picture(page, 'listing-problems');
  });

  it('is seen in every theme', async () => {
    for (const theme of THEMES) {
      await chooseTheme(page, theme);
      await page.locator('.squiggly-error').first().waitFor();
      await picture(page, `listing-${theme[0]}`);
    }
  });
});
