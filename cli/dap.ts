/** The debug adapter on a stream: standard input and output, or connections to a port of the loopback. */
import net from 'node:net';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { DebugSession } from '../extension/debugger/session.js';
import type { DebugHost, LoadedTrace, TraceFiles } from '../extension/debugger/host.js';
import type { Bundle } from '../parsers/bundle/bundle.js';
import { PROFILES } from '../model/findings/finding.js';
import { KernelSources } from '../shell/kernelSource.node.js';
import { Args } from './args.js';
import { filesBehind, RUN_OPTIONS } from './bundle.js';
import { loadKept } from './keptWhole.js';
import { prepareCodecs } from './codecs.js';
import { frame, MessageReader, takeMessages } from './dapFraming.js';
import { InputError } from './errors.js';
import type { Output } from './output.js';

const LOOPBACK = '127.0.0.1';

async function openTrace(
  files: readonly string[],
  rules: readonly string[],
  output: Output,
): Promise<LoadedTrace> {
  const unknown = rules.find((rule) => !PROFILES.some((profile) => profile === rule));
  if (unknown !== undefined) throw new InputError(`no profile ${unknown}; there are ${PROFILES.join(', ')}`);
  if (files.includes('-')) throw new InputError('a trace to be replayed must be a file, not standard input');
  await prepareCodecs(files.flatMap(filesBehind));
  const profiles = rules.length === 0 ? undefined : PROFILES.filter((profile) => rules.includes(profile));
  const trace = loadKept(
    new Args(files, {}, RUN_OPTIONS),
    files,
    'a trace',
    { profiles, clock: undefined, skewNs: undefined },
    output,
  );
  return {
    open: trace.open,
    analysis: trace.analysis,
    ...(trace.bundle && { files: traceFiles(trace.bundle) }),
    close: () => trace.close(),
  };
}

/** Files are named by their absolute paths, as clients do. */
function traceFiles(bundle: Bundle): TraceFiles {
  const { parts } = bundle;
  const paths = parts.map((part) => path.resolve(part.path));
  return {
    of: (row) => {
      const { part } = bundle.sourceOf(row);
      return { path: paths[part]!, isText: parts[part]!.isText && !parts[part]!.open.plain };
    },
    rowAtLine: (file, line) => (paths.includes(file) ? bundle.rowAtLine(paths.indexOf(file), line) : -1),
  };
}

export function dapHost(output: Output): DebugHost {
  const kernel = new KernelSources();
  return {
    openTrace: (file, rules, more) => openTrace([file, ...more], rules, output),
    findSource: (frameName, map) => kernel.find(frameName, map),
    absolute: (file) => path.resolve(file),
    breathe: () => new Promise((done) => setImmediate(done)),
    now: () => performance.now(),
  };
}

/** Serves one client until its stream ends or says something that is no message. */
export function serve(input: Readable, out: Writable, host: DebugHost): Promise<void> {
  return new Promise((done) => {
    let over = false;
    const session = new DebugSession(host, (message) => {
      if (!over) out.write(frame(message));
      if (message.type === 'event' && 'event' in message && message.event === 'terminated') finish();
    });
    const reader = new MessageReader((message) => void session.receive(message));
    const finish = takeMessages(input, out, reader, (error) => {
      over = true;
      session.dispose();
      if (error) process.stderr.write(`shimtrace dap: ${error.message}\n`);
      done();
    });
  });
}

/**
 * Listens on a port of the loopback (0:
 * any free one) and serves every client with a session of its own. Ends when closed.
 */
export function listen(port: number, host: DebugHost, output: Output): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    void serve(socket, socket, host).then(() => socket.end());
  });
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      fail(
        new InputError(
          error.code === 'EADDRINUSE'
            ? `port ${port} is in use; choose another, or 0 for any`
            : `port ${port}: ${error.message}`,
        ),
      );
    });
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      output.err(`shimtrace dap: listening on ${LOOPBACK}:${bound}`);
      done(server);
    });
  });
}
