import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ConversionGroup } from '../../protocol/shapes.js';
import { manyConversions, manyViolations } from '../many.js';
import { app, closeAll, measured, open, until, workspaceFile } from '../support.js';

describe('lists of a trace with 20,000 conversions', () => {
  const wanted = { conversions: 20000, failEvery: 400, slowEvery: 1000 } as const;
  const failed = wanted.conversions / wanted.failEvery - 1;
  let uri: vscode.Uri;
  before(async () => {
    await app();
    uri = workspaceFile('many.txt', manyConversions(wanted));
    await open(uri);
    await until('the report', async () => (await app()).sessions.find(uri)?.report);
  });
  after(closeAll);

  const ask = async (params: { filter?: string; shown?: Readonly<Record<string, number>> } = {}) => {
    const answer = await (await app()).sessions.find(uri)!.request('conversionGroups', params);
    const group = (name: ConversionGroup) => answer.groups.find((found) => found.group === name)!;
    return { ...answer, group };
  };

  it('counts all of them in their groups, and hands over the first', async () => {
    const { total, matching, group } = await ask();
    assert.deepEqual([total, matching], [wanted.conversions, wanted.conversions]);
    assert.equal(group('all').total, wanted.conversions);
    assert.equal(group('all').rows.length, 200);
    assert.equal(group('in flight').total, 1);
    assert.equal(group('failed').total, failed);
    assert.ok(group('failed').rows.every((row) => row.errno === 'ENOMEM'));
    assert.equal(group('repeated').total, failed);
    assert.ok(group('repeated').rows.every((row) => row.retries === 1));
  });

  it('has the slowest first among the slow', async () => {
    const { group } = await ask();
    const slow = group('slow').rows.map((row) => row.durationNs);
    assert.equal(slow.length, wanted.conversions / wanted.slowEvery - 1);
    assert.deepEqual(
      slow,
      [...slow].sort((a, b) => b - a),
    );
    assert.ok(slow.every((ns) => ns > 1e6));
  });

  it('hands over more when asked, of one group alone', async () => {
    const { group } = await ask({ shown: { all: 1000 } });
    assert.equal(group('all').rows.length, 1000);
    assert.equal(group('failed').rows.length, failed);
  });

  it('filters all of them, not only those shown', async () => {
    const last = (0x100000 + 2 * (wanted.conversions - 1 - failed)).toString(16);
    const { matching, group } = await ask({ filter: `GFN 0x${last} of` });
    assert.equal(matching, 1);
    assert.equal(group('all').rows[0]!.state, 'in flight');
    assert.equal((await ask({ filter: 'enomem' })).matching, failed);
    assert.equal((await ask({ filter: 'no such words' })).matching, 0);
  });

  it('counts pages worked out and pages left out, and hands over the first runs', async () => {
    const session = (await app()).sessions.find(uri)!;
    const start = Date.now();
    const { slots, runsTotal } = await session.request('lists', {});
    const first = Date.now() - start;
    assert.equal(slots.length, 1);
    const [slot] = slots;
    // Every other page was converted; the stretches that are worked out are bounded, and the rest is said.
    const pages = Object.values(slot!.counts).reduce((sum, count) => sum + count, 0);
    assert.equal(pages + slot!.leftOut, 2 * (wanted.conversions - 1 - failed) - 1);
    assert.deepEqual([slot!.counts.private, runsTotal, slot!.total], [10000, 20000, 20000]);
    assert.ok(slot!.leftOut > 0);
    assert.equal(slot!.runs.length, 200);
    const more = await session.request('lists', { shown: { [slot!.key]: 600 } });
    assert.equal(more.slots[0]!.runs.length, 600);
    const again = Date.now();
    await session.request('lists', { line: 5000 });
    measured(`lists of ${wanted.conversions} conversions at first`, first);
    measured('at another line', Date.now() - again);
  });

  it('has symbols and lenses for the first 2,000, and no more work for asking again', async () => {
    const symbols = await until(
      'symbols',
      () =>
        vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
          'vscode.executeDocumentSymbolProvider',
          uri,
        ),
      8000,
    );
    assert.equal(symbols.length, 2000);
    const start = Date.now();
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      uri,
      10,
    );
    assert.equal(lenses.length, 6000);
    measured('lenses', Date.now() - start);
  });
});

describe('a trace with 5,000 violations', () => {
  const count = 5000;
  let uri: vscode.Uri;
  before(async () => {
    await app();
    uri = workspaceFile('violated.txt', manyViolations(count));
    await open(uri);
    await until('the report', async () => (await app()).sessions.find(uri)?.report);
  });
  after(closeAll);

  it('has a thousand problems, of which one says how many more there are', async () => {
    const { findings } = (await app()).sessions.find(uri)!.report!;
    assert.equal(findings.filter(({ verdict }) => verdict === 'violation').length, count);
    const found = await until('problems', () => {
      const all = vscode.languages.getDiagnostics(uri);
      return all.length > 0 ? all : undefined;
    });
    assert.equal(found.length, 1000);
    const severities = vscode.DiagnosticSeverity;
    assert.equal(found.filter(({ severity }) => severity === severities.Error).length, 999);
    const rest = found.find(({ severity }) => severity === severities.Information)!;
    assert.match(rest.message, new RegExp(`^${findings.length - 999} more events with findings`));
    assert.equal(rest.range.start.line, 0);
  });

  it('names the nearest other events of its fault', () => {
    const [first] = vscode.languages.getDiagnostics(uri).filter(({ range }) => range.start.line === 100);
    const lines = first!.relatedInformation!.map(({ location }) => location.range.start.line);
    assert.deepEqual(
      lines,
      Array.from({ length: 21 }, (_, i) => 90 + i).filter((line) => line !== 100),
    );
  });
});
