// `npm run pictures [NAME...]`: takes the screenshots under docs/images from
// the packaged extension on a shipped recording.
import fs from 'node:fs';
import path from 'node:path';
import { bin, ensureDependencies, must, root } from '../steps.mjs';
import { ensureChromium, ensureEditor } from './setup.mjs';

ensureDependencies();
must(bin('tsc'), ['-b']);
must(process.execPath, ['scripts/package.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
ensureEditor();
process.env.CHROMIUM = ensureChromium();
const { goToFirstViolation, openFile, openWorkbench, runCommand, SAMPLE, statusItem, webviewBody } =
  await import('../../test/editor/support.mjs');
const { manyConversions } = await import('../../out/extension/test/many.js');

const MANY = 'many.txt';
const THEMES = [
  ['', 'Default Dark Modern'],
  ['-light', 'Default Light Modern'],
  ['-hc-dark', 'Default High Contrast'],
  ['-hc-light', 'Default High Contrast Light'],
];
/** File name of the picture without its theme, and what it shows. */
const SHOWN = [
  ['violation', showViolation],
  ['lists', showLists],
  ['conversions', showConversions],
  ['explanation', showExplanation],
  ['verdicts', showVerdicts],
  ['review', showReview],
];
/** File name of the picture, theme, and what it shows. */
const PICTURES = [
  ...SHOWN.flatMap(([name, show]) => THEMES.map(([suffix, theme]) => [`${name}${suffix}`, theme, show])),
  ['timeline', 'Default Dark Modern', showTimeline],
];

async function showViolation(page) {
  await runCommand(page, 'View: Focus Problems');
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  await runCommand(page, 'Shimtrace: Go to First Violation');
  await page.locator('.monaco-hover:not(.hidden) th', { hasText: 'before' }).first().waitFor();
}

/** All five lists at the violation's line, beside the trace with its lenses and hints. */
async function showLists(page) {
  await goToFirstViolation(page);
  await runCommand(page, 'Focus on Findings View');
  for (const view of ['Pages', 'References']) await page.locator('.pane-header', { hasText: view }).click();
  const sash = await page
    .locator('.split-view-container .sash-container .monaco-sash.vertical')
    .evaluateAll((all) => all.map((node) => node.getBoundingClientRect()).map(({ x, y }) => ({ x, y })));
  const edge = sash.filter(({ x }) => x > 200 && x < 500)[0];
  if (edge) {
    await page.mouse.move(edge.x + 2, 400);
    await page.mouse.down();
    await page.mouse.move(520, 400, { steps: 5 });
    await page.mouse.up();
  }
  await page.locator('.pane-body .monaco-list-row').filter({ hasText: 'pin by CPU 0/KVM-275' }).waitFor();
  // Away from everything that tells something when the pointer rests on it.
  await page.mouse.move(580, 744);
  await page.locator('.monaco-hover:not(.hidden)').first().waitFor({ state: 'hidden' });
}

/** Hundreds of conversions, a few of which failed: what is in flight, failed, slow and repeated. */
async function showConversions(page) {
  await runCommand(page, 'View: Close Editor');
  await openFile(page, MANY);
  await statusItem(page).filter({ hasText: 'violation' }).waitFor();
  await runCommand(page, 'Focus on Conversions View');
  await page.locator('.pane-header', { hasText: 'Findings' }).click();
  const row = page.locator('.pane-body .monaco-list-row').filter({ hasText: 'ENOMEM' }).first();
  await row.click();
  await page.mouse.move(580, 744);
}

/** The finding as a chain of events. */
async function showExplanation(page) {
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  await goToFirstViolation(page);
  await runCommand(page, 'Shimtrace: Explain This Finding');
  await webviewBody(page).getByText('What happened').waitFor();
}

/** The verdict of every rule. */
async function showVerdicts(page) {
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  await runCommand(page, 'Shimtrace: Show Verdicts of All Rules');
  await webviewBody(page).locator('td', { hasText: 'G9' }).first().waitFor();
}

/** A patch with what recordings without and with it show: tree, lenses, marks and a thread. */
async function showReview(page) {
  await runCommand(page, 'View: Close Editor');
  await runCommand(page, 'Shimtrace: Review the Sample Patch');
  await page.locator('.review-widget').first().waitFor();
  await runCommand(page, 'View: Hide Panel');
  await runCommand(page, 'Focus on Review View');
  const header = (name) => page.locator('.pane-header', { hasText: name });
  for (const name of ['Findings', 'Conversions', 'Coverage', 'Recordings'])
    if ((await header(name).getAttribute('aria-expanded')) === 'true') await header(name).click();
  for (let i = 0; i < 2; i++) await runCommand(page, 'Shimtrace: Go to Next Hunk with Evidence');
  const thread = page.locator('.review-widget', { hasText: 'Without the patch' }).last();
  await thread.getByText('G9 violation').waitFor();
  await page.mouse.move(580, 744);
}

/** The timeline alone, at the evidence of the violation. */
async function showTimeline(page) {
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  await runCommand(page, 'Shimtrace: Show Timeline');
  await webviewBody(page).getByRole('heading', { name: 'private while pinned' }).waitFor();
  await webviewBody(page).locator('canvas.main').press('n');
  // The finding's line is shown in the other group first; then the timeline's group is the one to enlarge.
  await page.locator('.line-numbers.active-line-number', { hasText: /^702$/ }).first().waitFor();
  await page.waitForTimeout(600);
  await page.locator('.tab', { hasText: 'Timeline of' }).click();
  await runCommand(page, 'View: Toggle Maximize Editor Group');
}

const images = path.join(root, 'docs/images');
fs.mkdirSync(images, { recursive: true });
const only = process.argv.slice(2);
for (const [name, theme, show] of PICTURES.filter(([name]) => only.length === 0 || only.includes(name))) {
  const bench = await openWorkbench({
    fill: (folder) => {
      fs.copyFileSync(SAMPLE, path.join(folder, 'conversion.txt'));
      fs.writeFileSync(
        path.join(folder, MANY),
        manyConversions({ conversions: 450, failEvery: 100, slowEvery: 200 }),
      );
    },
    settings: {
      'workbench.colorTheme': theme,
      'window.commandCenter': false,
      'workbench.layoutControl.enabled': false,
    },
    width: 1200,
    height: 760,
  });
  const { page } = bench;
  try {
    await openFile(page, 'conversion.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await show(page);
    await page.waitForTimeout(800);
    await page.screenshot({ path: path.join(images, `${name}.png`) });
    console.log(
      `docs/images/${name}.png: ${Math.round(fs.statSync(path.join(images, `${name}.png`)).size / 1000)} KB`,
    );
  } finally {
    await bench.close();
  }
}
