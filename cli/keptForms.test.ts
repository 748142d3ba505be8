/** A report that was kept, in every form that `check` prints. */
import assert from 'node:assert/strict';
import { renderJson } from '../model/findings/json.js';
import { renderJunit } from '../model/findings/junit.js';
import type { TraceReport } from '../model/findings/report.js';
import { renderSarif } from '../model/findings/sarif.js';
import { renderText } from '../model/findings/text.js';
import { allSteps } from '../parsers/base/steps.js';
import { readReport, writeReport } from '../shell/cache/reportParts.js';
import { filesBelow } from '../test/support/files.js';
import { opened, packed } from '../test/support/packs.js';
import { prepareCodecs } from './codecs.js';
import { InputError } from './errors.js';
import { judged, openTrace } from './load.js';
import type { Output } from './output.js';

const SILENT: Output = { out: () => undefined, err: () => undefined, progress: () => undefined };
const JUDGED = { profiles: undefined, clock: undefined, skewNs: undefined };

/** A trace in every form that `check` prints. */
function forms(trace: TraceReport): readonly string[] {
  return [
    renderText(trace),
    renderText(trace, { allRules: true }),
    renderJson([trace]),
    renderSarif([trace], '0'),
    renderJunit([trace]),
  ].map((parts) => [...parts].join(''));
}

describe('kept reports', () => {
  it('are the same, byte for byte, in every form, without a look at the trace', async function () {
    this.timeout(120_000);
    const all = filesBelow('sample-traces').filter((file) => !/\.(json|md)$/.test(file));
    // All of them by `npm run test:thorough`.
    const step = process.env['THOROUGH'] === '1' ? 1 : 25;
    const files = all.filter((_, i) => i % step === 0);
    await prepareCodecs(files);
    let findings = 0;
    for (const file of files) {
      const trace = judgedOf(file);
      if (!trace) continue;
      const pack = opened(packed((writer) => allSteps(writeReport(writer, trace.table, trace.analysis))))!;
      const known = readReport(pack, () => assert.fail(`${file}: a row is missing`))!;
      findings += known.analysis.findings.length;
      assert.deepEqual(forms({ ...trace, ...known }), forms(trace), file);
      assert.deepEqual(known.analysis.conversions, trace.analysis.conversions);
      const withoutOps = { ...trace, ...known };
      Object.defineProperty(known.analysis, 'ops', { get: () => assert.fail('operations are not printed') });
      for (const parts of [renderText(withoutOps), renderJson([withoutOps])])
        assert.ok([...parts].length > 0);
    }
    assert.ok(findings > 10, `${findings} findings`);
  });
});

function judgedOf(file: string): ReturnType<typeof judged> | undefined {
  try {
    const trace = judged(openTrace(file, SILENT), JUDGED, SILENT);
    trace.close();
    return trace;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
