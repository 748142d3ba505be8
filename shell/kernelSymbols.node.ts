/** Symbols of a vmlinux or a module, and lines of its code, by the user's own tools: binutils, or LLVM's. */
import { execFile } from 'node:child_process';

const TOOL_TIMEOUT_MS = 30000;
const TOOL_OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

export interface CodeSymbol {
  readonly address: bigint;
  /** In bytes, 0 unknown. */
  readonly size: number;
  readonly section: string;
}

/** Functions by name; several where the name is that of several. */
export type CodeSymbols = ReadonlyMap<string, readonly CodeSymbol[]>;

/** Standard output of a program, undefined when it is not there or fails. No shell is involved. */
function tool(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((done) => {
    execFile(program, args, { timeout: TOOL_TIMEOUT_MS, maxBuffer: TOOL_OUTPUT_BYTES_MAX }, (error, stdout) =>
      done(error ? undefined : stdout),
    );
  });
}

/**
 * Functions of a file, undefined when no tool can read it. `file` is absolute, so that it cannot be taken for
 * an option.
 */
export async function symbolsOf(file: string): Promise<CodeSymbols | undefined> {
  const args = ['--format=sysv', '--defined-only', file];
  const text = (await tool('nm', args)) ?? (await tool('llvm-nm', args));
  if (text === undefined) return undefined;
  const symbols = new Map<string, CodeSymbol[]>();
  for (const match of text.matchAll(
    /^(\S+) *\|([0-9a-f]{8,16})\| *[tTwW] *\|[^|\n]*\|([0-9a-f]*) *\|[^|\n]*\|(\S*)/gm,
  )) {
    const symbol = {
      address: BigInt(`0x${match[2]}`),
      size: parseInt(match[3] || '0', 16),
      section: match[4]!,
    };
    const known = symbols.get(match[1]!);
    if (known) known.push(symbol);
    else symbols.set(match[1]!, [symbol]);
  }
  return symbols;
}

export interface CodeLine {
  readonly path: string;
  readonly line: number;
}

interface Asked {
  readonly address: bigint;
  readonly answer: (line: CodeLine | undefined) => void;
}

/**
 * Lines of addresses. What is asked for at one moment (the frames of a stack) is one run of the tool: a
 * vmlinux is large.
 */
export class CodeLines {
  private readonly waiting = new Map<string, Asked[]>();

  /**
   * undefined when the file has no line for the address. In a module an address is one of a section; '' for
   * vmlinux.
   */
  lineOf(file: string, address: bigint, section: string): Promise<CodeLine | undefined> {
    return new Promise((answer) => {
      const key = `${file}\0${section}`;
      const asked = this.waiting.get(key);
      if (asked) asked.push({ address, answer });
      else {
        this.waiting.set(key, [{ address, answer }]);
        setImmediate(() => void this.run(key, file, section));
      }
    });
  }

  private async run(key: string, file: string, section: string): Promise<void> {
    const asked = this.waiting.get(key) ?? [];
    this.waiting.delete(key);
    const addresses = asked.map(({ address }) => `0x${address.toString(16)}`);
    const text =
      (await tool('addr2line', [
        '-a',
        '-i',
        '-e',
        file,
        ...(section === '' ? [] : ['-j', section]),
        ...addresses,
      ])) ??
      (section === ''
        ? await tool('llvm-symbolizer', [
            '--output-style=GNU',
            '--print-address',
            '--inlines',
            '--functions=none',
            '-e',
            file,
            ...addresses,
          ])
        : undefined);
    // For each address a line with it, then the places from the innermost inlined function to the one that is
    // the frame's.
    const blocks = (text ?? '').split(/^0x[0-9a-f]+\n/m).slice(1);
    asked.forEach(({ answer }, i) => {
      const match = /^([^?\s].*?):(\d+)/.exec((blocks[i] ?? '').trimEnd().split('\n').at(-1)!);
      answer(match && Number(match[2]) > 0 ? { path: match[1]!, line: Number(match[2]) } : undefined);
    });
  }
}
