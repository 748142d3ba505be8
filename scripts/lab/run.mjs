// `npm run lab`: boots the laboratory's machine and opens a shell in it; `npm run lab -- record ARGUMENT...`
// records there with the arguments given. The machine goes when it ends.
import { spawnSync } from 'node:child_process';
import { exists, fail, must } from '../steps.mjs';
import { bootMachine } from './machine.mjs';

const [what = 'shell', ...rest] = process.argv.slice(2);
if (!['shell', 'record'].includes(what)) fail(`npm run lab takes shell or record, not ${what}`, 2);
if (!exists('dist/cli.js')) must(process.execPath, ['scripts/build.mjs']);
const machine = await bootMachine((reason) => fail(`No laboratory: ${reason}`));
const [command, ...ssh] =
  what === 'shell'
    ? [machine.ssh[0], '-t', ...machine.ssh.slice(1)]
    : [process.execPath, 'dist/cli.js', 'record', '--via', `${machine.ssh.join(' ')} sh`, ...rest];
const { status } = spawnSync(command, ssh, { stdio: 'inherit' });
machine.stop();
process.exit(status ?? 1);
