/**
 * The built page in a browser, with tiles of a made scene: what it posts, what it says, and what it costs.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { frameTimes } from './frames.js';
import { launch, openPage } from './open.js';
import { serve, type Served } from './server.js';
import { lastPosted, posted, signs, visibleText, type Sign } from './support.js';
import { THEMES } from './themes.js';

const PICTURES = path.join('out', 'test-results', 'pictures');
/** `npm test` looks at two of the themes, `npm run test:thorough` at all. */
const LOOKED_AT = Object.keys(THEMES).filter((_, i) => process.env['THOROUGH'] === '1' || i < 2);
const AXE = path.join('node_modules', 'axe-core', 'axe.min.js');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}
describe('the timeline page in a browser', () => {
  let served: Served;
  let browser: Browser;
  let page: Page;
  let errors: readonly string[];
  const canvas = () => page.locator('canvas.main');
  const violation = async (): Promise<Sign> => (await signs(page, 'finding'))[0]!;

  before(async () => {
    served = await serve();
    browser = await launch();
    fs.mkdirSync(PICTURES, { recursive: true });
  });
  after(async () => {
    await browser?.close();
    served?.close();
  });
  beforeEach(async () => {
    ({ page, errors } = await openPage(browser, served, 'scene'));
  });
  afterEach(async () => {
    assert.deepEqual(errors, []);
    await page.close();
  });

  it('opens on the worst finding, in words', async () => {
    await page.getByRole('heading', { name: 'mapped while private' }).waitFor();
    await page.getByText('page 9 is private and was mapped by tgid 400').first().waitFor();
    await page.getByText('1 violation', { exact: false }).first().waitFor();
  });

  it('posts which event was selected when a violation is clicked', async () => {
    const at = await violation();
    await canvas().click({ position: at });
    const { params } = await lastPosted(page, 'reveal', 1);
    assert.equal(params['line'], 92);
    assert.match(String(params['finding']), /^G1@/);
  });

  it('zooms around the pointer, pans, and undoes both', async () => {
    const before = (await posted(page, 'tile')).length;
    await canvas().hover({ position: { x: 700, y: 400 } });
    await page.mouse.wheel(0, -400);
    const zoomed = (await lastPosted(page, 'tile', before + 1)).params as unknown as {
      readonly from: number;
      readonly until: number;
    };
    const spans = (await posted(page, 'tile')).map(({ params: p }) => Number(p['until']) - Number(p['from']));
    assert.ok(zoomed.until - zoomed.from < Math.max(...spans) * 0.6);
    await canvas().press('d');
    await page.waitForTimeout(700);
    await canvas().press('Control+z');
    await canvas().press('Control+z');
    await page.waitForFunction(
      () => document.querySelectorAll('.toolbar [aria-label^="Undo"][disabled]').length === 1,
    );
  });

  it('jumps to a page, a line and a time, and says when there is none', async () => {
    const jump = page.locator('.field').first();
    const type = async (text: string): Promise<void> => {
      await jump.locator('input').fill(text);
      await jump.locator('input').press('Enter');
    };
    await type('0x105');
    await page.getByRole('heading', { name: 'tgid:400 gfn 0x105' }).waitFor();
    await type('gfn:0x999999');
    await page.getByText('gfn 0x999999: no row shows it').first().waitFor();
    assert.equal((await posted(page, 'find')).length, 2);
  });

  it('measures between two marks', async () => {
    await canvas().click({ position: { x: 400, y: 400 }, modifiers: ['Shift'] });
    await canvas().click({ position: { x: 700, y: 400 }, modifiers: ['Shift'] });
    await lastPosted(page, 'measure', 1);
    await page.getByText(/\d+ events, \d+ conversions begun/).waitFor();
  });

  it('filters rows, and asks for rows and tiles anew', async () => {
    await page.getByRole('button', { name: 'Filter: show or hide the filters' }).click();
    await page.locator('.check', { hasText: 'only findings' }).click();
    const { params } = await lastPosted(page, 'rows', 2);
    assert.equal(params['findings'], true);
  });

  it('says the same in a table that the keyboard moves in', async () => {
    await canvas().press('t');
    const rows = page.locator('.life-table tbody tr');
    await rows.first().waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'TR');
    const verdict = page.locator('.life-table tr.violation').first();
    assert.match(await visibleText(verdict), /0x109[\s\S]*private[\s\S]*violation G1/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.ok(Number((await lastPosted(page, 'reveal', 1)).params['line']) > 0);
  });

  it('announces what was selected', async () => {
    await canvas().press('n');
    await page.waitForFunction(() =>
      [...document.querySelectorAll('[aria-live]')].some((e) => e.textContent?.includes('violation of G1')),
    );
  });

  it('exports a picture', async () => {
    await page.getByRole('combobox', { name: 'Export' }).click();
    await page.getByRole('option', { name: 'Save SVG' }).click();
    const bytes = (await lastPosted(page, 'save', 1)).params['name'];
    assert.equal(bytes, 'scene.svg');
  });

  it('has nothing that axe objects to, in any theme', async () => {
    for (const theme of LOOKED_AT) {
      const opened = await openPage(browser, served, 'scene', theme);
      await opened.page.getByRole('heading', { name: 'mapped while private' }).waitFor();
      await opened.page.screenshot({ path: path.join(PICTURES, `page-${theme.replace(/\W+/g, '-')}.png`) });
      for (const tab of ['Selection', 'Table', 'Legend']) {
        await opened.page.getByRole('tab', { name: tab }).click();
        await opened.page.waitForTimeout(350);
        const result = await axe(opened.page);
        assert.deepEqual(
          result.violations.map(
            (v) => `${theme}, ${tab}: ${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' ; ')}`,
          ),
          [],
        );
      }
      await opened.page.close();
    }
  });

  it('measures the frames of panning and zooming', async () => {
    const times = await frameTimes(page, 160);
    assert.ok(times.medianMs > 0);
    const [median, p95, longest] = [times.medianMs, times.p95Ms, times.maxMs].map((ms) => ms.toFixed(1));
    const frames = `median ${median} ms, 95th percentile ${p95} ms, longest ${longest} ms`;
    console.log(`      script and paint per frame: ${frames}`);
  });
});

/**
 * Runs in the page's own world through the browser's protocol, which
 * the content security policy does not bind.
 */
async function axe(page: Page): Promise<AxeResult> {
  const source = fs.readFileSync(AXE, 'utf8');
  await page.evaluate(source);
  return page.evaluate(() =>
    (window as unknown as { readonly axe: { run(): Promise<AxeResult> } }).axe.run(),
  );
}
