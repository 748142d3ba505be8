/**
 * A host that is a folder, for `--via`: takes the client's first line and the script behind it as a remote
 * shell does, and runs the script with the answers of the fake kernel in it. Other commands it just runs.
 *
 *   node fakeHost.js '{"tracepoints":["kvm/kvm_userspace_exit"]}' FOLDER
 *
 * FOLDER gets the host's own folder, and its name in a file `host`, which the workload may need.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { FakeTracefs, type FakeHost } from './fakeTracefs.js';

const [host = '{}', folder = '.'] = process.argv.slice(2);
let held = Buffer.alloc(0);
process.stdin.on('data', take);
process.stdin.on('end', () => child?.stdin.end());
let child: ReturnType<typeof start> | undefined;

function take(bytes: Buffer): void {
  if (child) {
    child.stdin.write(bytes);
    return;
  }
  held = Buffer.concat([held, bytes]);
  const end = held.indexOf('\n');
  if (end < 0) return;
  const first = held.subarray(0, end).toString();
  const told = /head -c (\d+)/.exec(first);
  if (!told) {
    child = shell(['-s']);
    child.stdin.write(held);
    return;
  }
  const size = Number(told[1]);
  const ready = /printf '%s\\n' '(@shimtrace [0-9a-f]+ ready)'/.exec(first)![1]!;
  // The client sends the script once the shell has answered.
  if (held.length === end + 1) process.stderr.write(`${ready}\n`);
  if (held.length < end + 1 + size) return;
  const script = held.subarray(end + 1, end + 1 + size).toString();
  child = start(script);
  child.stdin.write(held.subarray(end + 1 + size));
}

function start(script: string) {
  const fake = new FakeTracefs(JSON.parse(host) as Partial<FakeHost>, path.resolve(folder));
  fs.writeFileSync(path.join(folder, 'host'), fake.root);
  const here = `sys=${fake.sys}; proc=${fake.proc}`;
  return shell(['-c', fake.script(script.replace(/^sys=.*\nproc=.*$/m, here))]);
}

function shell(args: readonly string[]) {
  const child = spawn('sh', args, { stdio: ['pipe', 'inherit', 'inherit'] });
  child.on('close', (code) => process.exit(code ?? 1));
  return child;
}
