// `npm run pictures [NAME...]`: takes the screenshots under docs/images from the packaged extension on a shipped recording.
import fs from 'node:fs';
import path from 'node:path';
import { ensureDependencies, must, root } from '../steps.mjs';
import { ensureChromium, ensureEditor } from './setup.mjs';

ensureDependencies();
must(process.execPath, ['scripts/package.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
ensureEditor();
process.env.CHROMIUM = ensureChromium();
const { openFile, openWorkbench, runCommand, SAMPLE, statusItem, webviewBody } = await import('../../test/editor/support.mjs');

/** File name of the picture, theme, and what it shows. */
const PICTURES = [
  ['violation', 'Default Dark Modern', showViolation],
  ['violation-light', 'Default Light Modern', showViolation],
  ['violation-hc-dark', 'Default High Contrast', showViolation],
  ['violation-hc-light', 'Default High Contrast Light', showViolation],
  ['timeline', 'Default Dark Modern', showTimeline],
];

async function showViolation(page) {
  await runCommand(page, 'View: Focus Problems');
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  await runCommand(page, 'Shimtrace: Go to First Violation');
  await page.locator('.monaco-hover:not(.hidden) th', { hasText: 'before' }).first().waitFor();
}

/** The timeline alone, at the evidence of the violation. */
async function showTimeline(page) {
  await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
  await runCommand(page, 'Shimtrace: Show Timeline');
  await webviewBody(page).getByRole('heading', { name: 'G9 violation' }).waitFor();
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
    fill: (folder) => fs.copyFileSync(SAMPLE, path.join(folder, 'conversion.txt')),
    settings: { 'workbench.colorTheme': theme, 'window.commandCenter': false, 'workbench.layoutControl.enabled': false },
    width: 1200, height: 760,
  });
  const { page } = bench;
  try {
    await openFile(page, 'conversion.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await show(page);
    await page.waitForTimeout(800);
    await page.screenshot({ path: path.join(images, `${name}.png`) });
    console.log(`docs/images/${name}.png: ${Math.round(fs.statSync(path.join(images, `${name}.png`)).size / 1000)} KB`);
  } finally {
    await bench.close();
  }
}
