/** `shimtrace`, which ships with the extension, as a program of this host. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { quoted } from '../../recorder/shellWord.js';
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

/**
 * Writes `shimtrace` into a folder: a program that runs what ships with the extension. The editor and the
 * extension lie elsewhere after each update, so it is written anew where it says something else. What is to
 * be put behind a terminal's PATH.
 */
export async function putCommand(extensionPath: string, folder: string): Promise<string> {
  const { program, args } = commandLine(extensionPath);
  const isWindows = process.platform === 'win32';
  const file = path.join(folder, isWindows ? 'shimtrace.cmd' : 'shimtrace');
  const words = [program, ...args];
  const inCmd = ['@echo off', 'setlocal', 'set ELECTRON_RUN_AS_NODE=1', `"${words.join('" "')}" %*`];
  const inSh = ['#!/bin/sh', `ELECTRON_RUN_AS_NODE=1 exec ${words.map(quoted).join(' ')} "$@"`];
  const text = isWindows ? `${inCmd.join('\r\n')}\r\n` : `${inSh.join('\n')}\n`;
  const behindPath = `${path.delimiter}${folder}`;
  if ((await fs.readFile(file, 'utf8').catch(() => undefined)) === text) return behindPath;
  await fs.mkdir(folder, { recursive: true });
  // Whole at once: another window may run it, or write it too.
  const part = `${file}.${process.pid}`;
  await fs.writeFile(part, text, { mode: 0o755 });
  await fs.rename(part, file);
  return behindPath;
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
