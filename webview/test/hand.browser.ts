/**
 * The hand on the picture: wheel, pinch, drag, keys, jumps, filters, marks and
 * exports, each by what it does to the view or posts.
 */
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { launch, openPage } from './open.js';
import { serve, type Served } from './server.js';
import { changedView, lastPosted, posted, signs, viewOf, visibleText } from './support.js';

/** Small enough for rows and threads to scroll. */
const SIZE = { width: 1100, height: 520 };
/** A place among the rows of the picture. */
const X = 500;
const Y = 330;

describe('the hand on the timeline', () => {
  let served: Served;
  let browser: Browser;
  let page: Page;
  let errors: readonly string[];
  const canvas = () => page.locator('canvas.main');
  const span = (v: { readonly from: number; readonly until: number }): number => v.until - v.from;
  const press = (key: string) => changedView(page, () => canvas().press(key));
  const wheel = async (x: number, y: number, dx: number, dy: number) => {
    await canvas().hover({ position: { x, y } });
    return changedView(page, () => page.mouse.wheel(dx, dy));
  };
  /** Share of the view's span at x. */
  const timeAt = (
    v: { readonly from: number; readonly until: number },
    x: number,
    plotX: number,
    plotW: number,
  ): number => v.from + ((x - plotX) / plotW) * span(v);

  before(async () => {
    served = await serve();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    served?.close();
  });
  beforeEach(async () => {
    ({ page, errors } = await openPage(browser, served, 'scene', 'vscode-dark', SIZE));
    await page.getByRole('heading', { name: 'mapped while private' }).waitFor();
    // Rows of single lives are more than fit.
    for (let i = 0; i < 12 && (await viewOf(page)).level > 0; i++) await press('e');
    for (let i = 0; i < 12 && (await viewOf(page)).top > 0; i++) await press('ArrowUp');
  });
  afterEach(async () => {
    assert.deepEqual(errors, []);
    await page.close();
  });

  it('zooms by wheel and by a pinch of the pad, and what is under the pointer stays there', async () => {
    const box = (await canvas().boundingBox())!;
    const plotX = Math.round(Math.min(208, Math.max(172, box.width * 0.24)));
    const plotW = box.width - plotX - 8;
    const still = (v: {
      readonly before: { from: number; until: number };
      readonly after: { from: number; until: number };
    }): void => {
      const slip = Math.abs(timeAt(v.before, X, plotX, plotW) - timeAt(v.after, X, plotX, plotW));
      assert.ok(slip < span(v.before) / 500, `slipped by ${slip}`);
    };
    const closer = await wheel(X, Y, 0, -200);
    assert.ok(span(closer.after) < span(closer.before) * 0.75);
    still(closer);
    const wider = await wheel(X, Y, 0, 100);
    assert.ok(span(wider.after) > span(wider.before) * 1.2);
    await page.keyboard.down('Control');
    const pinched = await wheel(X, Y, 0, -10);
    await page.keyboard.up('Control');
    assert.ok(
      span(pinched.after) < span(pinched.before) && span(pinched.after) > span(pinched.before) * 0.85,
    );
    still(pinched);
  });

  it('zooms by two fingers on a touch screen', async () => {
    const box = (await canvas().boundingBox())!;
    const client = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...xs: readonly number[]) =>
      client.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: xs.map((x, id) => ({ x: box.x + x, y: box.y + Y, id })),
      });
    const { before, after } = await changedView(page, async () => {
      await touch('touchStart', 450);
      await touch('touchStart', 450, 550);
      for (let i = 1; i <= 5; i++) await touch('touchMove', 450 - i * 10, 550 + i * 10);
      await touch('touchEnd');
      await page.waitForTimeout(100);
    });
    assert.ok(
      span(after) < span(before) * 0.65 && span(after) > span(before) * 0.35,
      `${span(after) / span(before)}`,
    );
    const panned = await changedView(page, async () => {
      await touch('touchStart', 500);
      for (let i = 1; i <= 5; i++) await touch('touchMove', 500 - i * 20);
      await touch('touchEnd');
    });
    assert.ok(
      panned.after.from > panned.before.from &&
        Math.abs(span(panned.after) - span(panned.before)) < 1e-6 * span(panned.before),
    );
  });

  it('pans by wheel and drag, scrolls rows over labels and with Shift, zooms rows with Alt', async () => {
    await wheel(X, Y, 0, -300);
    const right = await wheel(X, Y, 120, 0);
    assert.ok(right.after.from > right.before.from && right.after.top === right.before.top);
    const down = await wheel(60, Y, 0, 40);
    assert.ok(down.after.top > down.before.top && down.after.from === down.before.from);
    await page.keyboard.down('Shift');
    const up = await wheel(X, Y, 0, -40);
    await page.keyboard.up('Shift');
    assert.ok(up.after.top < up.before.top && up.after.from === up.before.from);
    await page.keyboard.down('Alt');
    const coarser = await wheel(X, Y, 0, 100);
    await page.keyboard.up('Alt');
    assert.equal(coarser.after.level, coarser.before.level + 1);
    const box = (await canvas().boundingBox())!;
    const dragged = await changedView(page, async () => {
      await page.mouse.move(box.x + X, box.y + Y);
      await page.mouse.down();
      await page.mouse.move(box.x + X - 90, box.y + Y, { steps: 4 });
      await page.mouse.up();
    });
    assert.ok(dragged.after.from > dragged.before.from);
  });

  it('goes where the minimap is pressed', async () => {
    await wheel(X, Y, 0, -600);
    const box = (await canvas().boundingBox())!;
    const late = await changedView(page, () =>
      canvas().click({ position: { x: box.width - 60, y: box.height - 20 } }),
    );
    assert.ok(late.after.from > late.before.from);
    const early = await changedView(page, () => canvas().click({ position: { x: 230, y: box.height - 20 } }));
    assert.ok(early.after.from < late.after.from);
  });

  it('zooms, pans and scrolls with WASD, arrows and the other keys', async () => {
    for (const key of ['w', '+', 'Control+ArrowUp']) {
      const { before, after } = await press(key);
      assert.ok(span(after) < span(before), key);
    }
    for (const key of ['d', 'ArrowRight', 'End']) {
      const { before, after } = await press(key);
      assert.ok(after.from > before.from, key);
    }
    for (const key of ['a', 'ArrowLeft', 'Home']) {
      const { before, after } = await press(key);
      assert.ok(after.from < before.from, key);
    }
    for (const key of ['s', '-', 'Control+ArrowDown']) {
      const { before, after } = await press(key);
      assert.ok(span(after) > span(before), key);
    }
    await press('Home');
    assert.ok((await press('ArrowDown')).after.top > 0);
    assert.equal((await press('ArrowUp')).after.top, 0);
    assert.equal((await press('q')).after.level, 1);
    assert.equal((await press('e')).after.level, 0);
    assert.equal((await press('c')).after.compress, true);
    assert.equal((await press('c')).after.compress, false);
    await press('w');
    assert.ok(span((await press('0')).after) > span(await viewOf(page)) * 0.99);
    const cleared = await press('Escape');
    assert.deepEqual([cleared.after.selectedFinding, cleared.after.measure], [-1, []]);
    assert.equal((await press('n')).after.selectedFinding, 0);
    await canvas().press('g');
    await page.waitForFunction(() => document.activeElement?.className.includes('field'));
  });

  it('scrolls and folds the threads, and says which are shown', async () => {
    const first = await changedView(page, () => canvas().press(']'));
    assert.equal(first.after.lanesTop, 1);
    assert.equal((await changedView(page, () => canvas().press('['))).after.lanesTop, 0);
    const scrolled = await wheel(60, 70, 0, 140);
    assert.ok(scrolled.after.lanesTop > 0 && scrolled.after.top === scrolled.before.top);
    const [head] = await signs(page, 'lanes');
    assert.equal(
      (await changedView(page, () => canvas().click({ position: { x: 40, y: head!.y } }))).after.lanesFolded,
      true,
    );
    assert.equal((await press('l')).after.lanesFolded, false);
  });

  it('undoes and redoes views, with buttons and with keys', async () => {
    // Changes that come close together are one step.
    await page.waitForTimeout(650);
    const start = await viewOf(page);
    await press('w');
    await page.waitForTimeout(650);
    const zoomed = await viewOf(page);
    await press('d');
    const moved = await viewOf(page);
    assert.deepEqual((await press('Control+z')).after, zoomed);
    assert.deepEqual(
      (
        await changedView(page, () =>
          page.getByRole('button', { name: 'Undo the last change of view' }).click(),
        )
      ).after,
      { ...start },
    );
    assert.deepEqual(
      (await changedView(page, () => page.getByRole('button', { name: 'Redo the change of view' }).click()))
        .after,
      zoomed,
    );
    assert.deepEqual((await press('Control+y')).after, moved);
  });

  it('jumps by every form that the field names', async () => {
    const field = page.locator('.field').first().locator('input');
    for (const [text, said] of [
      ['0x105', 'tgid:400 gfn 0x105'],
      ['gpa:0x106000', 'tgid:400 gfns 0x106..0x108, 3 pages'],
      ['gfn:0x109', 'tgid:400 gfn 0x109'],
      ['1000:5', 'tgid:400 gfn 0x105'],
      ['pfn:0x8009', 'tgid:400 gfn 0x109'],
      [':14', 'tgid:400 gfns 0x100..0x104, 5 pages'],
      ['line 18', 'tgid:400 gfns 0x100..0x104, 5 pages'],
      ['0.000120', 'tgid:400 gfn'],
    ] as const) {
      await field.fill(text);
      await field.press('Enter');
      await page
        .getByRole('heading', { name: said })
        .first()
        .waitFor({ timeout: 5000 })
        .catch(() => assert.fail(`${text} did not lead to ${said}`));
    }
    const toThread = await changedView(page, async () => {
      await field.fill('tid:402');
      await field.press('Enter');
    });
    assert.notEqual(toThread.after.selectedRow, toThread.before.selectedRow);
    await field.fill('nonsense');
    await field.press('Enter');
    await page.getByText('nonsense: not a time, line, gfn').first().waitFor();
  });

  it('filters by VM, page range, state, event kind, thread and finding', async () => {
    await page.getByRole('button', { name: 'Filter: show or hide the filters' }).click();
    const choose = async (name: string, option: string): Promise<void> => {
      await page.getByRole('combobox', { name, exact: true }).click();
      await page.getByRole('option', { name: option, exact: true }).click();
    };
    await choose('VM', 'tgid:400');
    assert.equal((await lastPosted(page, 'rows', 2)).params['vm'], 0);
    await choose('State', 'ever private');
    assert.equal((await lastPosted(page, 'rows', 3)).params['states'], 2);
    await choose('Thread', 'vcpu-402-402');
    assert.equal((await lastPosted(page, 'rows', 4)).params['tid'], 402);
    await page.getByText('threads').first().waitFor({ state: 'attached' });
    await choose('Thread', 'all threads');
    await choose('Rows', 'by inode');
    assert.equal((await lastPosted(page, 'rows', 6)).params['grouping'], 'inode');
    const pages = page.locator('.field').nth(1).locator('input');
    await pages.fill('0x5-0x9');
    await pages.press('Enter');
    const { params } = await lastPosted(page, 'rows', 7);
    assert.deepEqual([params['firstPage'], params['lastPage']], [5, 9]);
    await page.locator('.check', { hasText: 'only findings' }).click();
    assert.equal((await lastPosted(page, 'rows', 8)).params['findings'], true);
    const tiles = (await posted(page, 'tile')).length;
    await choose('Events shown as marks', 'zaps, unmaps');
    assert.equal((await lastPosted(page, 'tile', tiles + 1)).params['marks'], 24);
    await pages.fill('no pages');
    await pages.press('Enter');
    await page.waitForFunction(() =>
      [...document.querySelectorAll('[aria-live]')].some((e) =>
        e.textContent?.includes('no pages is not a range of pages'),
      ),
    );
  });

  it('measures the time between two marks, and what happened in between', async () => {
    const measured = await changedView(page, async () => {
      await canvas().click({ position: { x: 400, y: Y }, modifiers: ['Shift'] });
      await canvas().click({ position: { x: 700, y: Y }, modifiers: ['Shift'] });
      await lastPosted(page, 'measure', 1);
    });
    const [a, b] = measured.after.measure as readonly [number, number];
    await page.getByRole('heading', { name: /^[\d.]+ (?:µs|ms)$/ }).waitFor();
    const words = await visibleText(page.locator('.words').first());
    const share = (b - a) / span(measured.after);
    assert.ok(Math.abs(share - 300 / ((await canvas().boundingBox())!.width - 216)) < 0.03, `${share}`);
    assert.match(words, /\d+ events, \d+ conversions begun, \d+ ended, \d+ findings/);
    assert.match(words, /\d+ × \w+/);
  });

  it('tells what, when, who and the line where the pointer rests', async () => {
    const rest = async (x: number, y: number): Promise<string> => {
      await canvas().hover({ position: { x: x - 3, y } });
      await canvas().hover({ position: { x, y } });
      await page.locator('.tooltip:not([hidden])').waitFor();
      return visibleText(page.locator('.tooltip'));
    };
    const [finding] = await signs(page, 'finding');
    assert.match(
      await rest(finding!.x, finding!.y),
      /violation of G1[\s\S]*line 92: folio_add_file_rmap by vcpu-401-401 on CPU 1/,
    );
    const [mark] = await signs(page, 'mark');
    assert.match(
      await rest(mark!.x, mark!.y),
      /attribute: \w+[\s\S]*line \d+: [\w: ]+ by vcpu-\d+-\d+ on CPU \d/,
    );
    assert.match(await rest(mark!.x, 62), /at 0\.\d+/);
  });

  it('selects what the host names, and tells the host what is clicked', async () => {
    await press('Escape');
    await page.evaluate(() =>
      window.postMessage(
        { type: 'request', id: 77, name: 'select', params: { row: 80, finding: 'G1@80' } },
        '*',
      ),
    );
    const [finding] = await signs(page, 'finding');
    await canvas().click({ position: finding! });
    const { params } = await lastPosted(page, 'reveal', 1);
    assert.equal(params['line'], 92);
    await page.evaluate(() =>
      window.postMessage({ type: 'request', id: 78, name: 'select', params: { row: 30, finding: '' } }, '*'),
    );
    await page.waitForFunction(() => !document.querySelector('.words h2')?.textContent?.includes('G1'));
    assert.equal((await viewOf(page)).selectedRow, 30);
  });

  it('exports a PNG, an SVG and a link to the view', async () => {
    const choose = async (option: string): Promise<void> => {
      await page.getByRole('combobox', { name: 'Export' }).click();
      await page.getByRole('option', { name: option }).click();
    };
    const head = (count: number) =>
      page.evaluate((n) => {
        const saves = (
          window as unknown as { posted: { name: string; params: { bytes: Uint8Array } }[] }
        ).posted.filter((p) => p.name === 'save');
        return new TextDecoder('latin1').decode(saves.at(-1)!.params.bytes.subarray(0, n));
      }, count);
    await choose('Save PNG');
    assert.equal((await lastPosted(page, 'save', 1)).params['name'], 'scene.png');
    assert.equal((await head(8)).slice(1, 4), 'PNG');
    await choose('Save SVG');
    await lastPosted(page, 'save', 2);
    const svg = await head(2_000_000);
    assert.ok(svg.startsWith('<svg ') && svg.includes('>G1</text>') && svg.includes('gfn 0x109'));
    await choose('Copy link');
    const { params } = await lastPosted(page, 'copyLink', 1);
    assert.deepEqual(JSON.parse(String(params['view'])), await viewOf(page));
  });

  it('is walked in order with Tab, and moves nothing by itself', async () => {
    await page.evaluate(() => {
      document.body.tabIndex = -1;
      document.body.focus();
    });
    const names: string[] = [];
    for (let i = 0; i < 14; i++) {
      await page.keyboard.press('Tab');
      names.push(
        await page.evaluate(() => {
          const e = document.activeElement!;
          return e.tagName === 'CANVAS'
            ? 'picture'
            : (e.getAttribute('aria-label') ?? e.textContent ?? '').slice(0, 40);
        }),
      );
    }
    const wanted = [
      'Previous finding',
      'Next finding',
      'Jump to a time, line or page',
      'Zoom in',
      'Zoom out',
      'Whole trace',
      'picture',
      'Details',
    ];
    const at = wanted.map((name) => names.indexOf(name));
    assert.deepEqual(
      at,
      [...at].sort((a, b) => a - b),
      names.join(' | '),
    );
    assert.ok(!at.includes(-1), names.join(' | '));
    await canvas().press('n');
    await canvas().press('0');
    // Who asks for less motion gets none: views change at once.
    assert.equal(
      await page.evaluate(
        () =>
          matchMedia('(prefers-reduced-motion: reduce)').matches &&
          document.getAnimations().filter((a) => a.playState === 'running').length,
      ),
      0,
    );
  });
});
