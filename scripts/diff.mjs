// `npm run diff`: what we read against what the recording tools themselves print, event by event and field by
// field. SHIMTRACE_TRACES names a folder of recordings; without it only those in sample-traces/ are compared.
import { bin, ensureDependencies, fail, run } from './steps.mjs';

ensureDependencies();
const compiled = run(bin('tsc'), ['-b', 'test']);
if (compiled !== 0) fail('tsc -b test failed', compiled);
if (!process.env.SHIMTRACE_TRACES)
  console.log('SHIMTRACE_TRACES is not set: comparing the recordings in sample-traces/ only');
const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
process.exitCode = run(
  process.execPath,
  [bin('mocha'), '--no-config', '--timeout', '120000', 'out/test/differential/*.test.js'],
  { env },
);
