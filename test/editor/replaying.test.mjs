// A replay as its user sees it: the stopped line, the timeline and the lists at
// the same event, breakpoints set by hand.
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
  WORKSPACE_FOLDER,
} from './support.mjs';

/** Lines of the violation in the sample, and of the pin that it is about. */
const LINE = 702;
const PIN = 662;

/** Waits until the arrow of the stopped replay stands beside a line. */
function arrowAt(page, line) {
  return page.waitForFunction((wanted) => {
    const arrow = document.querySelector('.codicon-debug-stackframe')?.getBoundingClientRect();
    const number = [...document.querySelectorAll('.line-numbers')]
      .find((e) => e.textContent === wanted)
      ?.getBoundingClientRect();
    return arrow && number && Math.abs(arrow.top - number.top) < 4;
  }, String(line));
}

/**
 * A trace with stacks, a kernel tree that has the source of one of their
 * functions, and how they belong together.
 */
function fillKernelFrames(folder) {
  fs.copyFileSync(
    path.join(root, 'sample-traces/ftrace/7.2.13/inplace.stacktrace.txt'),
    path.join(folder, 'stacks.txt'),
  );
  fs.mkdirSync(path.join(folder, 'linux/mm'), { recursive: true });
  fs.writeFileSync(
    path.join(folder, 'linux/mm/vma.c'),
    '/* made for a test */\n\nunsigned long mmap_region(struct file *file)\n{\n\treturn 0;\n}\n',
  );
  fs.mkdirSync(path.join(folder, '.vscode'));
  const configuration = {
    type: 'shimtrace',
    request: 'launch',
    name: 'With sources',
    trace: `${WORKSPACE_FOLDER}/stacks.txt`,
    from: { line: 25 },
    sourceMap: { tree: `${WORKSPACE_FOLDER}/linux` },
  };
  fs.writeFileSync(
    path.join(folder, '.vscode/launch.json'),
    JSON.stringify({ version: '0.2.0', configurations: [configuration] }),
  );
}

describe('a replay in the editor', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => {
        fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt'));
        fillKernelFrames(folder);
      },
      width: 1700,
      height: 1000,
      settings: {
        'workbench.colorTheme': 'Default Dark Modern',
        'debug.internalConsoleOptions': 'neverOpen',
      },
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
      await picture(page, `failed-replay-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  const body = () => webviewBody(page);
  const stoppedAt = (line) => arrowAt(page, line);
  const button = (name) => page.locator(`.debug-toolbar .codicon-debug-${name}`).first();
  const inTimeline = (line) =>
    body()
      .locator('.words')
      .getByText(new RegExp(`line ${line}\\b`))
      .first()
      .waitFor();

  it('begins at the finding that the timeline shows', async () => {
    await body().getByRole('link', { name: 'Replay from here' }).click();
    await stoppedAt(LINE);
  });

  it('steps both ways, and the timeline goes along', async () => {
    await button('step-back').click();
    await stoppedAt(LINE - 1);
    await inTimeline(LINE - 1);
    await button('step-over').click();
    await stoppedAt(LINE);
    await inTimeline(LINE);
  });

  it('offers to go to what is selected elsewhere', async () => {
    await body()
      .getByRole('link', { name: new RegExp(`line ${PIN}\\b`) })
      .first()
      .click();
    await page.locator('.statusbar-item').getByText(`Go to line ${PIN}`).click();
    await stoppedAt(PIN);
    await page.locator('.statusbar-item').getByText(`Go to line ${PIN}`).waitFor({ state: 'hidden' });
  });

  it('stops where the pages that the timeline shows change', async () => {
    await inTimeline(PIN);
    await body().getByRole('link', { name: 'Break on change' }).click();
    await page
      .getByText(/The replay stops at changes: state of/)
      .first()
      .waitFor();
    await button('continue').click();
    await page
      .locator('.debug-call-stack, .debug-pane')
      .getByText(/Data breakpoint/i)
      .first()
      .waitFor();
  });

  it('stops where a value of the Variables view changes', async () => {
    const variable = (name) => page.locator('.debug-variables .monaco-list-row', { hasText: name }).first();
    // The lists below it leave the breakpoints no room.
    await page.getByRole('button', { name: 'Watch Section' }).click();
    // The page comes first, and is open.
    await variable(/^attribute\b/).click({ button: 'right' });
    const item = page.locator('.action-label', { hasText: 'Break on Value Change' });
    await item.hover();
    // A menu that has just opened takes the release of the button for the end of the click that opened it.
    await page.waitForTimeout(500);
    await item.click();
    await page
      .locator('.debug-breakpoints .monaco-list-row', { hasText: /attribute/ })
      .first()
      .waitFor();
    await body().getByRole('link', { name: 'Break on change' }).click();
    await page
      .getByText(/no longer stops at changes/)
      .first()
      .waitFor();
    await button('continue').click();
    await stoppedAt(LINE);
    await variable(/^attribute\b.*Private.\(was.Shared\)/).waitFor();
  });

  it('is seen in every theme', async () => {
    for (const theme of THEMES) {
      const [name] = theme;
      await chooseTheme(page, theme);
      await picture(page, `replay-${name}`);
      const { background, line } = await page.evaluate(() => ({
        background: getComputedStyle(
          document.querySelector('.monaco-editor .lines-content')?.closest('.monaco-editor'),
        ).backgroundColor,
        line: getComputedStyle(document.querySelector('.debug-top-stack-frame-line')).backgroundColor,
      }));
      assert.notEqual(line, background, `${name}: the current step is not told from its lines`);
    }
  });

  it('takes the lists along', async () => {
    await runCommand(page, 'Focus on Findings View');
    await page.locator('.pane-header', { hasText: 'References' }).click();
    const listsAt = (line) =>
      page
        .locator('.pane-body .message')
        .filter({ hasText: `at line ${line}` })
        .first()
        .waitFor();
    await button('step-back').click();
    await stoppedAt(LINE - 1);
    await listsAt(LINE - 1);
    await button('step-over').click();
    await stoppedAt(LINE);
    await listsAt(LINE);
    await page
      .locator('.pane-body .monaco-list-row.selected')
      .filter({ hasText: 'private while pinned' })
      .waitFor();
    await picture(page, 'replay-lists');
  });

  it('opens the source of a kernel frame that is clicked in the call stack', async () => {
    await button('stop').click();
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await runCommand(page, 'Debug: Start Debugging');
    await arrowAt(page, 25);
    await page
      .locator('.debug-call-stack .monaco-list-row')
      .filter({ hasText: /^mmap_region/ })
      .filter({ hasText: 'vma.c' })
      .click();
    await page.locator('.tab.active', { hasText: 'vma.c' }).waitFor();
    await page.locator('.line-numbers.active-line-number', { hasText: /^3$/ }).first().waitFor();
    await picture(page, 'replay-kernel-frame');
  });
});

describe("a replay in the browser's extension host", () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt')),
      width: 1500,
      height: 900,
      settings: {
        'remote.extensionKind': { 'shimtrace.shimtrace': ['web'] },
        'debug.internalConsoleOptions': 'neverOpen',
      },
    });
    ({ page } = bench);
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-replay-browser-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });
  const button = (name) => page.locator(`.debug-toolbar .codicon-debug-${name}`).first();

  it('stops at the violation, forward and from the end', async () => {
    await runCommand(page, 'Shimtrace: Replay This Trace');
    await button('continue').click();
    await arrowAt(page, LINE);
    await page
      .getByText(/became private while page 0x4 is pinned/)
      .first()
      .waitFor();
    await button('continue').click();
    await page.waitForFunction(
      (line) =>
        !document.querySelector('.exception-widget') &&
        document.querySelector('.active-line-number')?.textContent !== line,
      String(LINE),
    );
    await button('reverse-continue').click();
    await arrowAt(page, LINE);
  });

  it('steps both ways', async () => {
    await button('step-back').click();
    await arrowAt(page, LINE - 1);
    await button('step-over').click();
    await arrowAt(page, LINE);
  });

  it('shows the state', async () => {
    await page.getByRole('treeitem', { name: 'Scope Page' }).waitFor();
    await page
      .locator('.debug-variables .monaco-list-row', { hasText: /^attribute/ })
      .first()
      .waitFor();
    await page
      .locator('.debug-call-stack .monaco-list-row', { hasText: 'stored: kvm_gmem_store_attributes' })
      .first()
      .waitFor();
  });

  it("tells a field's value on the line where it stands, and shows the event on any other", async () => {
    const token = (time, text) =>
      page
        .locator('.view-line')
        .filter({ hasText: time })
        .locator('span span')
        .filter({ hasText: text })
        .first();
    await token('62.292357', /^attrs/).hover({ position: { x: 12, y: 6 } });
    await page.locator('.debug-hover-widget').getByText('0x8 (PRIVATE)').first().waitFor();
    await page.mouse.move(20, 400);
    await page.locator('.debug-hover-widget').waitFor({ state: 'hidden' });
    await token('62.292346', /^slot/).hover({ position: { x: 12, y: 6 } });
    await page.locator('.monaco-hover:not(.hidden)').getByText('Break on change').first().waitFor();
    await picture(page, 'replay-hover');
  });
});
