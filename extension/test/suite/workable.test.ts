import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import {
  app,
  closeAll,
  codeOf,
  extensionFile,
  findings,
  G9_LINE,
  open,
  PIN_LINE,
  SAMPLE,
  until,
  workspaceFile,
} from '../support.js';
import { EXPLANATION_SCHEME } from '../../features/findingActions.js';

describe('working with a finding', () => {
  let uri: vscode.Uri;
  before(async () => {
    await app();
    uri = workspaceFile('worked.txt', { copyOf: SAMPLE });
    await open(uri);
    await findings(uri);
  });
  after(closeAll);

  const id = async (): Promise<string> =>
    (await app()).sessions.find(uri)!.report!.findings.find((finding) => finding.rule === 'G9')!.id;

  it('offers what can be done with it where it stands', async () => {
    const range = new vscode.Range(G9_LINE - 1, 0, G9_LINE - 1, 0);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      range,
    );
    const titles = actions.map((action) => action.title);
    for (const wanted of [
      'Explain G9',
      'Copy G9 as a mail',
      'Suppress G9 here, with a reason…',
      'Open the page of G9',
    ])
      assert.ok(titles.includes(wanted), titles.join());
  });

  it('explains it as a chain of events, each with the state after it', async () => {
    const document = await vscode.workspace.openTextDocument(
      vscode.Uri.from({
        scheme: EXPLANATION_SCHEME,
        path: '/explained.md',
        query: JSON.stringify([uri.toString(), await id()]),
      }),
    );
    const text = document.getText();
    const steps = [...text.matchAll(/^\d+\. \*\*.*\(line (\d+), /gm)].map((m) => Number(m[1]));
    assert.ok(steps.length >= 4 && steps.length <= 10, steps.join());
    assert.deepEqual(
      steps,
      [...steps].sort((a, b) => a - b),
    );
    assert.ok(steps.includes(PIN_LINE) && steps.includes(G9_LINE));
    assert.equal([...text.matchAll(/^ +After: \*.+\*$/gm)].length, steps.length);
    assert.match(text, /## How to fix it/);
  });

  it('says of a finding of a closed trace that it is gone', async () => {
    const gone = vscode.Uri.joinPath(uri, '..', 'never-open.txt').toString();
    const document = await vscode.workspace.openTextDocument(
      vscode.Uri.from({
        scheme: EXPLANATION_SCHEME,
        path: '/gone.md',
        query: JSON.stringify([gone, 'G9@1']),
      }),
    );
    assert.match(document.getText(), /The trace was closed/);
  });

  it('copies it as a mail of 72 columns with the lines quoted whole', async () => {
    await vscode.commands.executeCommand('shimtrace.copyAsMail', uri, await id());
    const mail = await until('the mail', async () => {
      const text = await vscode.env.clipboard.readText();
      return text.startsWith('violation:') ? text : undefined;
    });
    for (const line of mail.split('\n')) assert.ok(line.length <= 72 || line.startsWith('> '), line);
    assert.match(mail, /^> .*kvm_gmem_store_attributes: .*attrs=0x8$/m);
    assert.match(mail, /^Rule: {4}G9 refs-safe$/m);
    assert.match(mail, /^Command: shimtrace explain worked\.txt G9@\d+$/m);
  });

  it('is set aside with a reason, which the project keeps, and comes back without it', async () => {
    const { suppressions } = await app();
    const shown = (): boolean =>
      vscode.languages.getDiagnostics(uri).some((diagnostic) => codeOf(diagnostic) === 'G9');
    await suppressions.add(uri, { id: await id() }, 'known on this kernel');
    await until('the diagnostic to go', () => (shown() ? undefined : true));
    const file = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, '.shimtrace.json').fsPath;
    assert.deepEqual(JSON.parse(fs.readFileSync(file, 'utf8')), {
      suppress: [{ trace: 'worked.txt', finding: await id(), reason: 'known on this kernel' }],
    });
    await suppressions.remove(uri, { id: await id() });
    await until('the diagnostic to come back', () => (shown() ? true : undefined));
  });

  it('tells what to record for what could not be judged', async () => {
    await vscode.commands.executeCommand('vscode.open', uri);
    void vscode.commands.executeCommand('shimtrace.copyRecipe');
    const recipe = await until('the commands', async () => {
      const text = await vscode.env.clipboard.readText();
      return text.includes('tracing') ? text : undefined;
    });
    assert.match(recipe, /kvm_gmem_fallocate/);
  });

  it('lists conversions, pages and references at any line', async () => {
    const session = (await app()).sessions.find(uri)!;
    const { groups, total } = await session.request('conversionGroups', {});
    assert.equal(total, 2);
    const all = groups.find(({ group }) => group === 'all')!;
    assert.ok(
      all.rows.some(
        (row) =>
          row.toPrivate &&
          row.state === 'done' &&
          row.phases.some((phase) => phase.name === 'Stored' && phase.spot.line === G9_LINE),
      ),
    );
    const { slots, holders } = await session.request('lists', { line: G9_LINE });
    assert.ok(slots.some((slot) => slot.runs.some((run) => run.kind === 'converting')));
    assert.equal(holders.length, 1);
    assert.equal(holders[0]!.kind, 'pin');
    assert.match(holders[0]!.age, /µs|ms/);
    const end = await session.request('lists', {});
    assert.equal(end.holders.length, 0);
  });

  it('bundles a host below 500 KB', () => {
    for (const file of ['dist/extension.cjs', 'dist/web/extension.cjs'])
      assert.ok(fs.statSync(extensionFile(file)).size < 500 * 1024, file);
  });
});
