// A trace far beyond what VS Code sends to extensions: it is recognised by
// its first bytes and judged in the worker.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fillerLine } from '../../out/extension/test/filler.js';
import { openFile, openWorkbench, picture, runCommand, SAMPLE, statusItem, visibleText } from './support.mjs';

const TARGET_BYTES = 300 * 1000 * 1000;

/** The sample with events that mean nothing to any rule behind it, up to the size wanted. */
function writeLarge(file) {
  const sample = fs
    .readFileSync(SAMPLE, 'utf8')
    .replace(/entries-written: \d+\/\d+/, 'entries-written: 3000000/3000000');
  const out = fs.openSync(file, 'w');
  let written = fs.writeSync(out, sample);
  for (let second = 100; written < TARGET_BYTES; second++) {
    let block = '';
    for (let i = 0; i < 10000; i++) {
      block += `${fillerLine(second * 1e6 + i * 100, { cpu: i & 1 })}\n`;
    }
    written += fs.writeSync(out, block);
  }
  fs.closeSync(out);
}

describe('a trace of 300 MB', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({ fill: (folder) => writeLarge(path.join(folder, 'large.txt')) });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  it('gets its diagnostics, with progress meanwhile', async () => {
    // The extension is active once any trace was open, or any of its commands was used.
    await openFile(page, 'large.txt');
    const progress = statusItem(page).filter({ hasText: /reading|judging|starting/ });
    await progress.waitFor();
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor({ timeout: 90000 });
    await runCommand(page, 'Shimtrace: Go to First Violation');
    await page.locator('.squiggly-error').first().waitFor();
    await picture(page, 'large-dark');
  });

  it('opens a window around a place at once, in which lenses work', async () => {
    const start = Date.now();
    // Offered once the trace is judged.
    await page
      .locator('.notification-toast .monaco-button', { hasText: 'Open a Window into This Trace' })
      .click();
    await page.locator('.tab.active', { hasText: 'around line' }).waitFor();
    await page.locator('.view-line', { hasText: 'kvm_gmem_store_attributes' }).first().waitFor();
    console.log(`      the window: ${Date.now() - start} ms`);
    await page.locator('.codelens-decoration', { hasText: '2 pages to private' }).first().waitFor();
    await picture(page, 'window');
    await openFile(page, 'large.txt');
  });

  it('can be cancelled', async () => {
    await runCommand(page, 'Shimtrace: Check This Trace');
    await statusItem(page)
      .filter({ hasText: /reading|judging|starting/ })
      .waitFor();
    await statusItem(page).click();
    await page.waitForTimeout(500);
    assert.doesNotMatch(await visibleText(statusItem(page)), /reading|judging|starting/);
  });
});
