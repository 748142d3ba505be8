// `npm run pictures`: takes the screenshots under docs/images from the packaged extension on a shipped recording.
import fs from 'node:fs';
import path from 'node:path';
import { ensureDependencies, must, root } from '../steps.mjs';
import { ensureChromium, ensureEditor } from './setup.mjs';

ensureDependencies();
must(process.execPath, ['scripts/package.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
ensureEditor();
process.env.CHROMIUM = ensureChromium();
const { openFile, openWorkbench, runCommand, SAMPLE, statusItem } = await import('../../test/editor/support.mjs');

/** File name of the picture, and theme. */
const THEMES = [
  ['violation', 'Default Dark Modern'],
  ['violation-light', 'Default Light Modern'],
  ['violation-hc-dark', 'Default High Contrast'],
  ['violation-hc-light', 'Default High Contrast Light'],
];

const images = path.join(root, 'docs/images');
fs.mkdirSync(images, { recursive: true });
for (const [name, theme] of THEMES) {
  const bench = await openWorkbench({
    fill: (folder) => fs.copyFileSync(SAMPLE, path.join(folder, 'conversion.txt')),
    settings: { 'workbench.colorTheme': theme, 'window.commandCenter': false, 'workbench.layoutControl.enabled': false },
    width: 1200, height: 760,
  });
  const { page } = bench;
  try {
    await openFile(page, 'conversion.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'View: Focus Problems');
    await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
    await runCommand(page, 'Shimtrace: Go to First Violation');
    await page.locator('.monaco-hover:not(.hidden) th', { hasText: 'before' }).first().waitFor();
    await page.waitForTimeout(800);
    await page.screenshot({ path: path.join(images, `${name}.png`) });
    console.log(`docs/images/${name}.png: ${Math.round(fs.statSync(path.join(images, `${name}.png`)).size / 1000)} KB`);
  } finally {
    await bench.close();
  }
}
