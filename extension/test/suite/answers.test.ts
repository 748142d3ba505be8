import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import {
  app,
  closeAll,
  findings,
  G9_LINE,
  open,
  PIN_LINE,
  SAMPLE,
  until,
  workspaceFile,
} from '../support.js';
import { QUESTIONS, type QuestionId } from '../../../model/answers/index.js';
import { ASKED } from '../../features/ask.js';
import { reportUri } from '../../features/report.js';
import { RULE_SCHEME } from '../../features/rulePages.js';

function textOf(hovers: readonly vscode.Hover[]): string {
  return hovers
    .flatMap((hover) =>
      hover.contents.map((content) => (typeof content === 'string' ? content : content.value)),
    )
    .join('\n');
}

describe('answers', () => {
  let uri: vscode.Uri;
  before(async () => {
    await app();
    uri = workspaceFile('asked.txt', { copyOf: SAMPLE });
    await open(uri);
    await findings(uri);
  });
  after(closeAll);

  const hoverAt = async (line: number): Promise<string> =>
    textOf(
      await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        uri,
        new vscode.Position(line - 1, 70),
      ),
    );

  it('hovers an event with its fields and its pages before and after', async () => {
    const text = await hoverAt(G9_LINE);
    assert.match(text, /kvm\\_gmem\\_store\\_attributes/);
    assert.match(text, /\| pages \| before \| after \|/);
    assert.match(text, /\| index \| `0x4` \|/);
    assert.match(text, /shared.*1 pin.*\| private.*1 pin/);
  });

  it('has nothing to say of a comment line', async () => assert.equal(await hoverAt(2), ''));

  it('lists the verdict of every rule, and what was missing', async () => {
    const document = await vscode.workspace.openTextDocument(reportUri(uri));
    const text = document.getText();
    assert.equal(document.languageId, 'markdown');
    assert.match(
      text,
      /\| G9 refs-safe \| guest-memfd \| \*\*1 violation\*\*, first at \[line 702\]\(command:[^)]+\) \|/,
    );
    assert.match(text, /^# [^\n]*: 1 violation · \d+ rules held, \d+ undecided$/m);
    assert.match(text, /\| G6b [^|]*\| guest-memfd \| undecided \| +\|/);
    assert.match(text, /\| guest-memfd \| held \| (\d+) of \1 \|/);
    assert.match(text, /Missing: `kprobe:kvm_gmem_fallocate` or `kprobe:kvm_gmem_punch_hole` or /);
  });

  it('opens the page of a rule', async () => {
    const document = await vscode.workspace.openTextDocument(
      vscode.Uri.from({ scheme: RULE_SCHEME, path: '/G9.md' }),
    );
    assert.match(document.getText(), /^# G9\b[^\n]*refs-safe/);
    assert.doesNotMatch(document.getText(), /\bG9b\b.*\n=|^#+ G10/m);
  });

  it('answers who holds a page, since when and until when, with the events', async () => {
    const answer = await (await app()).sessions
      .find(uri)!
      .request('answer', { line: G9_LINE, question: 'holds' });
    const pin = answer!.statements.find(({ text }) =>
      text.startsWith('A long-term or DMA pin of CPU 0/KVM-275'),
    );
    assert.match(pin!.text, /held for \d+ µs; released \d+.* later/);
    assert.ok(pin!.spots.some((spot) => spot.line === PIN_LINE));
  });

  it('has an answer to every question that it offers', async () => {
    assert.deepEqual(Object.keys(ASKED), Object.keys(QUESTIONS));
    for (const question of Object.keys(ASKED) as QuestionId[]) {
      const answer = await (await app()).sessions.find(uri)!.request('answer', { line: G9_LINE, question });
      assert.ok(
        answer!.statements.length > 0 && answer!.statements.every(({ text }) => text !== ''),
        question,
      );
    }
  });

  it('goes to the first violation', async () => {
    await vscode.commands.executeCommand('shimtrace.goToFirstViolation');
    await until('the cursor on the violation', () =>
      vscode.window.activeTextEditor?.selection.start.line === G9_LINE - 1 ? true : undefined,
    );
  });
});
