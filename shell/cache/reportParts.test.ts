import assert from 'node:assert/strict';
import fs from 'node:fs';
import { analyze } from '../../model/index.js';
import { renderJson } from '../../model/findings/json.js';
import { renderJunit } from '../../model/findings/junit.js';
import type { TraceReport } from '../../model/findings/report.js';
import { renderSarif } from '../../model/findings/sarif.js';
import { renderText } from '../../model/findings/text.js';
import { RULES } from '../../model/rules/registry.js';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource } from '../../parsers/base/source.js';
import { readTrace } from '../../parsers/index.js';
import { opened, packed } from '../../test/support/packs.js';
import { tries } from '../../test/support/tries.js';
import type { PackReader, PackWriter } from './pack.js';
import { allSteps } from '../../parsers/base/steps.js';
import { readReport, writeReport } from './reportParts.js';

const FILE = 'sample-traces/labelled/inplace/M2.p.txt';
const { table } = readTrace(new MemorySource(fs.readFileSync(FILE)), { cancel: NEVER_CANCELLED });
const whole = { table, analysis: analyze(table) };
const own = opened(packed((pack) => allSteps(writeReport(pack, table, whole.analysis))))!;

const TEXTS = ['marks', 'rows', 'analysis', 'log'] as const;
const HOSTILE = [null, -1, -2, 0, 1, 3, 0.5, 1e15, 1e300, 2 ** 32, '', 'x', '7', [], {}, true, [[]]];

/** The same entry with other texts, or another operations' bytes, all checksums right. */
function withTexts(texts: Readonly<Record<string, string>>, ops?: Uint8Array): PackReader {
  const fill = (pack: PackWriter): void => {
    for (const name of TEXTS) pack.addText(name, texts[name] ?? own.text(name)!);
    pack.add('ops', ops ?? new Uint8Array(own.bytes('ops')!));
  };
  return opened(packed(fill))!;
}

/** Prints all that there is to print; returns what `readReport` refused as ''. */
function printed(pack: PackReader): string {
  const known = readReport(pack, () => whole);
  if (!known) return '';
  const trace: TraceReport = { path: FILE, ...known, rules: RULES };
  const forms = [
    renderText(trace, { allRules: true }),
    renderJson([trace]),
    renderSarif([trace], '0'),
    renderJunit([trace]),
  ];
  return forms.map((parts) => [...parts].join('')).join('\n');
}

/** The places of a value that can be another value. */
function* places(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  if (path.length > 0) yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [name, each] of Object.entries(value)) yield* places(each, [...path, name]);
}

function changed(json: string, path: readonly string[], to: unknown): string {
  const value: unknown = JSON.parse(json);
  let at = value as Record<string, unknown>;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
  at[path[path.length - 1]!] = to;
  return JSON.stringify(value);
}

describe('the report of an entry', () => {
  const plain = printed(own);

  it('is what the trace says', () => {
    const [text] = renderText({ path: FILE, ...whole, rules: RULES });
    assert.ok(text && plain.startsWith(text));
  });

  it('never ends a program, whatever somebody writes into it with the right checksums', function () {
    this.timeout(60_000);
    let [refused, taken] = [0, 0];
    for (const name of TEXTS) {
      const all = [...places(JSON.parse(own.text(name)!))];
      const step = Math.max(1, Math.floor(all.length / tries('DAMAGED', 25, 2000)));
      for (let i = 0; i < all.length; i += step) {
        const to = HOSTILE[(i * 7 + name.length) % HOSTILE.length];
        if (printed(withTexts({ [name]: changed(own.text(name)!, all[i]!, to) })) === '') refused++;
        else taken++;
      }
    }
    assert.ok(refused > 30 && taken > 5, `${refused} refused, ${taken} taken`);
  });

  it('is read from the trace where its operations are none', () => {
    const bytes = new Uint8Array(own.bytes('ops')!);
    for (const at of [0, 1, 4000, bytes.length - 1]) {
      const other = bytes.slice();
      other[at] = 0xff;
      assert.equal(typeof printed(withTexts({}, other)), 'string');
    }
    assert.equal(printed(withTexts({}, bytes.subarray(8))), plain);
    assert.equal(printed(withTexts({}, new Uint8Array(bytes.length).fill(200))), plain);
    assert.equal(printed(withTexts({ log: '{"length":1e9,"forms":""}' })), plain);
    assert.equal(printed(withTexts({ log: '{"length":1e15,"forms":"0"}' })), plain);
  });

  it('is not taken where a part of it is missing, or of another trace', () => {
    for (const name of TEXTS)
      if (name !== 'log') assert.equal(printed(withTexts({ [name]: '{}' })), '', name);
    const fewer = changed(own.text('marks')!, ['length'], table.length - 1);
    assert.equal(printed(withTexts({ marks: fewer })), '');
  });
});
