/** How a shell is had on the host that is recorded: each way is a command that runs `sh` on our pipes. */
import { UsageError } from '../errors.js';

export interface Transport {
  /** How messages name the host. */
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
}

/** Without a question and without hanging: keys or nothing, and a dead connection is noticed. */
const SSH_OPTIONS = ['BatchMode=yes', 'ConnectTimeout=20', 'ServerAliveInterval=5', 'ServerAliveCountMax=3'];

export function localTransport(): Transport {
  return { name: 'this machine', argv: ['sh'] };
}

export function sshTransport(host: string): Transport {
  if (host === '' || host.startsWith('-')) throw new UsageError(`--host takes USER@HOST, not '${host}'`);
  return { name: host, argv: ['ssh', '-T', ...SSH_OPTIONS.flatMap((option) => ['-o', option]), host, 'sh'] };
}

/** A command of the user's, for containers and what else has a shell: `docker exec -i NAME sh`. */
export function commandTransport(command: string): Transport {
  if (command.trim() === '')
    throw new UsageError('--via takes a command that runs sh, for example docker exec -i NAME sh');
  return { name: command, argv: ['sh', '-c', command] };
}
