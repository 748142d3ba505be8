// What axe says of the parts of the window that are ours, in four themes: the lists, the documents, the
// status (the timeline has its own test). What it says of VS Code's own parts is printed, not judged.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../scripts/steps.mjs';
import {
  chooseTheme,
  goToFirstViolation,
  openFile,
  openWorkbench,
  picture,
  runCommand,
  SAMPLE,
  statusItem,
  THEMES,
  webviewBody,
} from './support.mjs';

const AXE = fs.readFileSync(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8');
/** Elements whose names, texts and icons come from this extension; the colour of a lens is the theme's. */
const OURS = '[id^="shimtrace"], [id*="shimtrace.shimtrace"], .pane-body .monaco-list-row';

/**
 * VS Code puts a row's text and its description side by side without a blank: what is read out can
 * never be the same, in its own lists neither.
 */
const OF_EVERY_LIST = 'label-content-name-mismatch';

/** Rules of axe that are broken within `frame`, each with the elements. */
async function broken(frame) {
  await frame.evaluate(AXE);
  return frame.evaluate(
    async ([ours, ofEveryList]) => {
      // A webview shows the editor's background through its own, which axe does not see.
      if (document.body.classList.contains('vscode-body'))
        document.body.style.background = 'var(--vscode-editor-background)';
      const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => {
          const element = document.querySelector(node.target.at(-1));
          return {
            id,
            html: node.html.slice(0, 160),
            isOurs: id !== ofEveryList && element !== null && element.closest(ours) !== null,
          };
        }),
      );
    },
    [OURS, OF_EVERY_LIST],
  );
}

/** The frame inside a webview. */
async function webviewFrame(page) {
  const handle = await webviewBody(page).elementHandle();
  return handle.ownerFrame();
}

describe('what axe finds', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt')),
      height: 1100,
    });
    ({ page } = bench);
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await goToFirstViolation(page);
    await runCommand(page, 'Focus on Findings View');
    for (const view of ['Pages', 'References']) await page.locator('.pane-header', { hasText: view }).click();
    await page.locator('.pane-body .monaco-list-row').filter({ hasText: 'pin by CPU 0/KVM-275' }).waitFor();
    await runCommand(page, 'Shimtrace: Review the Sample Patch');
    await page
      .locator('.pane-body .monaco-list-row')
      .filter({ hasText: '__kvm_gmem_set_attributes()' })
      .first()
      .waitFor();
  });
  after(() => bench?.close());

  for (const theme of THEMES) {
    describe(`in ${theme[1]}`, () => {
      before(() => chooseTheme(page, theme));

      it('is nothing in the lists and the status', async () => {
        await picture(page, `accessible-${theme[0]}`);
        const found = await broken(page.mainFrame());
        const theirs = [...new Set(found.filter(({ isOurs }) => !isOurs).map(({ id }) => id))];
        console.log(`      VS Code's own: ${theirs.join(', ') || 'nothing'}`);
        assert.deepEqual(
          found.filter(({ isOurs }) => isOurs),
          [],
        );
      });

      for (const [name, command, text] of [
        ['the explanation', 'Shimtrace: Explain This Finding', 'What happened'],
        ['the verdicts', 'Shimtrace: Show Verdicts of All Rules', 'What could not be decided'],
        ['before and after', 'Shimtrace: Before and After', 'What this does not show'],
      ]) {
        it(`is nothing in ${name}`, async () => {
          await page.locator('.tab', { hasText: 'pinned.txt' }).first().click();
          await runCommand(page, command);
          await webviewBody(page).getByText(text).first().waitFor();
          assert.deepEqual(await broken(await webviewFrame(page)), []);
          await runCommand(page, 'View: Close Editor');
        });
      }
    });
  }
});
