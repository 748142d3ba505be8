// `npm run lab [-- MACHINE]`: boots a machine of the laboratory and opens a shell in it; `npm run lab --
// [MACHINE] record ARGUMENT...` records there with the arguments given. The machine goes when it ends.
import { spawnSync } from 'node:child_process';
import { exists, fail, must } from '../steps.mjs';
import { bootMachine } from './machine.mjs';
import { MACHINES } from './machines.mjs';

const args = process.argv.slice(2);
const name = args[0] !== undefined && Object.hasOwn(MACHINES, args[0]) ? args.shift() : 'x86';
const [what = 'shell', ...rest] = args;
if (!['shell', 'record'].includes(what)) {
  const names = Object.keys(MACHINES).join(', ');
  fail(`npm run lab takes a machine (${names}), then shell or record, not ${what}`, 2);
}
if (!exists('dist/cli.js')) must(process.execPath, ['scripts/build.mjs']);
const machine = await bootMachine(name, (reason) => fail(`No laboratory: ${reason}`));
const [command, ...ssh] =
  what === 'shell'
    ? [machine.ssh[0], '-t', ...machine.ssh.slice(1)]
    : [process.execPath, 'dist/cli.js', 'record', '--via', `${machine.ssh.join(' ')} sh`, ...rest];
const { status } = spawnSync(command, ssh, { stdio: 'inherit' });
machine.stop();
process.exit(status ?? 1);
