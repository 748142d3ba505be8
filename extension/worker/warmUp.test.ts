import assert from 'node:assert/strict';
import fs from 'node:fs';
import { NEVER_CANCELLED } from '../../parsers/base/cancel.js';
import { MemorySource, type ByteSource } from '../../parsers/base/source.js';
import { PlainSource } from '../../parsers/compressed/plainSource.js';
import { readTrace } from '../../parsers/index.js';
import { analyze } from '../../model/index.js';
import { SAMPLE } from '../test/askWorker.js';
import type { Judged } from './judged.js';
import { warmUp } from './warmUp.js';

function judged(bytes: Uint8Array): { readonly judged: Judged; readonly read: number[] } {
  const read: number[] = [];
  const whole = new MemorySource(bytes);
  const source: ByteSource = {
    size: whole.size,
    read(offset, length) {
      read.push(offset);
      return whole.read(offset, length);
    },
  };
  const trace = readTrace(whole, { cancel: NEVER_CANCELLED });
  return { judged: { source, trace, analysis: analyze(trace.table), shown: 'file' }, read };
}

describe('the code that a first click runs', () => {
  it('was run before, on pages all over the trace', () => {
    const { judged: of, read } = judged(fs.readFileSync(SAMPLE));
    const steps = [...warmUp(of)].length;
    assert.ok(steps >= 20, `${steps}`);
    assert.ok(read.length > steps, 'lines of pages were looked at');
    assert.ok(Math.max(...read) - Math.min(...read) > of.source.size * 0.3);
  });

  it('reads nothing of what is compressed', () => {
    const { judged: of } = judged(fs.readFileSync(SAMPLE));
    const source = new PlainSource(of.source, () => assert.fail('it was read'));
    assert.ok([...warmUp({ ...of, source })].length >= 20);
  });

  it('asks nothing of a trace without pages', () => {
    assert.equal([...warmUp(judged(new TextEncoder().encode('# tracer: nop\n')).judged)].length, 0);
  });
});
