// The extension in the browser's own extension host: the same verdicts,
// from the browser entry and a browser worker.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  eventually,
  goToFirstViolation,
  indexedTrace,
  openFile,
  openWorkbench,
  picture,
  reviewSamplePatch,
  runCommand,
  SAMPLE,
  statusItem,
  violationHoverShows,
  webviewBody,
} from './support.mjs';

describe("in the browser's extension host", () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => {
        fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt'));
        fs.writeFileSync(path.join(folder, 'middling.txt'), indexedTrace());
        const huge = fs.openSync(path.join(folder, 'huge.txt'), 'w');
        fs.ftruncateSync(huge, 513 * 1024 * 1024);
        fs.closeSync(huge);
      },
      settings: { 'remote.extensionKind': { 'shimtrace.shimtrace': ['web'] } },
    });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-browser-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  it('judges a trace and answers a hover', async () => {
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Shimtrace: Go to First Violation');
    await page.locator('.squiggly-error').first().waitFor();
    await violationHoverShows(
      page,
      page.locator('.monaco-hover:not(.hidden) td', { hasText: '1 pin' }).first(),
    );
  });

  it('has lists, explanations and the timeline', async () => {
    await openFile(page, 'pinned.txt');
    await goToFirstViolation(page);
    await runCommand(page, 'Shimtrace: Explain This Finding');
    await webviewBody(page).getByText('What happened').waitFor();
    await runCommand(page, 'View: Close Editor');
    await runCommand(page, 'Shimtrace: Show Timeline');
    await webviewBody(page).getByRole('heading', { name: 'private while pinned' }).waitFor();
    await runCommand(page, 'Focus on Conversions View');
    await page.locator('.pane-body .monaco-list-row').filter({ hasText: 'to private' }).first().waitFor();
    await runCommand(page, 'View: Show Explorer');
  });

  it('reviews a patch', async () => {
    await reviewSamplePatch(page);
    await runCommand(page, 'Shimtrace: Before and After');
    await webviewBody(page).getByText('What this does not show').waitFor();
    await runCommand(page, 'Shimtrace: Close the Review');
    await runCommand(page, 'View: Show Explorer');
  });

  it("keeps an index in the user's storage, as far as the page offers one", async () => {
    await openFile(page, 'middling.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    const folder = path.join(bench.editor.userDir, 'User/globalStorage/shimtrace.shimtrace/index');
    const kept = () =>
      (fs.existsSync(folder) ? fs.readdirSync(folder) : []).filter((name) => name.endsWith('.json'));
    await eventually(() => kept().length > 0);
    assert.equal(kept().length, 1);
  });

  it('says of a file beyond its memory that it is, before reading it', async () => {
    const file = page
      .locator('.explorer-folders-view .monaco-list-row')
      .filter({ has: page.getByText('huge.txt', { exact: true }) })
      .first();
    await file.click({ button: 'right' });
    // A menu takes no click in its first moments.
    await page.waitForTimeout(800);
    await page.locator('.monaco-menu .action-label', { hasText: 'Check This Trace' }).click();
    await page
      .locator('.notification-toast', {
        hasText: 'in the browser a trace may have 512 MB, and this one has 513 MB',
      })
      .waitFor();
  });

  it('does so in a web worker', async () => {
    await page.keyboard.press('Escape');
    await runCommand(page, 'Developer: Show Running Extensions');
    await page.locator('.extension', { hasText: 'Shimtrace' }).getByText('web worker').waitFor();
  });
});
