// Pages that fault again and again, in their list; and a trace that comes from the clipboard.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../scripts/steps.mjs';
import {
  chooseTheme,
  eventually,
  openFile,
  openWorkbench,
  picture,
  runCommand,
  SAMPLE,
  statusItem,
  THEMES,
} from './support.mjs';

const STORM = path.join(root, 'sample-traces/labelled/base/M10.va.txt');
const DARK = THEMES.find(([name]) => name === 'dark');

describe('faults and pastes in the editor', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({ fill: (folder) => fs.copyFileSync(STORM, path.join(folder, 'storm.txt')) });
    ({ page } = bench);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await openFile(page, 'storm.txt');
    await statusItem(page).filter({ hasText: 'violation' }).waitFor();
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });
  const row = (text) => page.locator('.pane-body .monaco-list-row').filter({ hasText: text }).first();

  it('lists the pages that fault again and again, the worst first', async () => {
    await runCommand(page, 'Focus on Faults View');
    await row('faults').waitFor();
    await picture(page, 'faults-light');
    await row('faults').click();
    await page.locator('.statusbar-item', { hasText: /Ln \d+/ }).waitFor();
  });

  it('shows which page it is in a narrow window too', async () => {
    const size = page.viewportSize();
    await page.setViewportSize({ width: 800, height: 600 });
    const label = row('faults').locator('.label-name');
    await picture(page, 'faults-narrow');
    const name = await label.textContent();
    assert.match(name, /^gfn 0x[0-9a-f]+$/);
    const isWhole = await label.evaluate((element) => {
      const side = element.closest('.pane-body').getBoundingClientRect();
      return element.getBoundingClientRect().right <= side.right;
    });
    assert.ok(isWhole, `${name} is cut`);
    await page.setViewportSize(size);
  });

  it('shows a fault that was seen four times once, and the name of its event in a narrow editor', async () => {
    const size = page.viewportSize();
    await page.setViewportSize({ width: 800, height: 600 });
    await runCommand(page, 'Focus on Findings View');
    const fault = row('converted before its zap');
    await fault.waitFor();
    const label = await fault.getAttribute('aria-label');
    assert.match(label, /^gfn 0x100001 converted before its zap, :852 · ×4 · G3 zap-before-store/);
    // A click on the status leads there too.
    await statusItem(page).click();
    await page.locator('.statusbar-item', { hasText: /Ln 852, Col/ }).waitFor();
    await fault.click();
    await page.locator('.statusbar-item', { hasText: /Ln 852, Col/ }).waitFor();
    const name = page
      .locator('.view-line span', { hasText: /^kvm_arch_post_set_memory_attributes:?$/ })
      .first();
    await name.waitFor();
    const editor = await page.locator('.editor-instance .overflow-guard').first().boundingBox();
    // The lines are drawn anew while the editor scrolls: an element that was found may be gone again.
    const isWhole = await eventually(async () => {
      const shown = await name.boundingBox();
      return shown !== null && shown.x >= editor.x && shown.x + shown.width <= editor.x + editor.width;
    });
    assert.ok(isWhole, 'the name is cut');
    for (const theme of THEMES) {
      await chooseTheme(page, theme);
      await picture(page, `fault-narrow-${theme[0]}`);
    }
    await page.setViewportSize(size);
    await picture(page, 'fault-wide');
  });

  it('opens what was copied, quoted as in a mail, as a trace that is judged', async () => {
    const quoted = fs.readFileSync(SAMPLE, 'utf8').replace(/^/gm, '> ');
    const mail = `Hi,\n\nthis is what I see:\n\n${quoted}\nRegards\n`;
    await page.evaluate((text) => navigator.clipboard.writeText(text), mail);
    await runCommand(page, 'Shimtrace: Open Pasted Trace');
    await page.locator('.tab.active', { hasText: 'Pasted trace' }).waitFor();
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Shimtrace: Go to First Violation');
    // The line of the mail: two of prose and their blanks stand before the trace.
    await page.locator('.statusbar-item', { hasText: 'Ln 706, Col 1' }).waitFor();
    await page.keyboard.press('Escape');
    await chooseTheme(page, DARK);
    await picture(page, 'pasted-dark');
  });
});
