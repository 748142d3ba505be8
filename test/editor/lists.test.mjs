// The lists beside a trace, as a person uses them: native trees that follow the cursor and lead to lines.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { manyConversions } from '../../out/extension/test/many.js';
import { eventually, openFile, openWorkbench, picture, runCommand, SAMPLE, statusItem } from './support.mjs';

describe('the lists beside a trace', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt')),
      settings: { 'workbench.colorTheme': 'Default High Contrast' },
    });
    ({ page } = bench);
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Focus on Findings View');
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  const goToLine = async (line) => {
    await page.locator('.tab.active').click();
    await page.keyboard.press('Control+g');
    await page.locator('.quick-input-widget input').fill(`:${line}`);
    await page.keyboard.press('Enter');
  };
  const row = (text) => page.locator('.pane-body .monaco-list-row').filter({ hasText: text }).first();

  it('lead from a finding to its line, and to its evidence', async () => {
    await row('private while pinned').click();
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

  it('follow the cursor: the finding in its line is selected, the references are those there', async () => {
    await goToLine(702);
    await page
      .locator('.pane-body .monaco-list-row.selected')
      .filter({ hasText: 'private while pinned' })
      .waitFor();
    await page.locator('.pane-body .message').filter({ hasText: 'at line 702' }).first().waitFor();
    await row('pin by CPU 0/KVM-275')
      .filter({ hasText: /\d+ µs|ms/ })
      .waitFor();
    await goToLine(560);
    await page.getByText('No reference is seen to be held here.').waitFor();
  });

  it('group findings by page and by time', async () => {
    await runCommand(page, 'Shimtrace: Group Findings by Page');
    await row('pgoff').or(row('page 0x4')).first().waitFor();
    await runCommand(page, 'Shimtrace: Sort Findings by Time');
    await row(':702 · G9 refs-safe').waitFor();
    await runCommand(page, 'Shimtrace: Group Findings by Rule');
    await row('G9 refs-safe').waitFor();
  });

  it('are filtered all at once, with counts', async () => {
    await runCommand(page, 'Shimtrace: Filter the Lists');
    await page.locator('.quick-input-widget input').fill('to private');
    await page.keyboard.press('Enter');
    await page
      .locator('.pane-body .message')
      .filter({ hasText: /“to private”: 1 of 2/ })
      .waitFor();
    await runCommand(page, 'Shimtrace: Clear the Filter');
    await page
      .locator('.pane-body .message')
      .filter({ hasText: '“to private”: 1 of 2' })
      .waitFor({ state: 'detached' });
  });

  it('copy the commands that record what a rule lacks', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const rule = row('G6b unbracketed-truncate');
    await rule.scrollIntoViewIfNeeded();
    await rule.hover();
    await rule.locator('[aria-label^="Copy the Recording Command"]').click();
    await page.locator('.notification-toast', { hasText: 'Copied: the commands' }).waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /kvm_gmem_fallocate/);
    await runCommand(page, 'Notifications: Clear All Notifications');
  });

  it('have names for screen readers', async () => {
    const label = await row('private while pinned').getAttribute('aria-label');
    assert.match(label, /gfn 0x100004 private while pinned.*:702.*G9 refs-safe/);
  });

  it('set a finding aside with a reason', async () => {
    await row('private while pinned').click({ button: 'right' });
    // A menu takes no click in its first moments.
    await page.waitForTimeout(500);
    await page.locator('.context-view .action-label', { hasText: 'Suppress' }).click();
    await page.locator('.quick-input-widget input').fill('known on this kernel');
    await page.keyboard.press('Enter');
    await row('Suppressed').waitFor();
    await statusItem(page).filter({ hasText: 'no violation' }).waitFor();
    const kept = JSON.parse(fs.readFileSync(path.join(bench.folder, '.shimtrace.json'), 'utf8'));
    assert.equal(kept.suppress[0].reason, 'known on this kernel');
  });
});

describe('the lists of a trace with hundreds of conversions', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) =>
        fs.writeFileSync(
          path.join(folder, 'many.txt'),
          manyConversions({ conversions: 450, failEvery: 100, slowEvery: 200 }),
        ),
    });
    ({ page } = bench);
    await openFile(page, 'many.txt');
    await statusItem(page).filter({ hasText: 'violation' }).waitFor();
    await runCommand(page, 'Focus on Conversions View');
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-many-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  const row = (text) => page.locator('.pane-body .monaco-list-row').filter({ hasText: text }).first();

  it('sort them into what is in flight, failed, slow and repeated, each with its count', async () => {
    for (const [group, count] of [
      ['In flight', 1],
      ['Failed', 4],
      ['Slow', 2],
      ['Repeated', 4],
      ['All', 450],
    ]) {
      const found = row(new RegExp(`^${group}${count}$`));
      await found.scrollIntoViewIfNeeded();
      await found.waitFor();
    }
    await row('ENOMEM').waitFor();
    await picture(page, 'conversions-dark');
  });

  it('show more of them when asked', async () => {
    await page.keyboard.press('Escape');
    await runCommand(page, 'Shimtrace: Filter the Lists');
    await page.locator('.quick-input-widget input').fill('done');
    await page.keyboard.press('Enter');
    await page.locator('.pane-body .message').filter({ hasText: '“done”: 445 of 450' }).waitFor();
    await row('gfn 0x1000c6').click();
    for (const [label, shown, first] of [
      ['Show 200 more', '200 of 445 shown', 'gfn 0x100190'],
      ['Show 45 more', '400 of 445 shown', 'gfn 0x100320'],
    ]) {
      const more = row(label).filter({ hasText: shown });
      await eventually(async () => {
        await page.keyboard.press('End');
        return more.isVisible();
      });
      await more.click();
      // The focus goes to the first of those that came.
      await page.locator('.pane-body .monaco-list-row.focused').filter({ hasText: first }).waitFor();
    }
    await page.waitForTimeout(1000);
    await page.keyboard.press('End');
    assert.equal(await row(/Show \d+ more/).count(), 0);
  });
});
