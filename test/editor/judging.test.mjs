// The packaged extension in a browser window of a real VS Code, on a real recording: what a person sees.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  offeredCommands,
  openFile,
  openWorkbench,
  picture,
  runCommand,
  SAMPLE,
  statusItem,
  violationHoverShows,
  webviewBody,
  visibleText,
} from './support.mjs';

const HELD = 'sample-traces/labelled/base/N.vf.txt';
const UNDECIDED = 'sample-traces/scenarios/04-in-place-with-pin.txt';
const SCHED_SWITCH = `# tracer: nop
 bash-1  [000] d..2.  100.000000: sched_switch: prev_comm=bash prev_pid=1 ==> next_comm=init next_pid=2
`;

describe('judging a trace in the editor', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => {
        fs.copyFileSync(SAMPLE, path.join(folder, 'pinned.txt'));
        fs.writeFileSync(path.join(folder, 'notes.txt'), 'A note about nothing\n'.repeat(20));
        fs.writeFileSync(path.join(folder, 'shortened'), fs.readFileSync(SAMPLE).subarray(0, 40000));
        fs.copyFileSync(HELD, path.join(folder, 'held.txt'));
        fs.copyFileSync(UNDECIDED, path.join(folder, 'undecided.txt'));
        fs.writeFileSync(path.join(folder, 'nothing.txt'), SCHED_SWITCH);
      },
      settings: { 'workbench.colorTheme': 'Default Dark Modern' },
    });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  it('puts a squiggle on the line of the violation', async () => {
    await openFile(page, 'pinned.txt');
    await statusItem(page).filter({ hasText: '1 violation' }).waitFor();
    await runCommand(page, 'Shimtrace: Go to First Violation');
    await page.locator('.squiggly-error').first().waitFor();
  });

  it('says in the hover what happened, by what evidence, and how the page was before and after', async () => {
    const hover = page.locator('.monaco-hover:not(.hidden)').first();
    await violationHoverShows(page, hover.getByText('became private while page 0x4 is pinned'));
    await hover.getByText('page 0x4 referenced here').waitFor();
    await hover.locator('th', { hasText: 'before' }).waitFor();
    await hover.locator('td', { hasText: '1 pin' }).first().waitFor();
    await picture(page, 'violation-dark');
  });

  it('colours the parts of an event', async () => {
    const colours = await page
      .locator('.view-line')
      .filter({ hasText: 'kvm_gmem_store_attributes' })
      .first()
      .locator('span > span')
      .evaluateAll((spans) => spans.map((span) => [span.textContent, getComputedStyle(span).color]));
    const colourOf = (text) => colours.find(([part]) => part.includes(text))?.[1];
    const distinct = new Set([
      colourOf('CPU'),
      colourOf('62.292357'),
      colourOf('kvm_gmem_store'),
      colourOf('index'),
    ]);
    assert.equal(distinct.size, 4, JSON.stringify(colours));
  });

  it('lists it in Problems with the rule linked to its page', async () => {
    await runCommand(page, 'View: Focus Problems');
    const row = page
      .locator('.markers-panel .monaco-list-row')
      .filter({ hasText: 'became private while page 0x4 is pinned' });
    await row.waitFor();
    await picture(page, 'problems-dark');
    await row.locator('a', { hasText: 'G9' }).click();
    const body = webviewBody(page);
    await body.locator('h1', { hasText: 'G9' }).waitFor();
    assert.match(await visibleText(body), /reference|pinned/i);
    await picture(page, 'rule-page-dark');
    await runCommand(page, 'View: Close Editor');
  });

  it('leads by its status from the finding to the verdict of every rule', async () => {
    await openFile(page, 'pinned.txt');
    // The tests before have left the cursor on the finding.
    await statusItem(page).click();
    const body = webviewBody(page);
    await body.locator('td', { hasText: 'G6b' }).first().waitFor();
    const text = await visibleText(body);
    assert.match(text, /1 violation · \d+ rules held, \d+ undecided/);
    assert.match(text, /kprobe:kvm_gmem_fallocate/);
    await picture(page, 'rules-dark');
    await runCommand(page, 'View: Close Editor');
  });

  it('offers its commands where they make sense only', async () => {
    await openFile(page, 'notes.txt');
    await page.locator('.tab.active', { hasText: 'notes.txt' }).waitFor();
    // The list shows only what fits: each is asked for by name.
    const offers = async (title) => {
      const command = `Shimtrace: ${title}`;
      return (await offeredCommands(page, command)).some((each) => each.includes(command));
    };
    assert.ok(await offers('Open the Sample Trace'));
    assert.ok(await offers('Open Pasted Trace'));
    assert.ok(!(await offers('Show Verdicts')));
    assert.ok(!(await offers('Cancel')));
  });

  it('says of a foreign file what it is not, in one message', async () => {
    await runCommand(page, 'Shimtrace: Check This Trace');
    const toast = page.locator('.notification-toast', { hasText: 'none of the formats' });
    await toast.waitFor();
    assert.equal(await toast.count(), 1);
    await picture(page, 'foreign-dark');
    await page.keyboard.press('Escape');
    await runCommand(page, 'Notifications: Clear All Notifications');
  });

  for (const [file, text, icon, list] of [
    [
      'held.txt',
      /no violation found · 15 rules held$/,
      'pass',
      /Every rule that applies to this trace was decided/,
    ],
    ['undecided.txt', /no violation found · \d+ rules held, \d+ undecided$/, 'question', /Others could not/],
    ['nothing.txt', /nothing could be judged: no event of KVM or guest_memfd$/, 'warning', /says nothing/],
    ['pinned.txt', /1 violation · \d+ rules held, \d+ undecided$/, 'error', /1 violation · \d+ rules held/],
  ]) {
    it(`says in the status bar and in the lists what could be judged: ${file}`, async () => {
      await openFile(page, file);
      const item = statusItem(page).filter({ hasText: text });
      await item.waitFor();
      for (const name of ['pass', 'question', 'warning', 'error'])
        assert.equal(await item.locator(`.codicon-${name}`).count(), name === icon ? 1 : 0, name);
      await runCommand(page, 'Focus on Findings View');
      await page.locator('.pane').filter({ hasText: list }).first().waitFor();
      await picture(page, `judged-${file.slice(0, -4)}-dark`);
      await runCommand(page, 'View: Show Explorer');
    });
  }

  it('judges what there is of a shortened file', async () => {
    await openFile(page, 'shortened');
    await statusItem(page).filter({ hasText: 'no violation' }).waitFor();
  });
});
