import assert from 'node:assert/strict';
import fs from 'node:fs';
import { assertGolden } from '../support/golden.js';
import { loadTrace } from './dialogue.js';
import { expressionsPage } from './expressionsPage.js';

const PAGE = 'docs/EXPRESSIONS.md';
const BEGIN = '<!-- generated: `npm run golden` writes what follows -->\n';
const TRACE = 'sample-traces/scenarios/14-install-inside-invalidation.txt';

describe('docs/EXPRESSIONS.md', () => {
  it('lists every name as the objects have it', () => {
    const trace = loadTrace(TRACE);
    const finding = trace.analysis.findings.find((candidate) => candidate.verdict === 'violation');
    assert.ok(finding);
    const text = fs.readFileSync(PAGE, 'utf8');
    const at = text.indexOf(BEGIN);
    assert.ok(at >= 0, `${PAGE} has no line that begins the generated part`);
    const fresh = `${text.slice(0, at + BEGIN.length)}\n${expressionsPage(trace, finding.at)}`;
    assertGolden(PAGE, fresh);
  });
});
