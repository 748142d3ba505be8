import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
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

  const isShown = (): boolean =>
    vscode.languages.getDiagnostics(uri).some((diagnostic) => codeOf(diagnostic) === 'G9');
  const projectFile = (): string =>
    vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, '.shimtrace.json').fsPath;

  it('offers what can be done with it where it stands', async () => {
    const range = new vscode.Range(G9_LINE - 1, 0, G9_LINE - 1, 0);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      uri,
      range,
    );
    const titles = actions.map((action) => action.title);
    for (const wanted of [
      'Explain G9 refs-safe',
      'Copy G9 refs-safe as a mail',
      'Suppress G9 refs-safe here, with a reason…',
      'Open the page of G9 refs-safe',
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
    const steps = [
      ...text.matchAll(/^\d+\. \*\*.*\(\[line (\d+)\]\(command:shimtrace\.internal\.goToLine\?/gm),
    ].map((m) => Number(m[1]));
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
    for (const line of mail.split('\n')) assert.ok(line.length <= 72 || line.startsWith(' '), line);
    assert.match(mail, /^ .*kvm_gmem_store_attributes: .*attrs=0x8$/m);
    assert.match(mail, /^Rule: {4}G9 refs-safe$/m);
    assert.match(mail, /^Command: shimtrace explain worked\.txt G9@\d+$/m);
  });

  it('is set aside with a reason, which the project keeps, and comes back without it', async () => {
    const { sessions, suppressions } = await app();
    const report = sessions.find(uri)!.report!;
    const finding = report.findings.find(({ rule }) => rule === 'G9')!;
    await suppressions.add(uri, report, finding, 'known on this kernel');
    await until('the diagnostic to go', () => (isShown() ? undefined : true));
    const [kept] = (JSON.parse(fs.readFileSync(projectFile(), 'utf8')) as { suppress: object[] }).suppress;
    const recording = crypto.createHash('sha256').update(fs.readFileSync(uri.fsPath)).digest('hex');
    assert.deepEqual(kept, {
      trace: 'worked.txt',
      recording,
      rule: 'G9',
      verdict: 'violation',
      pages: 'ino:268 pgoff 0x4',
      message: finding.message,
      evidence: [
        'state gup_longterm_ret',
        'related kvm_gmem_ioctl',
        'witness kvm_gmem_store_attributes',
        'confirms unpin_user_folio',
      ],
      reason: 'known on this kernel',
    });
    await suppressions.remove(uri, report, finding);
    await until('the diagnostic to come back', () => (isShown() ? true : undefined));
  });

  it('is back in another recording under the old name, where what set it aside is stale', async () => {
    const { sessions, suppressions } = await app();
    const before = sessions.find(uri)!.report!;
    const finding = before.findings.find(({ rule }) => rule === 'G9')!;
    await suppressions.add(uri, before, finding, 'known once');
    await until('the diagnostic to go', () => (isShown() ? undefined : true));
    const text = fs.readFileSync(uri.fsPath, 'utf8');
    try {
      fs.writeFileSync(uri.fsPath, text.replace(/ 62\.(\d{6}): /g, ' 63.$1: '));
      await until('the diagnostic to come back', () => (isShown() ? true : undefined));
      const after = sessions.find(uri)!.report!;
      assert.equal(after.findings.find(({ rule }) => rule === 'G9')!.id, finding.id, 'the row is the same');
      const { aside, stale } = suppressions.sort(uri, after);
      assert.deepEqual(
        [aside, stale.map(({ why, reason }) => [why, reason])],
        [[], [['other-recording', 'known once']]],
      );
      await suppressions.removeStale(uri, stale[0]!);
      assert.deepEqual(suppressions.sort(uri, after).stale, []);
    } finally {
      fs.writeFileSync(uri.fsPath, text);
      await until('the file as it was', () =>
        sessions.find(uri)?.report?.recording === before.recording ? true : undefined,
      );
    }
  });

  it('is not set aside by a file and a row, as it was once: that is listed as stale', async () => {
    const { sessions, suppressions } = await app();
    const old = { trace: 'worked.txt', finding: await id(), reason: 'known long ago' };
    fs.writeFileSync(projectFile(), JSON.stringify({ suppress: [old] }));
    const report = sessions.find(uri)!.report!;
    const { stale, aside } = await until('the stale entry', () => {
      const sorted = suppressions.sort(uri, report);
      return sorted.stale.length > 0 ? sorted : undefined;
    });
    assert.deepEqual(
      [aside, stale.map(({ about, why }) => `${about} ${why}`)],
      [[], [`${old.finding} unbound`]],
    );
    assert.ok(isShown());
    await suppressions.removeStale(uri, stale[0]!);
    assert.deepEqual(JSON.parse(fs.readFileSync(projectFile(), 'utf8')), { suppress: [] });
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
          row.phases.some((phase) => phase.name === 'stored' && phase.spot.line === G9_LINE),
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
