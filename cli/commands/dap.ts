/** `shimtrace dap`: the debug adapter for editors that start one themselves. */
import type { Command } from '../command.js';
import { CACHE_OPTIONS } from '../cacheOptions.js';
import { dapHost, listen, serve } from '../dap.js';
import { EXIT, UsageError } from '../errors.js';

const PORT_MAX = 65535;

export const dap: Command = {
  name: 'dap',
  summary: 'replay a trace in a debugger: a debug adapter on standard input and output, or on a port',
  usage: '[--port N]',
  options: {
    ...CACHE_OPTIONS,
    port: {
      type: 'string',
      value: 'N',
      help:
        'listen on this port of the loopback (0: any free one, printed on standard error) ' +
        'for any number of clients',
    },
  },
  details:
    'The client sends a launch request with "trace", and optionally "rules", "from", "follow" and ' +
    '"sourceMap"; see docs/DEBUGGING.md.',
  async run(args, output) {
    if (args.positionals.length > 0)
      throw new UsageError('dap takes no file: the client names the trace in its launch request');
    const port = args.number('port');
    const host = dapHost(args.flag('no-cache') ? { ...output, cache: undefined } : output);
    if (port === undefined) {
      await serve(process.stdin, process.stdout, host);
      return EXIT.clean;
    }
    if (!Number.isInteger(port) || port < 0 || port > PORT_MAX)
      throw new UsageError(`--port takes a number from 0 to ${PORT_MAX}`);
    const server = await listen(port, host, output);
    await new Promise((done) => server.once('close', done));
    return EXIT.clean;
  },
};
