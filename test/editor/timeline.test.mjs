// The timeline of a real recording in a real VS Code: what it shows, and that a click on a violation ends on its line.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openFile, openWorkbench, picture, runCommand, SAMPLE, statusItem, webviewBody } from './support.mjs';

const THEMES = [
  ['light', 'Light Modern', 'vscode-light'], ['hc-light', 'Light High Contrast', 'vscode-high-contrast-light'], ['hc-dark', 'Dark High Contrast', 'vscode-high-contrast'],
  ['dark', 'Dark Modern', 'vscode-dark'],
];
/** Line of the violation in the sample. */
const LINE = 702;

describe('the timeline in the editor', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({ fill: (folder) => fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt')), settings: { 'workbench.colorTheme': 'Default Dark Modern' }, width: 1700, height: 950 });
    ({ page } = bench);
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Show Timeline');
    await body().getByRole('heading', { name: 'G9 violation' }).waitFor();
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed') await picture(page, `failed-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  const body = () => webviewBody(page);
  const activeLine = () => page.locator('.editor-group-container').first().locator('.line-numbers.active-line-number').first().textContent();
  const onLine = (line) => page.locator('.line-numbers.active-line-number', { hasText: new RegExp(`^${line}$`) }).first().waitFor();

  it('says what the worst finding is before anything is clicked', async () => {
    await body().getByText('1 violation').first().waitFor();
    await body().getByText('became private while page 0x4 is pinned').first().waitFor();
  });

  it('a click on the violation in the picture ends on its line', async () => {
    const canvas = body().locator('canvas.main');
    const place = await canvas.evaluate(() => window.shimtraceSigns().find((s) => s.kind === 'finding'));
    await canvas.click({ position: { x: place.x, y: place.y } });
    await onLine(LINE);
    assert.equal(await activeLine(), String(LINE));
  });

  it('a link in the evidence selects its event, and the cursor in the editor selects in the timeline', async () => {
    await body().getByRole('link', { name: /line 662/ }).click();
    await onLine(662);
    await page.locator('.view-line').filter({ hasText: 'kvm_gmem' }).first().click();
    await body().locator('.words h2').filter({ hasNotText: 'G9 violation' }).first().waitFor();
  });

  it('is seen in every theme', async () => {
    for (const [name, theme, kind] of THEMES) {
      await runCommand(page, 'Preferences: Color Theme');
      const row = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: theme }).first();
      await page.locator('.quick-input-widget input').fill(theme);
      await row.waitFor();
      await row.click();
      for (let i = 0; !(await body().evaluate((b) => b.className)).split(' ').includes(kind); i++) {
        assert.ok(i < 50, `${theme} did not become the theme`);
        await page.waitForTimeout(100);
      }
      await page.waitForTimeout(400);
      await picture(page, `timeline-${name}`);
    }
  });
});
