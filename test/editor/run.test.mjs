// Several files as one trace, in the browser's own extension host: a
// .shimtrace.json opens as the run of its files.
import fs from 'node:fs';
import path from 'node:path';
import { openFile, openWorkbench, picture, runCommand, SAMPLE, statusItem, webviewBody } from './support.mjs';

const SHIFT_S = 5;

/** The sample's events in turns of fifty, in two files; the second one's clock runs five seconds late. */
function halves() {
  const parts = [['# tracer: nop'], ['# tracer: nop']];
  let events = 0;
  for (const line of fs.readFileSync(SAMPLE, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const which = Math.floor(events++ / 50) % 2;
    parts[which].push(
      which === 0 ? line : line.replace(/ (\d+)\.(\d{6}): /, (_, s, us) => ` ${Number(s) - SHIFT_S}.${us}: `),
    );
  }
  return parts.map((lines) => `${lines.join('\n')}\n`);
}

describe("a run of several files in the browser's extension host", () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => {
        const [first, second] = halves();
        fs.writeFileSync(path.join(folder, 'kernel-a.txt'), first);
        fs.writeFileSync(path.join(folder, 'kernel-b.txt'), second);
        fs.writeFileSync(
          path.join(folder, 'both.shimtrace.json'),
          JSON.stringify(
            {
              trace: [
                { path: 'kernel-a.txt', clockOffsetNs: 0 },
                { path: 'kernel-b.txt', clockOffsetNs: SHIFT_S * 1e9 },
              ],
            },
            null,
            2,
          ),
        );
      },
      settings: { 'remote.extensionKind': { 'shimtrace.shimtrace': ['web'] } },
    });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-run-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  it('is judged as one trace, with squiggles in its files', async () => {
    await openFile(page, 'both.shimtrace.json');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Shimtrace: Go to First Violation');
    await page.locator('.tab.active', { hasText: /kernel-[ab]\.txt/ }).waitFor();
    await page.locator('.squiggly-error').first().waitFor();
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
  });

  it('has its lists and its timeline', async () => {
    await page.keyboard.press('Escape');
    await runCommand(page, 'Focus on Findings View');
    await page
      .locator('.pane-body .monaco-list-row')
      .filter({ hasText: /kernel-[ab]\.txt:\d+/ })
      .first()
      .waitFor();
    await picture(page, 'run-findings');
    await runCommand(page, 'View: Show Explorer');
    await openFile(page, 'both.shimtrace.json');
    await runCommand(page, 'Shimtrace: Show Timeline');
    await webviewBody(page).getByRole('heading', { name: 'private while pinned' }).waitFor();
    await picture(page, 'run-timeline');
  });
});
