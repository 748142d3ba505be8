import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as vscode from 'vscode';
import { fillerLine } from '../../../test/support/filler.js';
import {
  app,
  closeAll,
  extensionFile,
  findings,
  G9_LINE,
  open,
  SAMPLE,
  until,
  workspaceFile,
} from '../support.js';

/** Lines that no rule cares for. */
function filler(second: number, count: number): string {
  return Array.from({ length: count }, (_, i) => `${fillerLine(second * 1e6 + i * 100)}\n`).join('');
}

/** Runs that end before it is enough: between each two of them stands a rest. */
const RUNS = 3;

/** What `cat trace_pipe > file` leaves so far. */
describe('a trace that grows', () => {
  const sample = (): string[] =>
    fs
      .readFileSync(extensionFile(SAMPLE), 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('#'));
  /** Line of the violation where the header is left out, as in trace_pipe. */
  const line = (): number =>
    G9_LINE -
    fs
      .readFileSync(extensionFile(SAMPLE), 'utf8')
      .split('\n')
      .findIndex((text) => !text.startsWith('#'));
  afterEach(closeAll);

  it('is judged again as lines are added, up to a half of one', async () => {
    const { sessions } = await app();
    const lines = sample();
    const uri = workspaceFile('pipe.txt', `${lines.slice(0, 400).join('\n')}\n`);
    await open(uri);
    await until('the first report', () => sessions.find(uri)?.report);
    const totals = [sessions.find(uri)!.report!.events.total];
    for (const [from, to] of [
      [400, 500],
      [501, 600],
    ] as const) {
      fs.appendFileSync(uri.fsPath, `${lines.slice(from, to).join('\n')}\n${lines[to]!.slice(0, 40)}`);
      await until('more events', () =>
        sessions.find(uri)!.report!.events.total > totals.at(-1)! ? true : undefined,
      );
      totals.push(sessions.find(uri)!.report!.events.total);
      fs.appendFileSync(uri.fsPath, lines[to]!.slice(40));
      fs.appendFileSync(uri.fsPath, '\n');
    }
    fs.appendFileSync(uri.fsPath, `${lines.slice(601).join('\n')}\n`);
    const found = await until('the violation', async () => {
      const all = vscode.languages
        .getDiagnostics(uri)
        .filter((d) => d.severity === vscode.DiagnosticSeverity.Error);
      return all.length > 0 ? all : undefined;
    });
    assert.equal(found[0]!.range.start.line + 1, line());
  });

  it('is read to its end although it never rests, and no more than a fifth of the time', async () => {
    const { sessions } = await app();
    const uri = workspaceFile('busy.txt', `${sample().join('\n')}\n${filler(100, 120000)}`);
    await open(uri);
    await findings(uri);
    const session = sessions.find(uri)!;
    const runs: { from: number; until: number }[] = [];
    const watch = session.onDidChange(() => {
      const last = runs.at(-1);
      if (session.state.kind === 'running') {
        if (!last || last.until > 0) runs.push({ from: Date.now(), until: 0 });
      } else if (last) last.until ||= Date.now();
    });
    // A machine that took long to read it at first rests for as many times as long.
    const latest = Date.now() + 60_000;
    const hasEnded = (): boolean => runs.filter((run) => run.until > 0).length >= RUNS;
    for (let second = 200; !hasEnded() && Date.now() < latest; second++) {
      fs.appendFileSync(uri.fsPath, filler(second, 200));
      await new Promise((done) => setTimeout(done, 150));
    }
    watch.dispose();
    const ended = runs.filter((run) => run.until > 0);
    assert.ok(ended.length >= 2, `${runs.length} runs, ${ended.length} ended`);
    for (const [i, run] of ended.entries()) {
      const next = ended[i + 1];
      if (next) assert.ok(next.from - run.until >= 4 * (run.until - run.from) - 50, JSON.stringify(ended));
    }
  });

  it('is judged again by what its recorder writes beside it in the end', async () => {
    const { sessions } = await app();
    const lines = sample().filter((text) => text !== '');
    const uri = workspaceFile('recorded.txt', `${lines.join('\n')}\n`);
    await open(uri);
    const report = await until('the first report', () => sessions.find(uri)?.report);
    assert.deepEqual([report.clock, report.recorded], ['unknown', []]);
    const said = [
      'fact clock mono',
      `cpu cpu0 entries=0 overrun=0 commit-overrun=0 dropped=0 read=${report.events.total}`,
      'state complete',
    ];
    fs.writeFileSync(`${uri.fsPath}.record.log`, said.map((text) => `@shimtrace ab ${text}\n`).join(''));
    const known = await until('the report with the clock', () =>
      sessions.find(uri)?.report?.clock === 'mono' ? sessions.find(uri)!.report : undefined,
    );
    assert.ok(known.recorded.some((text) => text.includes(`${report.events.total} events were read`)));
  });

  it('leaves a replay its trace until it ends', async () => {
    const { sessions } = await app();
    const uri = workspaceFile('replayed-and-growing.txt', `${sample().join('\n')}\n`);
    await open(uri);
    await findings(uri);
    const before = sessions.find(uri)!.report!.events.total;
    await vscode.commands.executeCommand('shimtrace.replay', { trace: uri });
    await until('the replay', () => vscode.debug.activeDebugSession);
    fs.appendFileSync(uri.fsPath, filler(100, 50));
    await new Promise((done) => setTimeout(done, 2500));
    assert.ok(vscode.debug.activeDebugSession, 'it goes on');
    assert.equal(sessions.find(uri)!.report!.events.total, before);
    await vscode.debug.stopDebugging();
    await until('the added events', () =>
      sessions.find(uri)?.report?.events.total === before + 50 ? true : undefined,
    );
  });
});
