// The walkthrough, from nothing to the first violation.
import { openWorkbench, picture, runCommand, statusItem, violationHoverShows } from './support.mjs';

describe('the first run', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: () => {},
      settings: { 'workbench.colorTheme': 'Default Light Modern' },
    });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  it('gets from the walkthrough to the first violation', async () => {
    await runCommand(page, 'Welcome: Open Walkthrough...');
    const row = page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: 'Judge a trace of shared/private conversions' });
    await row.waitFor();
    await row.click();
    await page.getByRole('button', { name: 'Record a Trace…' }).waitFor();
    await page.locator('.getting-started-step', { hasText: 'Open a recording' }).click();
    await page.getByRole('button', { name: 'Open the Sample Trace' }).waitFor();
    await picture(page, 'walkthrough-light');
    await page.getByRole('button', { name: 'Open the Sample Trace' }).click();
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await page.locator('.getting-started-step', { hasText: 'Go to its first violation' }).click();
    await page.getByRole('button', { name: 'Go to First Violation' }).click();
    await page.locator('.squiggly-error').first().waitFor();
    const reason = page
      .locator('.monaco-hover:not(.hidden)')
      .getByText('became private while page 0x4 is pinned')
      .first();
    await violationHoverShows(page, reason);
    await picture(page, 'first-violation-light');
    await page.locator('.getting-started-step', { hasText: 'Review a patch with what traces show' }).click();
    const button = page.getByRole('button', { name: 'Review the Sample Patch' });
    await button.waitFor();
    await picture(page, 'walkthrough-review-light');
    await button.click();
    await page.locator('.codelens-decoration', { hasText: 'gmem_record(): may have run' }).first().waitFor();
    await picture(page, 'review-sample-light');
  });
});
