import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { app, closeAll, extensionFile, until, workspaceFile } from '../support.js';

const EVENTS = [
  '     qemu-kvm-77      [000] .....   100.000001: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)',
  '     qemu-kvm-77      [001] .....   100.000002: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)',
];

/** Enough for the rule G8. */
const TRACEPOINTS = ['kvm/kvm_userspace_exit', 'kvm/kvm_page_fault', 'kvm/kvm_vm_set_mem_attributes'];

/** Folders of fake hosts. */
const made: string[] = [];

/** A host of its own for a test, whose kernel writes two events as soon as it is recorded. */
function fakeHost(): { readonly via: string; readonly workload: string; left(): readonly string[] } {
  const at = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-fake-'));
  made.push(at);
  fs.writeFileSync(path.join(at, 'events'), `${EVENTS.join('\n')}\n`);
  const host = JSON.stringify({ tracepoints: TRACEPOINTS, readEvents: EVENTS.length });
  const pipe = `"$(ls -d $(cat ${at}/host)/sys/kernel/tracing/instances/shimtrace_*/trace_pipe)"`;
  return {
    via: `${process.execPath} ${extensionFile('out/test/support/fakeHost.js')} '${host}' ${at}`,
    workload: `exec 9> ${pipe}; cat ${at}/events >&9; sleep 60`,
    left: () => {
      const root = fs.readFileSync(path.join(at, 'host'), 'utf8');
      return fs.readdirSync(path.join(root, 'sys/kernel/tracing/instances'));
    },
  };
}

const trace = (name: string): vscode.Uri =>
  vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, name);

describe('a recording from the editor', () => {
  afterEach(closeAll);
  after(() => {
    for (const at of made) fs.rmSync(at, { recursive: true, force: true });
  });

  it('is listed, opens as it grows, is judged as it comes, and ends in good order', async () => {
    const { recordings, sessions } = await app();
    const { left, ...host } = fakeHost();
    await vscode.commands.executeCommand('shimtrace.record', { ...host, for: ['G8'], output: 'live.txt' });
    const [recording] = recordings.list();
    assert.ok(recording);
    await until('the events', () => (recording.progress.events === EVENTS.length ? true : undefined));
    const uri = trace('live.txt');
    const live = await until('the trace, judged while it is recorded', () => sessions.find(uri)?.report);
    assert.ok(recording.isRunning);
    assert.equal(live.events.total, EVENTS.length);
    assert.match(recording.outlook.join(), /can be judged on this kernel: G8/);
    await vscode.commands.executeCommand('shimtrace.stopRecording');
    assert.equal(await recording.done, true);
    assert.equal(recording.state, 'ended');
    assert.deepEqual(left(), ['other']);
    // A trace that took long to read has a rest of four times as long before it is read again.
    const clock = (): true | undefined => (sessions.find(uri)?.report?.clock === 'mono' ? true : undefined);
    await until('the clock, by what lies beside the trace', clock, 25_000);
  });

  it('is a command in terminals, of what ships with the extension', async () => {
    const { context } = await app();
    const added = (): string | undefined => context.environmentVariableCollection.get('PATH')?.value;
    const PATH = `${process.env['PATH']}${await until('the folder', () => added())}`;
    const ran = spawnSync('sh', ['-c', 'command -v shimtrace; shimtrace --version'], {
      encoding: 'utf8',
      env: { PATH },
    });
    const [where, version] = ran.stdout.split('\n');
    assert.ok(where!.startsWith(context.globalStorageUri.fsPath), ran.stderr);
    assert.match(version!, /^shimtrace \d/);
  });

  it('is a task', async () => {
    const { recordings } = await app();
    const { left, ...host } = fakeHost();
    const definition = { type: 'shimtrace', ...host, for: ['G8'], output: 'task.txt', seconds: 2 };
    fs.mkdirSync(trace('.vscode').fsPath, { recursive: true });
    workspaceFile(
      '.vscode/tasks.json',
      JSON.stringify({ version: '2.0.0', tasks: [{ ...definition, label: 'record it' }] }),
    );
    const task = await until('the task', async () =>
      (await vscode.tasks.fetchTasks()).find(({ name }) => name === 'record it'),
    );
    const ended = new Promise<number | undefined>((resolve) => {
      vscode.tasks.onDidEndTaskProcess(({ exitCode }) => resolve(exitCode));
      vscode.tasks.onDidEndTask(() => resolve(recordings.list()[0]?.state === 'ended' ? 0 : 1));
    });
    await vscode.tasks.executeTask(task);
    assert.equal(await ended, 0);
    assert.ok(fs.existsSync(`${trace('task.txt').fsPath}.record.json`));
    assert.deepEqual(left(), ['other']);
  });

  it('comes before a replay that names one', async () => {
    const { left, ...host } = fakeHost();
    const qemu = workspaceFile(
      'qemu.log',
      '77@100.000003:kvm_set_user_memory Slot#1 flags=0x4 gpa=0x0 size=0x1000 ua=0x7f0000000000 ret=0\n',
    );
    const record = { ...host, for: ['G8'], output: 'replayed.txt', seconds: 2, qemu: qemu.fsPath };
    const started = vscode.debug.startDebugging(vscode.workspace.workspaceFolders![0], {
      type: 'shimtrace',
      request: 'launch',
      name: 'record, then replay',
      record,
    });
    assert.equal(await started, true);
    const session = await until('the replay', () => vscode.debug.activeDebugSession);
    assert.equal(session.configuration['trace'], trace('replayed.shimtrace.json').fsPath);
    assert.ok(fs.existsSync(trace('replayed.qemu.log').fsPath));
    assert.deepEqual(left(), ['other']);
    await vscode.debug.stopDebugging();
  });

  it('takes the patch under review as what is wanted, a pasted one too', async () => {
    const { recordings } = await app();
    const file = vscode.Uri.file(extensionFile('test/review/in-use.patch'));
    const none = { without: [], with: [] };
    const { left, ...host } = fakeHost();
    const wanted = { ...host, output: 'patch.dat', raw: true };
    await vscode.commands.executeCommand('shimtrace.review.start', file, none);
    await vscode.commands.executeCommand('shimtrace.review.record', wanted);
    const [recording] = recordings.list();
    assert.equal(recording!.request.patch, file.fsPath);
    await recording!.done;
    assert.match(recording!.lines.join(), /does not say how the pages of its ring buffers are laid out/);
    assert.deepEqual(left(), ['other']);
    const text = fs.readFileSync(file.fsPath, 'utf8');
    await vscode.env.clipboard.writeText(text);
    await vscode.commands.executeCommand('shimtrace.review.start', undefined, none);
    await vscode.commands.executeCommand('shimtrace.review.record', { via: 'exit 255', output: 'none.txt' });
    const [pasted] = recordings.list();
    assert.equal(fs.readFileSync(pasted!.request.patch!, 'utf8'), text);
    await pasted!.done;
    await vscode.commands.executeCommand('shimtrace.review.end');
  });

  it('says why there is none, and leaves nothing', async () => {
    const { recordings } = await app();
    await vscode.commands.executeCommand('shimtrace.record', { via: 'exit 255', output: 'none.txt' });
    const [recording] = recordings.list();
    assert.equal(await recording!.done, false);
    assert.equal(recording!.state, 'failed');
    assert.match(recording!.lines.join(), /no shell answered|connection was lost/);
    assert.ok(!fs.existsSync(trace('none.txt').fsPath));
  });
});
