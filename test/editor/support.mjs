// One editor with the packaged extension for a suite, and the steps that suites share.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lengthened } from '../../out/test/support/filler.js';
import { root } from '../../scripts/steps.mjs';
import { editorUrl, openBrowser, startEditor } from '../../scripts/editor/host.mjs';

export const SAMPLE = path.join(root, 'sample-traces/labelled/inplace/M2.p.txt');
/** Screenshots of a run, for whoever wants to look. */
const PICTURES = path.join(root, 'out/test-results/pictures');

/**
 * Starts the editor with the packaged extension on a new folder that `fill` puts files into, and opens a
 * window on it.
 */
export async function openWorkbench({
  fill,
  settings,
  machine,
  trust,
  width,
  height,
  vsix = path.join(root, 'dist/shimtrace.vsix'),
} = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-folder-'));
  fill?.(folder);
  const editor = await startEditor({
    vsix,
    settings,
    machine,
    ...(trust === undefined ? {} : { trust }),
  });
  const opened = { editor, folder, page: undefined, context: undefined };
  const close = async () => {
    await opened.context?.close();
    await editor.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    Object.assign(opened, await openBrowser(editor, process.env.CHROMIUM, { width, height }));
    await opened.page.goto(editorUrl(editor, folder));
    await opened.page.locator('.statusbar').waitFor({ timeout: 60000 });
  } catch (error) {
    await close();
    throw error;
  }
  return { page: opened.page, context: opened.context, folder, editor, close };
}

/** More than are read again as fast. */
const INDEXED_BYTES = 5 << 20;

/** A real trace that is large enough to be worth an index. */
export function indexedTrace() {
  return [...lengthened(fs.readFileSync(SAMPLE, 'utf8'), INDEXED_BYTES)].join('');
}

/** The text of an element as a person sees it: without what is hidden, and without scripts and styles. */
export function visibleText(locator) {
  // biome-ignore lint/performance/useDomNodeTextContent: what is seen is asked for, and this is no DOM node
  return locator.innerText();
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: VS Code puts the folder in its place
export const WORKSPACE_FOLDER = '${workspaceFolder}';

export function picture(page, name) {
  fs.mkdirSync(PICTURES, { recursive: true });
  return page.screenshot({ path: path.join(PICTURES, `${name}.png`) });
}

export async function openFile(page, name) {
  await page
    .locator('.explorer-folders-view .monaco-list-row')
    .filter({ has: page.getByText(name, { exact: true }) })
    .first()
    .dblclick();
}

/**
 * Runs a command by its title as the palette shows it; a palette opened before
 * the extensions are ready is opened again.
 */
export async function runCommand(page, title) {
  const input = page.locator('.quick-input-widget input');
  const row = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first();
  for (let attempt = 0; ; attempt++) {
    await page.keyboard.press('F1');
    try {
      await input.fill(`>${title}`, { timeout: 3000 });
      await row.click({ timeout: 3000 });
      return;
    } catch (error) {
      if (attempt === 4) throw error;
      await page.keyboard.press('Escape');
    }
  }
}

/**
 * Goes to the first violation and closes its hover: one that opens later
 * would take the focus from what comes next.
 */
export async function goToFirstViolation(page) {
  await runCommand(page, 'Shimtrace: Go to First Violation');
  const hover = page.locator('.monaco-hover:not(.hidden)').first();
  await hover.waitFor({ timeout: 10_000 }).catch(() => undefined);
  await page.keyboard.press('Escape');
  await hover.waitFor({ state: 'hidden', timeout: 5_000 }).catch(() => undefined);
}

/**
 * Waits for a part of the hover of the violation that a command went to. On a busy machine the editor may
 * close it again when the window's focus settles: then the mouse asks for it.
 */
export async function violationHoverShows(page, part) {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (
      await part.waitFor({ timeout: 6_000 }).then(
        () => true,
        () => false,
      )
    )
      return;
    const { height } = page.viewportSize();
    await page.mouse.move(450, height - 10);
    await page
      .locator('.squiggly-error, .squiggly-warning')
      .first()
      .hover({ force: true, position: { x: 12, y: 6 } });
  }
  await part.waitFor();
}

/** Whether something comes true within ten seconds; `ask` looks once. */
export async function eventually(ask) {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((done) => setTimeout(done, 100)))
    if (await ask()) return true;
  return false;
}

/** Titles that the palette offers for what is typed. */
export async function offeredCommands(page, typed) {
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input');
  await input.waitFor();
  await input.fill(`>${typed}`);
  await page.waitForTimeout(400);
  const rows = await page.locator('.quick-input-list .monaco-list-row .label-name').allTextContents();
  await page.keyboard.press('Escape');
  return rows;
}

const ALL_THEMES = [
  ['light', 'Light Modern', 'vs'],
  ['hc-light', 'Light High Contrast', 'hc-light'],
  ['hc-dark', 'Dark High Contrast', 'hc-black'],
  ['dark', 'Dark Modern', 'vs-dark'],
];

/**
 * What a theme is called in a picture's name and in the editor's list, and the class that the window has
 * under it; the window begins and ends in the last one. `npm test` looks at two, `npm run test:thorough` at
 * all four.
 */
export const THEMES = ALL_THEMES.filter(
  ([name]) => process.env.THOROUGH === '1' || name === 'light' || name === 'dark',
);

/** Chooses a theme in the running window, which takes a tenth of the time of a new one. */
export async function chooseTheme(page, [, label, windowClass]) {
  await runCommand(page, 'Preferences: Color Theme');
  await page.locator('.quick-input-widget input').fill(label);
  await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: label }).first().click();
  await page.locator(`.monaco-workbench.${windowClass}`).waitFor();
  // Lists and webviews take the new colours a little later.
  await page.waitForTimeout(400);
}

export function statusItem(page) {
  return page
    .locator('#shimtrace\\.shimtrace\\.shimtrace\\.verdict, .statusbar-item[id*="shimtrace"]')
    .first();
}

/** The document inside a webview, two frames deep. */
export function webviewBody(page) {
  return page.frameLocator('iframe.webview.ready').last().frameLocator('iframe#active-frame').locator('body');
}

/** Reviews the sample patch, until the lens of a function that ran stands above its hunk. */
export async function reviewSamplePatch(page) {
  await runCommand(page, 'Shimtrace: Review the Sample Patch');
  await page.locator('.review-widget').first().waitFor();
  await runCommand(page, 'Shimtrace: Go to Next Hunk with Evidence');
  const lens = page.locator('.codelens-decoration', {
    hasText: 'kvm_gmem_is_safe_for_conversion(): ran 5×',
  });
  await lens.first().waitFor();
}
