// A trace far beyond what VS Code sends to extensions: it is recognised by
// its first bytes and judged in the worker.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { lengthened } from '../../out/test/support/filler.js';
import {
  chooseTheme,
  openFile,
  openWorkbench,
  picture,
  runCommand,
  SAMPLE,
  statusItem,
  THEMES,
  visibleText,
} from './support.mjs';

const TARGET_BYTES = 300 * 1000 * 1000;

function writeLarge(file) {
  for (const piece of lengthened(fs.readFileSync(SAMPLE, 'utf8'), TARGET_BYTES))
    fs.appendFileSync(file, piece);
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

  it('says what was found before it was cancelled, and checks all of it at a click', async function () {
    // The extension is active once any trace was open, or any of its commands was used.
    await openFile(page, 'large.txt');
    const found = statusItem(page).filter({ hasText: /(reading|judging) \d+% · 1 violation up to line \d/ });
    const judged = statusItem(page).filter({ hasText: /Shimtrace: 1 violation/ });
    await found.or(judged).first().waitFor();
    await statusItem(page).click();
    const cancelled = statusItem(page).filter({ hasText: /cancelled · 1 violation up to line \d+$/ });
    await cancelled.or(judged).first().waitFor();
    // A machine that judges all of it sooner than the mouse is there has nothing to cancel.
    if (await judged.isVisible()) this.skip();
    for (const theme of THEMES) {
      await chooseTheme(page, theme);
      await picture(page, `large-cancelled-${theme[0]}`);
    }
    await statusItem(page).click();
  });

  it('gets its diagnostics, with progress meanwhile', async () => {
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
