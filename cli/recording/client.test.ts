import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TraceStream } from './client.js';
import { EventCounter, TraceFile } from './traceFile.js';
import { commandTransport, sshTransport } from './transport.js';

const EVENTS = [
  '     qemu-kvm-77      [000] .....   100.000001: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)',
  '     qemu-kvm-77      [001] .....   100.000002: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)',
];

describe('the way of a trace', () => {
  const BEGIN = '@shimtrace ab begin\n';
  const END = '@shimtrace ab end\n';

  it('has what lies between the marks, however it is cut into pieces', () => {
    const bytes = Buffer.from(`motd\n${BEGIN}one\n@shimtrace ab en\ntwo\n${END}after`);
    for (let size = 1; size <= bytes.length; size++) {
      const got: Buffer[] = [];
      const stream = new TraceStream('ab', (piece) => got.push(Buffer.from(piece)));
      for (let at = 0; at < bytes.length; at += size) stream.take(bytes.subarray(at, at + size));
      stream.flush();
      assert.equal(Buffer.concat(got).toString(), 'one\n@shimtrace ab en\ntwo\n');
      assert.ok(stream.ended);
    }
  });

  it('keeps what came where the end did not', () => {
    const got: Buffer[] = [];
    const stream = new TraceStream('ab', (piece) => got.push(Buffer.from(piece)));
    stream.take(Buffer.from(`${BEGIN}one\nhalf`));
    stream.flush();
    assert.equal(Buffer.concat(got).toString(), 'one\nhalf');
    assert.equal(stream.ended, false);
  });

  it('counts events alone, in any pieces', () => {
    const bytes = Buffer.from(
      `# tracer: nop\n${EVENTS.join('\n')}\nCPU:1 [LOST 5 EVENTS]\n CPU:1-7 [000] x\n\nhalf`,
    );
    for (const size of [1, 2, 7, 1000]) {
      const counter = new EventCounter();
      for (let at = 0; at < bytes.length; at += size) counter.take(bytes.subarray(at, at + size));
      assert.equal(counter.events, 3);
    }
  });

  it('asks for no password and takes no option for a host', () => {
    assert.deepEqual(sshTransport('me@box').argv.slice(0, 4), ['ssh', '-T', '-o', 'BatchMode=yes']);
    assert.throws(() => sshTransport('-oProxyCommand=x'), /--host takes/);
    assert.throws(() => commandTransport(' '), /--via takes/);
  });
});

describe('the file of a trace', () => {
  it('has what is counted and no more where the disk is full amid a write', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'));
    const { writeSync } = fs;
    try {
      const file = new TraceFile(path.join(folder, 'trace.txt'));
      file.write(Buffer.from(`${EVENTS[0]}\n`));
      // It takes a whole line, and then nothing.
      let room = EVENTS[1]!.length + 1;
      fs.writeSync = ((fd: number, bytes: Uint8Array, from: number): number => {
        if (room === 0) throw new Error('ENOSPC: no space left on device, write');
        const took = writeSync(fd, bytes, from, room);
        room = 0;
        return took;
      }) as typeof writeSync;
      assert.throws(() => file.write(Buffer.from(`${EVENTS[1]}\n${EVENTS[1]}\n`)), /ENOSPC/);
      file.close();
      assert.deepEqual([file.bytes, file.events], [EVENTS[0]!.length + 1, 1]);
      assert.equal(fs.readFileSync(file.path, 'utf8'), `${EVENTS[0]}\n`);
    } finally {
      fs.writeSync = writeSync;
      fs.rmSync(folder, { recursive: true });
    }
  });
});
