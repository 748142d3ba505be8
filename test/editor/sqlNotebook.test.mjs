// A SQL notebook in the window: the table that its renderer makes, and the line that a row leads to.
import fs from 'node:fs';
import path from 'node:path';
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

const NOTEBOOK = `-- trace: pinned.txt

-- %% markdown
-- ### What was found?

-- %%
select rule, line, reason, message from findings

-- %%
select unit, state, sum(count) pages from intervals where until_ts is null group by unit, state
`;

describe('a SQL notebook in the window', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => {
        fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt'));
        fs.writeFileSync(path.join(folder, 'questions.shimsql'), NOTEBOOK);
      },
      settings: { 'workbench.colorTheme': 'Default Dark Modern' },
    });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed') await picture(page, 'failed-sql-notebook');
  });

  it('shows answers as tables, of which a row leads to its line', async () => {
    // A file that is opened before the window knows of the extension is a text in it.
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await openFile(page, 'questions.shimsql');
    await page.locator('.notebook-editor').first().waitFor();
    await runCommand(page, 'Notebook: Run All');
    const body = webviewBody(page);
    const row = body.locator('tr', { hasText: 'became private while page 0x4 is pinned' });
    await row.waitFor({ timeout: 60_000 });
    await body.locator('.shimtrace-sql-foot', { hasText: '1 row, ' }).first().waitFor();
    for (const theme of THEMES) {
      await chooseTheme(page, theme);
      await picture(page, `sql-notebook-${theme[0]}`);
    }
    await row.click();
    await page.locator('.statusbar-item', { hasText: 'Ln 702' }).waitFor();
    await picture(page, 'sql-notebook-line');
  });
});
