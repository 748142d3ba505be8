/**
 * Where a kernel stack frame is in the user's kernel: the exact line from vmlinux (or the module's file
 * beside it) through addr2line or llvm-symbolizer, else the function's definition found in a kernel tree.
 */
import fs from 'node:fs';
import path from 'node:path';
import { CodeLines, symbolsOf, type CodeSymbols } from './kernelSymbols.node.js';
import { definitionsOf, inTree, moduleFile, type FoundSource } from './kernelTree.node.js';

export interface FrameToFind {
  readonly symbol: string;
  /** -1 unknown. */
  readonly offset: number;
  /** Size of the function as the trace prints it, -1 unknown. */
  readonly size?: number;
  /** '' for the kernel itself. */
  readonly module?: string;
}

export interface KernelFolders {
  readonly vmlinux: string;
  readonly tree: string;
  /** Prefixes of the build's paths that the user maps: these are left as the build wrote them. */
  readonly prefixes?: readonly (readonly [string, string])[];
}

export class KernelSources {
  private readonly symbols = new Map<string, Promise<CodeSymbols | undefined>>();
  private readonly lines = new CodeLines();
  private readonly modules = new Map<string, string | undefined>();
  private readonly definitions = new Map<string, ReadonlyMap<string, FoundSource>>();
  private readonly found = new Map<string, Promise<FoundSource | undefined>>();

  /**
   * The frame's source line; undefined when neither vmlinux nor the tree has it, or several functions have
   * its name.
   */
  find(frame: FrameToFind, folders: KernelFolders): Promise<FoundSource | undefined> {
    const key = [
      folders.vmlinux,
      folders.tree,
      frame.module ?? '',
      frame.symbol,
      frame.offset,
      frame.size ?? -1,
    ].join('\0');
    let known = this.found.get(key);
    if (!known) {
      known = this.look(frame, folders);
      this.found.set(key, known);
    }
    return known;
  }

  private async look(
    frame: FrameToFind,
    { vmlinux, tree, prefixes }: KernelFolders,
  ): Promise<FoundSource | undefined> {
    if (frame.symbol === '') return undefined;
    // Absolute, so that no name can be taken for an option of the tools.
    const exact = vmlinux === '' ? undefined : await this.inBinary(frame, path.resolve(vmlinux));
    if (exact === 'several') return undefined;
    if (exact) {
      const mapped =
        tree === '' || prefixes?.some(([from]) => exact.path.startsWith(from)) || fs.existsSync(exact.path);
      return mapped ? exact : { path: inTree(tree, exact.path) ?? exact.path, line: exact.line };
    }
    // Compiler clones are defined under their plain name.
    return tree === '' ? undefined : this.definitionsIn(tree).get(frame.symbol.replace(/\..*$/, ''));
  }

  /** `several` where more than one function may be meant: then the tree cannot know either. */
  private async inBinary(frame: FrameToFind, vmlinux: string): Promise<FoundSource | 'several' | undefined> {
    const module = frame.module ?? '';
    const file = module === '' ? vmlinux : this.moduleBeside(vmlinux, module);
    if (file === undefined) return undefined;
    let symbols = this.symbols.get(file);
    if (!symbols) {
      symbols = symbolsOf(file);
      this.symbols.set(file, symbols);
    }
    const named = (await symbols)?.get(frame.symbol) ?? [];
    const size = frame.size ?? -1;
    const fitting =
      named.length > 1 && size > 0 ? named.filter((candidate) => candidate.size === size) : named;
    const [symbol] = fitting;
    if (!symbol) return undefined;
    if (fitting.length > 1) return 'several';
    // A return address lies after the call: the byte before it belongs to the call's line.
    const address = symbol.address + BigInt(frame.offset > 0 ? frame.offset - 1 : 0);
    return this.lines.lineOf(file, address, module === '' ? '' : symbol.section);
  }

  private moduleBeside(vmlinux: string, module: string): string | undefined {
    const key = `${vmlinux}\0${module}`;
    if (!this.modules.has(key)) this.modules.set(key, moduleFile(vmlinux, module));
    return this.modules.get(key);
  }

  private definitionsIn(tree: string): ReadonlyMap<string, FoundSource> {
    let index = this.definitions.get(tree);
    if (!index) {
      index = definitionsOf(tree);
      this.definitions.set(tree, index);
    }
    return index;
  }
}
