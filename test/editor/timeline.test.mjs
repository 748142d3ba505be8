// The timeline of a real recording in a real VS Code: what it shows, and that
// a click on a violation ends on its line.
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
  SAMPLE,
  statusItem,
  THEMES,
  webviewBody,
} from './support.mjs';

/** The same kernel's bug, recorded by perf. */
const BINARY = path.join(root, 'sample-traces/perf/7.2.13/M2.p.perf.data');
/** Line of the violation in the sample. */
const LINE = 702;

describe('the timeline in the editor', () => {
  let bench;
  let page;
  before(async () => {
    const fill = (folder) => {
      fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt'));
      fs.copyFileSync(BINARY, path.join(folder, 'binary.perf.data'));
    };
    bench = await openWorkbench({
      fill,
      settings: { 'workbench.colorTheme': 'Default Dark Modern' },
      width: 1700,
      height: 950,
    });
    ({ page } = bench);
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Show Timeline');
    await body().getByRole('heading', { name: 'private while pinned' }).waitFor();
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  const body = () => webviewBody(page);
  const activeLine = () =>
    page
      .locator('.editor-group-container')
      .first()
      .locator('.line-numbers.active-line-number')
      .first()
      .textContent();
  const onLine = (line) =>
    page
      .locator('.line-numbers.active-line-number', { hasText: new RegExp(`^${line}$`) })
      .first()
      .waitFor();

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

  it('a link in the evidence selects its event, and the cursor in the editor too', async () => {
    await body()
      .getByRole('link', { name: /line 662/ })
      .click();
    await onLine(662);
    await page.locator('.view-line').filter({ hasText: 'kvm_gmem' }).first().click();
    await body().locator('.words h2').filter({ hasNotText: 'private while pinned' }).first().waitFor();
  });

  it('the window brings the timeline back as it was', async () => {
    const canvas = body().locator('canvas.main');
    const view = () =>
      body()
        .locator('canvas.main')
        .evaluate(() => window.shimtraceView());
    await canvas.press('0');
    for (const key of ['w', 'w', 'd', 'l']) await canvas.press(key);
    const before = await view();
    assert.ok(before.lanesFolded);
    const loaded = page.waitForEvent('load');
    await runCommand(page, 'Developer: Reload Window');
    await loaded;
    await page.locator('.statusbar').waitFor({ timeout: 60000 });
    await body().getByText('1 violation').first().waitFor();
    await body()
      .locator('canvas.main')
      .evaluate(async () => {
        for (let i = 0; i < 100 && window.shimtraceSigns().length === 0; i++)
          await new Promise((done) => setTimeout(done, 50));
      });
    assert.deepEqual(await view(), before);
    await body().locator('canvas.main').press('l');
  });

  it('a reload of the page itself brings the timeline back as it was, too', async () => {
    const view = () =>
      body()
        .locator('canvas.main')
        .evaluate(() => window.shimtraceView());
    for (const key of ['a', 'w']) await body().locator('canvas.main').press(key);
    const before = await view();
    // The editor saves what its pages are once a minute, and not at all when it is reloaded like this: the
    // view is kept beside that, as soon as it rests.
    await page.waitForTimeout(3000);
    await page.reload();
    await page.locator('.statusbar').waitFor({ timeout: 60000 });
    await body().getByText('1 violation').first().waitFor();
    for (let i = 0; i < 40 && JSON.stringify(await view()) !== JSON.stringify(before); i++)
      await page.waitForTimeout(100);
    assert.deepEqual(await view(), before);
  });

  it('a copied link leads from outside to the same view', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const view = () =>
      body()
        .locator('canvas.main')
        .evaluate(() => window.shimtraceView());
    await body().locator('canvas.main').press('w');
    const before = await view();
    await body().getByRole('combobox', { name: 'Export' }).click();
    await body().getByRole('option', { name: 'Copy link' }).click();
    await body().getByText('Link copied').waitFor({ state: 'attached' });
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(link, /^[\w-]+:\/\/shimtrace\.shimtrace\/timeline\?[\w-]+$/);
    await page.locator('.tab', { hasText: 'Timeline of' }).click();
    await runCommand(page, 'View: Close Editor');
    await page.locator('.tab', { hasText: 'Timeline of' }).waitFor({ state: 'detached' });
    await runCommand(page, 'Developer: Open URL');
    await page.locator('.quick-input-widget input').fill(link);
    await page.keyboard.press('Enter');
    await page.locator('.monaco-dialog-box').getByRole('button', { name: 'Open' }).click();
    await body().getByText('1 violation').first().waitFor();
    for (let i = 0; i < 40 && JSON.stringify(await view()) !== JSON.stringify(before); i++)
      await page.waitForTimeout(100);
    assert.deepEqual(await view(), before);
  });

  it('a click on a violation of a binary trace ends on its line in the listing, and back', async () => {
    await runCommand(page, 'View: Close All Editors');
    await openFile(page, 'binary.perf.data');
    await page.locator('.tab', { hasText: 'binary.perf.data' }).first().waitFor();
    await runCommand(page, 'Show Timeline');
    await body().getByRole('heading', { name: 'private while pinned' }).waitFor();
    const canvas = body().locator('canvas.main');
    const place = await canvas.evaluate(async () => {
      for (let i = 0; i < 100; i++) {
        const found = window.shimtraceSigns().find((s) => s.kind === 'finding');
        if (found) return found;
        await new Promise((done) => setTimeout(done, 50));
      }
      return undefined;
    });
    await canvas.click({ position: { x: place.x, y: place.y } });
    const link = await body()
      .getByRole('link', { name: /, line \d+/ })
      .first()
      .textContent();
    await onLine(Number(/line (\d+)/.exec(link)[1]));
    await page.locator('.view-line').filter({ hasText: 'kvm_gmem_store_attributes' }).first().waitFor();
    await page.locator('.view-line').filter({ hasText: 'kvm_gmem_invalidate' }).first().click();
    await body().locator('.words h2').filter({ hasNotText: 'private while pinned' }).first().waitFor();
  });

  it('is seen in every theme', async () => {
    const kinds = {
      light: 'vscode-light',
      'hc-light': 'vscode-high-contrast-light',
      'hc-dark': 'vscode-high-contrast',
      dark: 'vscode-dark',
    };
    for (const theme of THEMES) {
      await chooseTheme(page, theme);
      const [name] = theme;
      assert.ok((await body().evaluate((b) => b.className)).split(' ').includes(kinds[name]), name);
      await picture(page, `timeline-${name}`);
    }
  });
});
