// The extension in the browser's own extension host: the same verdicts, from the browser entry and a browser worker.
import fs from 'node:fs';
import path from 'node:path';
import { openFile, openWorkbench, picture, runCommand, SAMPLE, statusItem } from './support.mjs';

describe('in the browser\'s extension host', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt')),
      settings: { 'remote.extensionKind': { 'shimtrace.shimtrace': ['web'] } },
    });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed') await picture(page, `failed-browser-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  it('judges a trace and answers a hover', async () => {
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Shimtrace: Go to First Violation');
    await page.locator('.squiggly-error').first().waitFor();
    await page.locator('.monaco-hover:not(.hidden) td', { hasText: '1 pin' }).first().waitFor();
  });

  it('does so in a web worker', async () => {
    await page.keyboard.press('Escape');
    await runCommand(page, 'Developer: Show Running Extensions');
    await page.locator('.extension', { hasText: 'Shimtrace' }).getByText('web worker').waitFor();
  });
});
