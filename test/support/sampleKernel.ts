/** The kernel of samples as `npm run build` has compiled it. */
import type { SampleKernelCode } from '../../parsers/perf/kernelExports.js';
import { builtFrom } from './builtKernel.js';

export function builtSampleKernel(): SampleKernelCode {
  return builtFrom<SampleKernelCode>('out/sampleKernel.wasm');
}
