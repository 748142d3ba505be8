// A folder that the user does not trust: traces in it are judged, and nothing of it is run.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  openFile,
  openWorkbench,
  picture,
  reviewSamplePatch,
  runCommand,
  SAMPLE,
  statusItem,
  violationHoverShows,
  webviewBody,
  WORKSPACE_FOLDER,
} from './support.mjs';

describe('in a folder that is not trusted', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => {
        fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt'));
        fs.mkdirSync(path.join(folder, '.vscode'));
        // What a stranger may send along: settings, and a launch
        // configuration that names files to be looked into.
        fs.writeFileSync(
          path.join(folder, '.vscode/settings.json'),
          JSON.stringify({ 'shimtrace.severity.violation': 'warning' }),
        );
        fs.writeFileSync(
          path.join(folder, '.vscode/launch.json'),
          JSON.stringify({
            version: '0.2.0',
            configurations: [
              {
                type: 'shimtrace',
                request: 'launch',
                name: 'Theirs',
                trace: `${WORKSPACE_FOLDER}/pinned.txt`,
                sourceMap: { vmlinux: `${WORKSPACE_FOLDER}/vmlinux` },
              },
            ],
          }),
        );
      },
      trust: false,
      // One's own, for kernels of one's own: not even this is read for a stranger's patch.
      machine: { 'shimtrace.review.vmlinux': '/boot/vmlinux' },
      settings: {
        'security.workspace.trust.startupPrompt': 'never',
        'security.workspace.trust.banner': 'always',
      },
    });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-trust-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  it('judges a trace, with the settings of the folder', async () => {
    await page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Shimtrace: Go to First Violation');
    await page.locator('.squiggly-warning').first().waitFor();
    assert.equal(await page.locator('.squiggly-error').count(), 0);
    await violationHoverShows(
      page,
      page.locator('.monaco-hover:not(.hidden) td', { hasText: '1 pin' }).first(),
    );
    await page.keyboard.press('Escape');
  });

  it('reviews a patch, without the lines of a vmlinux', async () => {
    await reviewSamplePatch(page);
    await runCommand(page, 'Shimtrace: Before and After');
    await webviewBody(page)
      .getByText('The folder is not trusted: no program finds lines of vmlinux.')
      .waitFor();
    await runCommand(page, 'Shimtrace: Close the Review');
    await page.locator('.tab', { hasText: 'pinned.txt' }).first().click();
  });

  it('has its lists and its timeline', async () => {
    await runCommand(page, 'Focus on Findings View');
    await page
      .locator('.pane-body .monaco-list-row')
      .filter({ hasText: 'private while pinned' })
      .first()
      .waitFor();
    await runCommand(page, 'Shimtrace: Show Timeline');
    await page.locator('.tab', { hasText: 'Timeline of' }).waitFor();
  });

  it('records nothing, and says so', async () => {
    await runCommand(page, 'Shimtrace: Record a Trace');
    await page.locator('.notification-toast', { hasText: 'trust the folder first' }).first().waitFor();
    // The box of the commands may still be closing; one that asks for a host would stay.
    await page.locator('.quick-input-widget').first().waitFor({ state: 'hidden' });
    await runCommand(page, 'Notifications: Clear All');
  });

  it('runs no replay without asking for trust: addr2line would read what the folder names', async () => {
    await page.locator('.tab', { hasText: 'pinned.txt' }).first().click();
    await runCommand(page, 'Shimtrace: Replay This Trace');
    const dialog = page.locator('.monaco-dialog-box', { hasText: /trust/i });
    await dialog.waitFor();
    await picture(page, 'trust-dark');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await page.locator('.debug-toolbar').count(), 0);
  });
});
