/** Several files as one trace: a .shimtrace.json that names them opens as their run. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import {
  app,
  closeAll,
  codeOf,
  extensionFile,
  findings,
  open,
  SAMPLE,
  until,
  workspaceFile,
} from '../support.js';

const SHIFT_S = 5;

describe('a run of several files', () => {
  let first: vscode.Uri;
  let second: vscode.Uri;
  let run: vscode.Uri;

  /**
   * The sample's events in turns of fifty, in two files, the second on a clock that runs five seconds late.
   */
  before(() => {
    const parts: [string[], string[]] = [['# tracer: nop'], ['# tracer: nop']];
    let events = 0;
    for (const line of fs.readFileSync(extensionFile(SAMPLE), 'utf8').split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const which = Math.floor(events++ / 50) % 2;
      parts[which]!.push(
        which === 0
          ? line
          : line.replace(
              / (\d+)\.(\d{6}): /,
              (_, s: string, us: string) => ` ${Number(s) - SHIFT_S}.${us}: `,
            ),
      );
    }
    first = workspaceFile('run-a.txt', `${parts[0].join('\n')}\n`);
    second = workspaceFile('run-b.txt', `${parts[1].join('\n')}\n`);
    run = workspaceFile(
      'two.shimtrace.json',
      JSON.stringify({
        trace: [
          { path: 'run-a.txt', clockOffsetNs: 0 },
          { path: 'run-b.txt', clockOffsetNs: `${SHIFT_S}000000000` },
        ],
      }),
    );
  });
  afterEach(closeAll);
  after(() => {
    for (const file of [first, second, run]) fs.rmSync(file.fsPath);
  });

  it('is judged when it opens, and its findings stand in its files, each at its place', async () => {
    const { sessions } = await app();
    await open(run);
    const report = await until('the report of the run', () => sessions.find(run)?.report);
    assert.deepEqual(
      report.files?.map(({ uri, name }) => [uri, name]),
      [
        [first.toString(), 'run-a.txt'],
        [second.toString(), 'run-b.txt'],
      ],
    );
    const violation = report.findings.find((finding) => finding.verdict === 'violation')!;
    assert.equal(violation.rule, 'G9');
    const file = vscode.Uri.parse(violation.at.file!);
    const [shown] = (await findings(file)).filter((diagnostic) => codeOf(diagnostic) === 'G9');
    const text = fs.readFileSync(file.fsPath, 'utf8').split('\n')[shown!.range.start.line]!;
    assert.equal(shown!.range.start.line, violation.at.line - 1);
    assert.match(text.slice(shown!.range.start.character), /^\w+: \(/);
    assert.ok(text.includes(violation.at.event));
    for (const { location } of shown!.relatedInformation!) {
      const line = fs.readFileSync(location.uri.fsPath, 'utf8').split('\n')[location.range.start.line]!;
      assert.ok(line.includes(': '), line);
    }
    assert.ok(new Set(violation.evidence.map(({ place }) => place.file)).size > 0);
  });

  it('goes to a finding in its own file, and the lists stay on the run', async () => {
    const { sessions } = await app();
    await open(run);
    const report = await until('the report of the run', () => sessions.find(run)?.report);
    const violation = report.findings.find((finding) => finding.verdict === 'violation')!;
    await vscode.commands.executeCommand('shimtrace.goToFirstViolation');
    const editor = await until('the file of the finding', () =>
      vscode.window.activeTextEditor?.document.uri.toString() === violation.at.file
        ? vscode.window.activeTextEditor
        : undefined,
    );
    assert.equal(editor.selection.active.line, violation.at.line - 1);
    assert.equal(sessions.runOf(editor.document.uri)?.uri.toString(), run.toString());
    const lists = await sessions.open(run).request('lists', {});
    assert.ok(lists.runsTotal > 0);
    const timeline = await sessions.open(run).request('timeline', { ask: 'meta', params: {} } as never);
    assert.ok(timeline);
  });

  it('tells in a hover what all files say', async () => {
    const { sessions } = await app();
    await open(run);
    const report = await until('the report of the run', () => sessions.find(run)?.report);
    const violation = report.findings.find((finding) => finding.verdict === 'violation')!;
    const file = vscode.Uri.parse(violation.at.file!);
    await open(file);
    // The file is recognised as a trace a moment after it opens.
    const text = await until('a hover', async () => {
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        file,
        new vscode.Position(violation.at.line - 1, violation.at.startColumn),
      );
      const found = hovers
        .flatMap(({ contents }) =>
          contents.map((content) => (typeof content === 'string' ? content : content.value)),
        )
        .join('\n');
      return found.includes('pages | before') ? found : undefined;
    });
    assert.match(text, /1 pin/, text);
  });

  it('is moved through across its files', async () => {
    const { sessions } = await app();
    await open(run);
    const report = await until('the report of the run', () => sessions.find(run)?.report);
    const violation = report.findings.find((finding) => finding.verdict === 'violation')!;
    const file = vscode.Uri.parse(violation.at.file!);
    const editor = await open(file);
    const at = new vscode.Position(violation.at.line - 1, violation.at.startColumn);
    const life = await until('the life of the page', async () => {
      const found = await vscode.commands.executeCommand<vscode.Location[]>(
        'vscode.executeReferenceProvider',
        file,
        at,
      );
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual([...new Set(life.map(({ uri }) => uri.toString()))].sort(), [
      first.toString(),
      second.toString(),
    ]);
    const eventAt = ({ uri, range }: vscode.Location): string =>
      fs.readFileSync(uri.fsPath, 'utf8').split('\n')[range.start.line]!.slice(range.start.character);
    assert.deepEqual(
      life.map(eventAt).filter((text) => !/^\w+(?:: |\()/.test(text)),
      [],
    );
    const causes = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeDefinitionProvider',
      file,
      at,
    );
    assert.ok(causes.length > 0);
    // Back along the page until the other file shows.
    editor.selection = new vscode.Selection(at, at);
    for (
      let i = 0;
      i < 200 && vscode.window.activeTextEditor?.document.uri.toString() === file.toString();
      i++
    )
      await vscode.commands.executeCommand('shimtrace.previousOfPage');
    const other = file.toString() === first.toString() ? second : first;
    await until('an event of the other file', () => {
      const shown = vscode.window.activeTextEditor;
      return shown?.document.uri.toString() === other.toString() &&
        /^\w+: /.test(eventAt(new vscode.Location(other, shown.selection.active)))
        ? true
        : undefined;
    });
  });

  it('is judged again when one of its files grows', async () => {
    const { sessions } = await app();
    const whole = fs.readFileSync(second.fsPath, 'utf8');
    const cut = whole.indexOf('\n', whole.length / 2) + 1;
    const growing = workspaceFile('run-growing.txt', whole.slice(0, cut));
    const other = workspaceFile(
      'growing.shimtrace.json',
      fs.readFileSync(run.fsPath, 'utf8').replace('run-b.txt', 'run-growing.txt'),
    );
    await open(other);
    const total = (): number | undefined => sessions.find(other)?.report?.events.total;
    const before = await until('the report of the run', total);
    const added = whole.slice(cut);
    fs.appendFileSync(growing.fsPath, added);
    await until('the report of all of it', () =>
      total() === before + added.split('\n').length - 1 ? true : undefined,
    );
    assert.ok(
      sessions
        .find(other)!
        .report!.findings.some(({ rule, verdict }) => rule === 'G9' && verdict === 'violation'),
    );
    for (const file of [growing, other]) fs.rmSync(file.fsPath);
  });

  it('gives its files back to themselves when it is closed', async () => {
    await app();
    await open(run);
    await until('squiggles', () =>
      vscode.languages.getDiagnostics(first).concat(vscode.languages.getDiagnostics(second)).length > 0
        ? true
        : undefined,
    );
    await closeAll();
    await until('no squiggles', () =>
      vscode.languages.getDiagnostics(first).concat(vscode.languages.getDiagnostics(second)).length === 0
        ? true
        : undefined,
    );
  });

  it('offers actions on a finding in its file, and sets it aside there', async () => {
    const { sessions, suppressions } = await app();
    await open(run);
    const report = await until('the report of the run', () => sessions.find(run)?.report);
    const violation = report.findings.find((finding) => finding.verdict === 'violation')!;
    const file = vscode.Uri.parse(violation.at.file!);
    await open(file);
    const range = new vscode.Range(
      violation.at.line - 1,
      violation.at.startColumn,
      violation.at.line - 1,
      violation.at.startColumn,
    );
    const actions = await until('actions', async () => {
      const found = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        file,
        range,
      );
      return found.some((action) => action.command?.command === 'shimtrace.suppress') ? found : undefined;
    });
    assert.deepEqual(
      actions
        .find((action) => action.command?.command === 'shimtrace.suppress')!
        .command!.arguments!.map(String),
      [run.toString(), violation.id],
    );
    await suppressions.add(run, report, violation, 'known');
    await until('the finding is gone', () =>
      vscode.languages.getDiagnostics(file).every((diagnostic) => codeOf(diagnostic) !== 'G9')
        ? true
        : undefined,
    );
    const project = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, '.shimtrace.json');
    assert.match(fs.readFileSync(project.fsPath, 'utf8'), /"trace": "run-[ab]\.txt"/);
    await suppressions.remove(run, report, violation);
    await findings(file);
    fs.rmSync(project.fsPath);
  });

  it('says what is wrong with it', async () => {
    const { sessions } = await app();
    const bad = workspaceFile(
      'bad.shimtrace.json',
      JSON.stringify({ trace: [{ path: 'run-a.txt', role: 'vm' }] }),
    );
    await open(bad);
    const state = await until('a failure', () => {
      const found = sessions.find(bad)?.state;
      return found?.kind === 'failed' ? found : undefined;
    });
    assert.match(state.error.message, /trace\[0\]\.role is one of host, guest, qemu/);
    fs.rmSync(bad.fsPath);
  });

  it('leaves a .shimtrace.json alone that names no trace', async () => {
    const { sessions } = await app();
    const other = workspaceFile('other.shimtrace.json', '{"suppress": []}');
    await open(other);
    await new Promise((done) => setTimeout(done, 300));
    assert.equal(sessions.find(other), undefined);
    fs.rmSync(other.fsPath);
  });
});
