/** The laboratory of virtual machines, whose scripts lie beside the bundles: what it takes, and booting. */
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { pathToFileURL } from 'node:url';
import { bundlesOf } from '../shell/perfetto/processorFile.node.js';
import { InputError, UsageError } from './errors.js';
import { importModule } from './onDemand.js';
import type { Output } from './output.js';
import type { Transport } from './recording/transport.js';

/** Something to be downloaded, `bytes` as far as that is known before. */
export interface Download {
  readonly what: string;
  readonly from: string;
  readonly bytes: number;
}

/** What a machine takes before it can boot. */
export interface Needs {
  /** Why it cannot be had on this system, a clause. */
  readonly unfit?: string;
  /** Packages to install first, and those without which no page is converted. */
  readonly missing: readonly string[];
  readonly missingToConvert: readonly string[];
  readonly downloads: readonly Download[];
}

interface Machine {
  /** A command that runs another on the machine. */
  readonly ssh: readonly [string, ...string[]];
  /** True where its kernel can convert pages. */
  readonly converts: boolean;
  stop(): void;
}

/** What scripts/lab/lab.mjs offers. */
interface Scripts {
  readonly MACHINES: Readonly<Record<string, { readonly release: string; readonly converts?: true }>>;
  needsOf(name: string, folder: string): Needs;
  bootMachine(name: string, say: (reason: string) => never, folder: string): Promise<Machine>;
}

const INSTALL = 'apt-get install --no-install-recommends';
const BYTES_PER_MB = 1_000_000;
/** The workload that converts pages begins so. */
const CONVERTS = /^workload convert\b/;

export class Laboratory {
  private constructor(
    private readonly scripts: Scripts,
    /** Where downloads and machines lie. */
    private readonly folder: string,
  ) {}

  /** Loads its scripts; `kept` is a folder beside which it may keep what can be had again. */
  static async open(kept: string | undefined, env: NodeJS.ProcessEnv): Promise<Laboratory> {
    const file = path.resolve(bundlesOf(import.meta.url), '../scripts/lab/lab.mjs');
    if (!fs.existsSync(file)) throw new InputError(`this build has no laboratory (${file})`);
    const folder =
      env['SHIMTRACE_LAB'] ?? (kept === undefined ? undefined : path.join(path.dirname(kept), 'lab'));
    if (folder === undefined)
      throw new InputError('no folder to keep the machine in: name one in the variable SHIMTRACE_LAB');
    return new Laboratory((await importModule(pathToFileURL(file).href)) as Scripts, path.resolve(folder));
  }

  get machines(): readonly string[] {
    return Object.keys(this.scripts.MACHINES);
  }

  /** What a machine takes, a line each. */
  needsLines(name: string): readonly string[] {
    const needs = this.scripts.needsOf(name, this.folder);
    const { unfit, missing, missingToConvert } = needs;
    if (unfit !== undefined) return [`cannot     be had here: ${unfit}`];
    return [
      `machine    ${name}, Linux ${this.scripts.MACHINES[name]!.release} in QEMU by software emulation; takes 1 GB of memory while it runs, no root, no /dev/kvm`,
      `network    none but ssh on the loopback`,
      `missing    ${missing.length === 0 ? 'nothing' : `${INSTALL} ${missing.join(' ')}`}`,
      ...(missingToConvert.length === 0
        ? []
        : [`           to convert pages: ${INSTALL} ${missingToConvert.join(' ')}`]),
      ...this.downloadLines(needs),
    ];
  }

  private downloadLines({ downloads }: Needs): readonly string[] {
    return [
      ...(downloads.length === 0 ? ['downloads  nothing, all of it is there'] : downloads.map(downloadText)),
      `folder     ${this.folder}; what is downloaded is unpacked there, never installed`,
    ];
  }

  /**
   * Boots a machine. Throws InputError where it cannot be had, and UsageError where something is to be
   * downloaded and nobody can be asked. `isAllowed`: it was asked before. Undefined where the answer is no.
   */
  async boot(
    name: string,
    workload: string,
    isAllowed: boolean,
    output: Output,
  ): Promise<Machine | undefined> {
    const needs = this.scripts.needsOf(name, this.folder);
    const { unfit, missing, missingToConvert, downloads } = needs;
    if (unfit !== undefined) throw new InputError(`no virtual machine: ${unfit}`);
    const lacks = [...missing, ...(CONVERTS.test(workload) ? missingToConvert : [])];
    if (lacks.length > 0) throw new InputError(`the virtual machine takes ${INSTALL} ${lacks.join(' ')}`);
    if (downloads.length > 0 && !isAllowed && !(await this.mayDownload(needs, output))) return undefined;
    output.err(
      downloads.length > 0
        ? 'shimtrace: downloading, which takes a minute, then booting'
        : 'shimtrace: booting, which takes ten seconds',
    );
    const refuse = (reason: string): never => {
      throw new InputError(`no virtual machine: ${reason}`);
    };
    const machine = await this.scripts.bootMachine(name, refuse, this.folder);
    if (!CONVERTS.test(workload) || machine.converts) return machine;
    machine.stop();
    throw new InputError(
      `no page can be converted on ${name}: its module was not built (see shimtrace lab --needs ${name})`,
    );
  }

  private async mayDownload(needs: Needs, output: Output): Promise<boolean> {
    for (const line of this.downloadLines(needs)) output.err(line);
    if (!process.stdin.isTTY) throw new UsageError('lab downloads what is listed above with --yes');
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(es)?$/i.test((await terminal.question('Download it? [y/N] ')).trim());
    } finally {
      terminal.close();
    }
  }
}

function downloadText({ what, from, bytes }: Download, i: number): string {
  const megabytes = Math.max(1, Math.round(bytes / BYTES_PER_MB));
  return `${i === 0 ? 'downloads' : '         '}  ${what}, ${megabytes} MB, by apt-get from ${from}`;
}

/** The machine as a host of `shimtrace record`. */
export function machineTransport({ ssh: [program, ...args] }: Machine, name: string): Transport {
  return { name: `the virtual machine ${name}`, argv: [program, ...args, 'sh'] };
}
