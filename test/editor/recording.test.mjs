// A recording as a person makes one, from the walkthrough's command to a closed window.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../../scripts/steps.mjs';
import { openWorkbench, picture, runCommand, statusItem } from './support.mjs';

const EVENT = '     qemu-kvm-77      [000] .....   100.000001: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)';
const TRACEPOINTS = ['kvm/kvm_userspace_exit', 'kvm/kvm_page_fault', 'kvm/kvm_vm_set_mem_attributes'];

describe('a recording in the window', () => {
  const at = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-fake-'));
  let bench;
  let page;
  before(async () => {
    fs.writeFileSync(path.join(at, 'events'), `${EVENT}\n${EVENT}\n`);
    bench = await openWorkbench({});
    ({ page } = bench);
  });
  after(async () => {
    await bench?.close();
    fs.rmSync(at, { recursive: true, force: true });
  });
  afterEach(async function () {
    if (this.currentTest.state === 'failed')
      await picture(page, `failed-recording-${this.currentTest.title.replace(/\W+/g, '-')}`);
  });

  const type = async (title, text) => {
    const widget = page.locator('.quick-input-widget');
    await widget.filter({ hasText: title }).waitFor();
    await widget.locator('input[type="text"], input:not([type])').first().fill(text);
    await page.keyboard.press('Enter');
  };
  const pick = (label) =>
    page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first().click();

  it('is asked for, listed with its state, and opens as it comes', async () => {
    const host = JSON.stringify({ tracepoints: TRACEPOINTS, readEvents: 2 });
    const pipe = `"$(ls -d $(cat ${at}/host)/sys/kernel/tracing/instances/shimtrace_*/trace_pipe)"`;
    await runCommand(page, 'Shimtrace: Record a Trace');
    await pick('A Command');
    await type(
      'runs a shell',
      `${process.execPath} ${path.join(root, 'out/test/support/fakeHost.js')} '${host}' ${at}`,
    );
    await pick('All Rules of guest_memfd');
    await type('Command that runs on the host', `exec 9> ${pipe}; cat ${at}/events >&9; sleep 60`);
    const row = page.locator('.pane-body .monaco-list-row', { hasText: '2 events' }).first();
    await row.waitFor();
    await page.locator('.tab', { hasText: 'trace-' }).first().waitFor();
    await statusItem(page).first().waitFor();
    await picture(page, 'recording-light');
  });

  it('ends in good order when the window is closed', async () => {
    const [name] = fs.readdirSync(bench.folder).filter((file) => /^trace-.*\.txt$/.test(file));
    const sidecar = path.join(bench.folder, `${name}.record.json`);
    assert.ok(!fs.existsSync(sidecar), 'it goes on');
    await page.close({ runBeforeUnload: true });
    for (let i = 0; i < 200 && !fs.existsSync(sidecar); i++)
      await new Promise((passed) => setTimeout(passed, 100));
    const { proof, stoppedBy } = JSON.parse(fs.readFileSync(sidecar, 'utf8'));
    assert.deepEqual(proof.problems, []);
    assert.equal(stoppedBy, 'stopped');
    const tracing = path.join(fs.readFileSync(path.join(at, 'host'), 'utf8'), 'sys/kernel/tracing');
    assert.deepEqual(fs.readdirSync(path.join(tracing, 'instances')), ['other']);
  });
});
