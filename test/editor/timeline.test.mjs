// The timeline of a real recording in a real VS Code: what it shows, and that a click on a violation ends on its line.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openFile, openWorkbench, picture, runCommand, SAMPLE, statusItem, webviewBody } from './support.mjs';

const THEMES = [['dark', 'Dark Modern'], ['light', 'Light Modern'], ['hc-dark', 'Default High Contrast'], ['hc-light', 'Default High Contrast Light']];
/** Line of the violation in the sample. */
const LINE = 702;

describe('the timeline in the editor', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({ fill: (folder) => fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt')), settings: { 'workbench.colorTheme': THEMES[0][1] }, width: 1700, height: 950 });
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
    await picture(page, 'timeline-dark');
  });

  it('a click on the violation in the picture ends on its line', async () => {
    // The way to the picture's diamond goes through its row: the side panel names the page, the ruler its time.
    const canvas = body().locator('canvas.main');
    const place = await canvas.evaluate(() => window.shimtraceFindings()[0]);
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
    const settings = path.join(bench.editor.userDir, 'User/settings.json');
    for (const [name, theme] of THEMES.slice(1)) {
      fs.writeFileSync(settings, JSON.stringify({ ...JSON.parse(fs.readFileSync(settings, 'utf8')), 'workbench.colorTheme': theme }));
      await body().locator(name.startsWith('hc') ? 'xpath=self::body[contains(@class,"high-contrast")]' : 'xpath=self::body[contains(@class,"vscode-light")]').waitFor();
      await page.waitForTimeout(500);
      await picture(page, `timeline-${name}`);
    }
  });
});
