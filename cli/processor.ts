/** Perfetto's trace processor, as far as the command line finds it. */
import { bundlesOf, processorCode } from '../shell/perfetto/processorFile.node.js';
import type { Args, OptionSpecs } from './args.js';
import { InputError } from './errors.js';

export const PROCESSOR_OPTIONS: OptionSpecs = {
  processor: {
    type: 'string',
    value: 'FILE',
    help: "another trace_processor.wasm of Perfetto's than the one that comes with shimtrace",
  },
};

/** The code of the processor that is asked; throws InputError where there is none. */
export function codeOf(args: Args): Uint8Array {
  const wanted = args.text('processor');
  let code: Uint8Array | undefined;
  try {
    code = processorCode(wanted, bundlesOf(import.meta.url));
  } catch (error) {
    throw new InputError(`--processor: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (code === undefined)
    throw new InputError(
      'this build has no trace processor, which answers SQL: `npm run perfetto` fetches it, --processor names one; ' +
        '`shimtrace export` needs none',
    );
  return code;
}
