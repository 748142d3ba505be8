/**
 * Where a kernel stack frame is in the user's kernel: the exact line from vmlinux through addr2line or llvm-symbolizer,
 * else the function's definition found in a kernel tree.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

export interface FrameToFind {
  readonly symbol: string;
  /** -1 unknown. */
  readonly offset: number;
}

export interface KernelFolders {
  readonly vmlinux: string;
  readonly tree: string;
}

export interface FoundSource {
  readonly path: string;
  readonly line: number;
}

const TOOL_TIMEOUT_MS = 30000;
const TOOL_OUTPUT_BYTES_MAX = 256 * 1024 * 1024;
/** Where the functions of this domain's stacks are defined; the whole tree would take minutes. */
const FOLDERS = ['virt', 'mm', 'fs', 'kernel', 'lib', 'block', 'io_uring', 'security', 'arch/x86', 'arch/arm64', 'drivers/vhost', 'drivers/vfio'];
const FILES_MAX = 20000;
const FILE_BYTES_MAX = 4 * 1024 * 1024;

export class KernelSources {
  private readonly addresses = new Map<string, Promise<ReadonlyMap<string, bigint> | undefined>>();
  private readonly definitions = new Map<string, ReadonlyMap<string, FoundSource>>();
  private readonly found = new Map<string, Promise<FoundSource | undefined>>();

  /** The frame's source line; undefined when neither vmlinux nor the tree has it. */
  find(frame: FrameToFind, folders: KernelFolders): Promise<FoundSource | undefined> {
    const key = `${folders.vmlinux}\0${folders.tree}\0${frame.symbol}\0${frame.offset}`;
    let known = this.found.get(key);
    if (!known) this.found.set(key, (known = this.look(frame, folders)));
    return known;
  }

  private async look(frame: FrameToFind, { vmlinux, tree }: KernelFolders): Promise<FoundSource | undefined> {
    // Compiler clones are defined under their plain name.
    const symbol = frame.symbol.replace(/\..*$/, '');
    if (symbol === '') return undefined;
    // Absolute, so that no name can be taken for an option of the tools.
    const exact = vmlinux === '' ? undefined : await this.inVmlinux(frame, path.resolve(vmlinux));
    if (exact) return exact;
    return tree === '' ? undefined : this.inTree(symbol, tree);
  }

  private async inVmlinux(frame: FrameToFind, vmlinux: string): Promise<FoundSource | undefined> {
    let symbols = this.addresses.get(vmlinux);
    if (!symbols) this.addresses.set(vmlinux, (symbols = symbolAddresses(vmlinux)));
    const start = (await symbols)?.get(frame.symbol);
    if (start === undefined) return undefined;
    // A return address lies after the call: the byte before it belongs to the call's line.
    const address = start + BigInt(frame.offset > 0 ? frame.offset - 1 : 0);
    const asked = `0x${address.toString(16)}`;
    const text = (await tool('addr2line', ['-e', vmlinux, asked])) ?? (await tool('llvm-symbolizer', ['--no-inlines', '--functions=none', '-e', vmlinux, asked]));
    const match = /^(\/?[^?\s][^\n]*?):(\d+)/m.exec(text ?? '');
    return match ? { path: match[1]!, line: Number(match[2]) } : undefined;
  }

  private inTree(symbol: string, tree: string): FoundSource | undefined {
    let index = this.definitions.get(tree);
    if (!index) this.definitions.set(tree, (index = definitionsOf(tree)));
    return index.get(symbol);
  }
}

/** Standard output of a program, undefined when it is not there or fails. */
function tool(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((done) => {
    execFile(program, args, { timeout: TOOL_TIMEOUT_MS, maxBuffer: TOOL_OUTPUT_BYTES_MAX }, (error, stdout) => done(error ? undefined : stdout));
  });
}

async function symbolAddresses(vmlinux: string): Promise<ReadonlyMap<string, bigint> | undefined> {
  const text = (await tool('nm', ['--defined-only', vmlinux])) ?? (await tool('llvm-nm', ['--defined-only', vmlinux]));
  if (text === undefined) return undefined;
  const symbols = new Map<string, bigint>();
  for (const match of text.matchAll(/^([0-9a-f]{8,16}) [tTwW] (\S+)$/gm)) if (!symbols.has(match[2]!)) symbols.set(match[2]!, BigInt(`0x${match[1]}`));
  return symbols;
}

function definitionsOf(tree: string): ReadonlyMap<string, FoundSource> {
  const found = new Map<string, FoundSource>();
  const pending = FOLDERS.map((folder) => path.join(tree, folder));
  let files = 0;
  for (let folder = pending.shift(); folder !== undefined && files < FILES_MAX; folder = pending.shift()) {
    if (!fs.existsSync(folder)) continue;
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory()) pending.push(full);
      else if (entry.isFile() && entry.name.endsWith('.c') && files++ < FILES_MAX) addDefinitions(full, found);
    }
  }
  return found;
}

/** Lines between a function's name and its opening brace, at most. */
const SIGNATURE_LINES_MAX = 12;

/** Functions of one C file, as kernel style writes them: at the start of a line, the brace alone on a later one. */
export function addDefinitions(file: string, found: Map<string, FoundSource>): void {
  if (fs.statSync(file).size > FILE_BYTES_MAX) return;
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  for (let i = 0; i < lines.length; i++) {
    const name = /^(?!#|\/|\*|typedef\b|return\b|else\b)[A-Za-z_](?:[\w\s*]*?[\s*])?([A-Za-z_]\w*)\((?!\()[^;]*$/.exec(lines[i]!)?.[1]
      ?? /^([A-Za-z_]\w*)\((?!\()[^;]*$/.exec(lines[i]!)?.[1];
    if (name === undefined || found.has(name)) continue;
    for (let j = i + 1; j < Math.min(lines.length, i + SIGNATURE_LINES_MAX); j++) {
      if (lines[j]!.startsWith('{')) found.set(name, { path: file, line: i + 1 });
      if (/^[{}#]|;/.test(lines[j]!)) break;
    }
  }
}
