/** `shimtrace`, which ships with the extension, as a program of this host. */
import { spawn } from 'node:child_process';
import * as os from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { CommandLine, RecorderProcess } from '../platform.js';

export function homeFolder(): string {
  return os.homedir();
}

export function commandLine(extensionPath: string): CommandLine {
  return {
    program: process.execPath,
    args: [path.join(extensionPath, 'dist/cli.js')],
    // The editor's own program is Node where this is set.
    env: { ELECTRON_RUN_AS_NODE: '1' },
  };
}

export function startRecorder(
  extensionPath: string,
  args: readonly string[],
  folder: string,
): RecorderProcess {
  const { program, args: first, env } = commandLine(extensionPath);
  const child = spawn(program, [...first, 'record', '--format', 'json', ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Its end, with that of this host, ends the recording in good order.
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout });
  const errors = createInterface({ input: child.stderr });
  return {
    onLine: (handler) => lines.on('line', handler),
    onError: (handler) => {
      errors.on('line', handler);
      child.on('error', (error) => handler(error.message));
    },
    onExit: (handler) => {
      child.on('close', () => handler());
      child.on('error', () => handler());
    },
    stop: () => child.stdin.write('stop\n'),
  };
}
