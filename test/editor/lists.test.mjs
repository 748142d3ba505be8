// The lists beside a trace, as a person uses them: native trees that follow the cursor and lead to lines.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openFile, openWorkbench, picture, runCommand, SAMPLE, statusItem } from './support.mjs';

describe('the lists beside a trace', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({ fill: (folder) => fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt')), settings: { 'workbench.colorTheme': 'Default High Contrast' } });
    ({ page } = bench);
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Focus on Findings View');
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed') await picture(page, `failed-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  const row = (text) => page.locator('.pane-body .monaco-list-row').filter({ hasText: text }).first();

  it('lead from a finding to its line, and to its evidence', async () => {
    await row('became private while page 0x4').click();
    await page.locator('.statusbar-item', { hasText: 'Ln 702' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await row('page 0x4 referenced here').click();
    await page.locator('.statusbar-item', { hasText: 'Ln 662' }).waitFor();
  });

  it('show conversions with their phases, and rules that could not be judged', async () => {
    await row('to private').waitFor();
    await row('G6b unbracketed-truncate').waitFor();
    await picture(page, 'lists-hc');
  });

  it('show who holds what at the cursor', async () => {
    await page.locator('.pane-header', { hasText: 'References' }).click();
    await row('pin by CPU 0/KVM-275').waitFor();
  });

  it('have names for screen readers', async () => {
    const label = await row('became private while page 0x4').getAttribute('aria-label');
    assert.match(label, /became private while page 0x4 is pinned.*G9/);
  });

  it('set a finding aside with a reason', async () => {
    await row('became private while page 0x4').hover();
    await row('became private while page 0x4').locator('[aria-label^="Suppress"]').click();
    await page.locator('.quick-input-widget input').fill('known on this kernel');
    await page.keyboard.press('Enter');
    await row('Suppressed').waitFor();
    await statusItem(page).filter({ hasText: 'no violation' }).waitFor();
    const kept = JSON.parse(fs.readFileSync(path.join(bench.folder, '.shimtrace.json'), 'utf8'));
    assert.equal(kept.suppress[0].reason, 'known on this kernel');
  });
});
