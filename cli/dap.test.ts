import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import { dapHost, listen } from './dap.js';
import { FramingError, MESSAGE_BYTES_MAX, MessageReader, frame } from './dapFraming.js';

const PINNED = path.resolve('sample-traces/scenarios/05-stored-while-pinned.txt');
const PROGRAM = path.resolve('out/cli/main.js');

/** Everything that the reader gives out when the bytes come in pieces of `size`. */
function readIn(bytes: Buffer, size: number): unknown[] {
  const taken: unknown[] = [];
  const reader = new MessageReader((message) => taken.push(message));
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  return taken;
}

describe('messages on a stream', () => {
  const messages = [
    { type: 'request', seq: 1, command: 'é' },
    { type: 'request', seq: 2, command: 'x'.repeat(5000) },
  ];
  const bytes = Buffer.from(messages.map(frame).join(''));

  for (const size of [1, 7, 100, 100000]) {
    it(`come out whole when their bytes come ${size} at a time`, () =>
      assert.deepEqual(readIn(bytes, size), messages));
  }

  const broken: readonly (readonly [string, string])[] = [
    ['no length', 'Content-Type: x\r\n\r\n{}'],
    ['a length that is none', 'Content-Length: ten\r\n\r\n{}'],
    ['a length beyond the limit', `Content-Length: ${MESSAGE_BYTES_MAX + 1}\r\n\r\n`],
    ['no JSON', 'Content-Length: 2\r\n\r\n{{'],
    ['no header at all', 'x'.repeat(5000)],
  ];
  for (const [what, text] of broken)
    it(`end at ${what}`, () => assert.throws(() => readIn(Buffer.from(text), 64), FramingError));
});

/**
 * The public test client, joined to `shimtrace dap` (which takes an
 * argument that the client has no place for).
 */
class Client extends DebugClient {
  private child: ChildProcess | undefined;

  constructor() {
    super('', '', 'shimtrace');
  }
  override start(): Promise<void> {
    const child = spawn(process.execPath, [PROGRAM, 'dap'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child = child;
    this.connect(child.stdout, child.stdin);
    return Promise.resolve();
  }
  /** Ends the session and waits for the program's exit code. */
  async end(): Promise<number | null> {
    const code = new Promise<number | null>((done) => this.child!.once('exit', done));
    await this.disconnectRequest();
    return code;
  }
}

describe('shimtrace dap on standard input and output', function () {
  this.timeout(20000);
  let client: Client;

  beforeEach(() => {
    client = new Client();
    return client.start();
  });
  afterEach(async () => assert.equal(await client.end(), 0));

  it('stops at a breakpoint of a real trace, and at the violation', async () => {
    await Promise.all([
      client.configurationSequence(),
      client.launch({ trace: PINNED }),
      client.waitForEvent('stopped'),
    ]);
    const set = await client.setBreakpointsRequest({ source: { path: PINNED }, breakpoints: [{ line: 50 }] });
    assert.equal(set.body.breakpoints[0]?.verified, true);
    await client.setExceptionBreakpointsRequest({ filters: ['violation'] });
    await Promise.all([
      client.continueRequest({ threadId: 1 }),
      client.assertStoppedLocation('breakpoint', { path: PINNED, line: 50 }),
    ]);
    await Promise.all([
      client.continueRequest({ threadId: 1 }),
      client.assertStoppedLocation('exception', { path: PINNED, line: 115 }),
    ]);
    await Promise.all([
      client.reverseContinueRequest({ threadId: 1 }),
      client.assertStoppedLocation('breakpoint', { path: PINNED, line: 50 }),
    ]);
    await Promise.all([
      client.stepBackRequest({ threadId: 1 }),
      client.assertStoppedLocation('step', { path: PINNED, line: 49 }),
    ]);
  });

  it('refuses a file that is not there with a message', async () => {
    await client.initializeRequest();
    await assert.rejects(client.launchRequest({ trace: '/not/there.txt' } as object), /no such file/);
  });
});

describe('shimtrace dap on a port', function () {
  this.timeout(20000);

  it('listens on the loopback only and serves two clients at once', async () => {
    const child = spawn(process.execPath, [PROGRAM, 'dap', '--port', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      const line = await new Promise<string>((done) =>
        child.stderr.once('data', (bytes: Buffer) => done(bytes.toString())),
      );
      const port = Number(/127\.0\.0\.1:(\d+)/.exec(line)?.[1]);
      assert.ok(port > 0, line);
      const answers = await Promise.all(
        [1, 2].map((seq) => ask(port, { type: 'request', seq, command: 'initialize', arguments: {} })),
      );
      for (const answer of answers) assert.equal((answer as { success: boolean }).success, true);
    } finally {
      child.kill();
    }
  });
});

describe('clients that speak something else', function () {
  this.timeout(20000);

  it('lose their own connection; others, and the port, go on', async () => {
    const quiet = { out: () => undefined, err: () => undefined, progress: () => undefined };
    const server = await listen(0, dapHost(quiet), quiet);
    const complaints: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = ((text: string) => complaints.push(text)) as unknown as typeof write;
    try {
      const { address, port } = server.address() as net.AddressInfo;
      assert.equal(address, '127.0.0.1');
      const good = net.connect(port, address);
      const answers: { readonly command?: string; readonly success?: boolean }[] = [];
      const reader = new MessageReader((message) => answers.push(message as { command: string }));
      good.on('data', (bytes: Buffer) => reader.push(bytes));
      good.write(frame({ type: 'request', seq: 1, command: 'initialize', arguments: {} }));
      for (const bad of [
        'Content-Length: 99999999999\r\n\r\n',
        'Content-Length: 9999999999\r\n\r\n',
        'Content-Length: 7\r\n\r\n{"a": b',
        'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
        '\0'.repeat(9000),
        `Content-Length: 400000\r\n\r\n${'['.repeat(400000)}`,
      ])
        await closedAfter(port, bad);
      assert.equal(complaints.length, 6);
      // What is JSON and no request is passed over; a request that nobody knows is refused.
      for (const odd of [
        '7',
        '[]',
        'null',
        '{"type":"event"}',
        '{"type":"request","seq":"x","command":"next"}',
      ])
        good.write(`Content-Length: ${odd.length}\r\n\r\n${odd}`);
      good.write(
        frame({ type: 'request', seq: 2, command: '__proto__' }) +
          frame({ type: 'request', seq: 3, command: 'launch', arguments: { trace: PINNED } }),
      );
      while (!answers.some(({ command }) => command === 'launch'))
        await new Promise((done) => setTimeout(done, 20));
      assert.deepEqual(
        answers.filter(({ command }) => command).map(({ command, success }) => [command, success]),
        [
          ['initialize', true],
          ['__proto__', false],
          ['launch', true],
        ],
      );
      good.destroy();
    } finally {
      process.stderr.write = write;
      await new Promise((done) => server.close(done));
    }
  });
});

/** Sends bytes and waits until the other side ends the connection. */
function closedAfter(port: number, bytes: string): Promise<void> {
  return new Promise((done, fail) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.resume();
    socket.on('end', () => socket.end());
    socket.on('close', () => done());
    socket.on('error', fail);
  });
}

function ask(port: number, request: object): Promise<unknown> {
  return new Promise((done, fail) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(frame(request)));
    const reader = new MessageReader((message) => {
      socket.end();
      done(message);
    });
    socket.on('data', (bytes: Buffer) => reader.push(bytes));
    socket.on('error', fail);
  });
}
