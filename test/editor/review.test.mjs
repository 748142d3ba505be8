// A patch in a kernel tree, reviewed by a person: recordings are chosen, what they show stands on the patch,
// a remark is written on it, and the reply is copied.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../scripts/steps.mjs';
import {
  chooseTheme,
  eventually,
  goToFirstViolation,
  openFile,
  openWorkbench,
  picture,
  runCommand,
  SAMPLE,
  THEMES,
} from './support.mjs';

const REVIEW = path.join(root, 'test/review');
const AFTER = path.join(root, 'sample-traces/labelled/inplace/N.p.txt');
const PATCH = 'in-use.patch';
const SOURCE = 'virt/kvm/guest_memfd.c';
const OTHER = 'count.c';

/** Three mails, out of order, one of them encoded: patches that change the same file one after another. */
function series() {
  const [head, ...rest] = fs.readFileSync(path.join(REVIEW, PATCH), 'utf8').split('\n\n');
  const [from] = head.split('\n');
  const other = (line) =>
    `Count the stores.\n---\n\n--- a/${SOURCE}\n+++ b/${SOURCE}\n@@ -${line} +${line} @@ int gmem_record(int i)\n-\ta();\n+\tb();\n`;
  const mail = (n, body, ...fields) =>
    [
      `${from}`,
      'From: Zoe <zoe@example.org>',
      `Subject: [PATCH ${n}/3] KVM: Part ${n}`,
      `Message-Id: <${n}@x>`,
      ...fields,
      '',
      body,
      '',
    ].join('\n');
  const encoded = Buffer.from(rest.join('\n\n')).toString('base64').replace(/.{76}/g, '$&\n');
  return [mail(3, other(90)), mail(1, encoded, 'Content-Transfer-Encoding: base64'), mail(2, other(80))].join(
    '',
  );
}

describe('a patch under review', () => {
  let bench;
  let page;
  before(async () => {
    bench = await openWorkbench({
      fill: (folder) => {
        fs.cpSync(path.join(REVIEW, 'tree'), folder, { recursive: true });
        fs.copyFileSync(path.join(REVIEW, PATCH), path.join(folder, PATCH));
        fs.writeFileSync(path.join(folder, 'series.mbx'), series());
        fs.writeFileSync(path.join(folder, 'virt/kvm', OTHER), 'int count;\n');
        fs.copyFileSync(SAMPLE, path.join(folder, 'before.txt'));
        fs.copyFileSync(AFTER, path.join(folder, 'after.txt'));
        const git = (...args) =>
          execFileSync('git', ['-c', 'user.name=Zoe', '-c', 'user.email=zoe@example.org', ...args], {
            cwd: folder,
          });
        git('init', '-q');
        git('add', 'virt');
        git('commit', '-qm', 'A tree');
      },
      // The view of changes would choose the file whose diff comes to the front, and that alone.
      settings: { 'git.enabled': true, 'scm.autoReveal': false },
      width: 1400,
      height: 1000,
    });
    ({ page } = bench);
  });
  after(() => bench?.close());
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-review-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  /** Ticks a recording in the list that asks for it, and goes on. */
  async function choose(placeholder, name) {
    const widget = page.locator('.quick-input-widget');
    await widget.locator(`input[placeholder^="${placeholder}"]`).waitFor();
    await widget.locator('.monaco-list-row', { hasText: name }).first().click();
    await widget.locator('.quick-input-action .monaco-button', { hasText: 'OK' }).click();
  }

  const atLine = (line) =>
    page
      .locator('.line-numbers.active-line-number', { hasText: new RegExp(`^${line}$`) })
      .first()
      .waitFor();
  const lens = (text) => page.locator('.codelens-decoration', { hasText: text }).first();

  it('asks for the recordings, and shows what they say above the hunks and in threads', async () => {
    await openFile(page, PATCH);
    await runCommand(page, 'Shimtrace: Review a Patch…');
    await choose('Recorded with the patch', 'after.txt');
    await choose('Recorded without the patch', 'before.txt');
    await page.locator('.review-widget').first().waitFor();
    // Each begins where the one before has led.
    await runCommand(page, 'Shimtrace: Go to Next Hunk with Evidence');
    await atLine(27);
    await runCommand(page, 'Shimtrace: Go to Next Hunk with Evidence');
    await atLine(43);
    await lens('__kvm_gmem_set_attributes(): ran 5×').waitFor();
    const thread = page.locator('.review-widget', { hasText: 'Without the patch' }).last();
    await thread.getByText('G9 violation').waitFor();
    await thread.getByText('Replay From Here').waitFor();
  });

  it('has a tree of patch, hunks, functions and evidence', async () => {
    await runCommand(page, 'Focus on Review View');
    const container = page.locator('[id="workbench.view.extension.shimtrace"]');
    const row = (text) => container.locator('.monaco-list-row', { hasText: text }).first();
    await row('[PATCH] KVM: guest_memfd: Refuse to convert').waitFor();
    await row('guest_memfd.c @@ -31,6 +31,15 @@').click();
    await atLine(27);
    await runCommand(page, 'Shimtrace: Add a Claim to the Review…');
    const box = page.locator('.quick-input-widget input[placeholder^="What the patch does"]');
    await box.pressSequentially('G9 nev');
    const fault = page.locator('.quick-input-list .monaco-list-row', { hasText: 'A claim is one of' });
    await fault.waitFor();
    await box.pressSequentially('er');
    // The row of what is typed goes as it becomes one that was suggested.
    await fault.waitFor({ state: 'detached' });
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'G9 never' }).first().click();
    await container.locator('.monaco-list-row', { hasText: 'G9 neversupported; broken in 1 of 1' }).waitFor();
    await runCommand(page, 'Shimtrace: Go to Next Hunk with Evidence');
  });

  for (const theme of THEMES)
    it(`is seen in ${theme[1]}, wide and narrow`, async () => {
      await chooseTheme(page, theme);
      await page.locator('.cgmr').first().waitFor();
      await picture(page, `review-${theme[0]}`);
      await page.setViewportSize({ width: 760, height: 900 });
      await page.waitForTimeout(300);
      await picture(page, `review-narrow-${theme[0]}`);
      await page.setViewportSize({ width: 1400, height: 1000 });
      await page.waitForTimeout(300);
    });

  it('takes a remark in the box of a thread, and keeps it beside the patch', async () => {
    // The box takes the focus as it opens.
    await page.locator('.review-thread-reply-button:visible').first().click();
    const add = page.locator('.review-widget .monaco-button:visible', { hasText: 'Add to the Review' });
    await add.waitFor();
    await page.keyboard.type('Should the caller wait?');
    await add.click();
    await page.locator('.review-comment', { hasText: 'Should the caller wait?' }).first().waitFor();
    const kept = fs.readFileSync(path.join(bench.folder, 'in-use.review'), 'utf8');
    assert.match(kept, /\n> \+(?:out:|\})\n\nShould the caller wait\?\n/);
  });

  it('tells of the kernel source: the review, and the trace alone', async () => {
    await runCommand(page, 'View: Show Explorer');
    // The file of the remark moves the others as it is listed.
    await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'in-use.review' }).waitFor();
    await openFile(page, 'before.txt');
    await page.locator('.statusbar-item', { hasText: '1 violation' }).first().waitFor();
    await goToFirstViolation(page);
    await runCommand(page, 'Shimtrace: Go to the Kernel Source of This Event');
    await lens('Review: ran 5×').waitFor();
    await lens('ran 2× · 0 ×2').waitFor();
    await lens('G9 violation').waitFor();
    await picture(page, 'review-source-dark');
    await runCommand(page, 'Shimtrace: Close the Review');
    await lens('Review: ran 5×').waitFor({ state: 'detached' });
    await lens('ran 2× · 0 ×2').waitFor();
  });

  it('takes the chosen files of the Source Control view as one patch', async () => {
    const file = path.join(bench.folder, SOURCE);
    const text = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, text.replace('\tlock_range(mapping);', '\tlock_range(mapping);\n\tset(mapping);'));
    fs.writeFileSync(path.join(bench.folder, 'virt/kvm', OTHER), 'int count;\nint other;\n');
    await runCommand(page, 'Source Control: Focus on Changes View');
    const row = (name) => page.locator('.scm-view .monaco-list-row', { hasText: name }).first();
    await row(OTHER).waitFor();
    // The list is written anew as changes are found, and forgets then what was chosen.
    const chosen = page.locator('.scm-view .monaco-list-row.selected');
    await eventually(async () => {
      await row('guest_memfd.c').click();
      await row(OTHER).click({ modifiers: ['ControlOrMeta'] });
      return (await chosen.count()) === 2;
    });
    await row(OTHER).click({ button: 'right' });
    // A menu takes no click in its first moments.
    await page.waitForTimeout(500);
    await page.locator('.context-view .action-label', { hasText: 'Review a Patch' }).click();
    await choose('Recorded with the patch', 'after.txt');
    await choose('Recorded without the patch', 'before.txt');
    await lens('__kvm_gmem_set_attributes(): ran 5×').waitFor();
    await page.locator('.tab', { hasText: 'Changes 1.patch' }).waitFor();
    await page.locator('.view-line', { hasText: 'int other;' }).first().waitFor();
    await picture(page, 'review-source-control');
  });

  it('shows a mailbox of many patches in their order, exports the reply and copies how to record', async () => {
    await runCommand(page, 'View: Show Explorer');
    await openFile(page, 'series.mbx');
    await runCommand(page, 'Shimtrace: Review a Patch…');
    await choose('Recorded with the patch', 'after.txt');
    await choose('Recorded without the patch', 'before.txt');
    await page.locator('.tab', { hasText: 'series.mbx.patch' }).waitFor();
    await lens('kvm_gmem_is_safe_for_conversion(): ran 5×').waitFor();
    await runCommand(page, 'Focus on Review View');
    const container = page.locator('[id="workbench.view.extension.shimtrace"]');
    await container.locator('.pane-header', { hasText: '3 patches' }).waitFor();
    await picture(page, 'review-mailbox');
    await runCommand(page, 'Shimtrace: Copy How to Record What the Patch Touches');
    await page.getByText('Copied: the commands that record').first().waitFor();
    await runCommand(page, 'Shimtrace: Export the Review…');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'The same as a text' }).click();
    // What has no name yet is called by its first line.
    await page.locator('.tab', { hasText: '[PATCH 1/3] KVM: Part 1' }).waitFor();
    await picture(page, 'review-export');
    await runCommand(page, 'Shimtrace: Export the Review…');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Files for b4 review' }).click();
    await page.locator('.quick-input-widget .monaco-button', { hasText: 'Export Here' }).click();
    const written = path.join(bench.folder, '0003.txt');
    await eventually(() => fs.existsSync(written));
    const files = ['identity.txt', 'series.txt', '0001.txt', '0002.txt', '0003.txt'];
    const texts = files.map((name) => fs.readFileSync(path.join(bench.folder, name), 'utf8'));
    assert.match(texts[2], /^\[PATCH 1\/3\] KVM: Part 1\n/);
    assert.match(texts[2], /\nWithout the patch __kvm_gmem_set_attributes\(\) ran twice /);
  });
});
