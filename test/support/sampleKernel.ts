/** The kernel of samples as `npm run build` has compiled it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import type { SampleKernelCode } from '../../parsers/perf/kernelExports.js';
import { kernelOf } from '../../shell/kernels.js';

const KERNEL = 'out/sampleKernel.wasm';

export function builtSampleKernel(): SampleKernelCode {
  assert.ok(fs.existsSync(KERNEL), `no ${KERNEL}: \`npm run build\` compiles it`);
  const kernel = kernelOf<SampleKernelCode>(fs.readFileSync(KERNEL));
  assert.ok(kernel, 'Node.js runs WebAssembly with vectors');
  return kernel;
}
