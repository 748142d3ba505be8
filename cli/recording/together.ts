/**
 * A host and a guest of its recorded at once: they begin together, the guest's recording ends with the
 * host's, and a .shimtrace.json names both, with what brings the guest's times to the host's clock.
 */
import fs from 'node:fs';
import path from 'node:path';
import { runFiles, SIDECAR_SUFFIX } from '../../recorder/names.js';
import { InputError } from '../errors.js';
import type { Output } from '../output.js';
import type { Client } from './client.js';
import { guestOffset } from './clocks.js';
import { fetchFile } from './fetch.js';
import { recordTo, type Asked } from './run.js';

export interface Together {
  readonly host: Asked;
  /** Undefined where QEMU's own events are all that is taken beside the host's. */
  readonly guest: Asked | undefined;
  /** Path on the host of what QEMU writes. */
  readonly qemu: string | undefined;
}

/** Where all of it goes. */
interface Paths {
  readonly project: string;
  readonly host: string;
  readonly guest: string;
  readonly qemu: string;
}

const NS_PER_US = 1000n;
type GuestOffset = ReturnType<typeof guestOffset>;

/** Both begin when both are ready, or neither: until then each can fail by itself. */
class Start {
  private readonly waiting: ((all: boolean) => void)[] = [];
  private isOff = false;
  hasBegun = false;

  constructor(private readonly count: number) {}

  ready(): Promise<boolean> {
    if (this.isOff) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.hasBegun = this.waiting.length === this.count;
      if (this.hasBegun) for (const each of this.waiting) each(true);
    });
  }

  /** One has ended: who still waits for it does not begin. */
  ended(): void {
    this.isOff = true;
    for (const each of this.waiting) each(false);
  }
}

/** Records both. The path of the .shimtrace.json; undefined where there is no trace of the host. */
export async function recordTogether(
  name: string,
  { host, guest, qemu }: Together,
  output: Output,
): Promise<string | undefined> {
  const paths = pathsFor(name, qemu, host.options.raw === true);
  const clients: { [side in 'host' | 'guest']?: Pick<Client, 'stop' | 'clock'> } = {};
  const start = new Start(guest === undefined ? 1 : 2);
  const of = (side: 'host' | 'guest', asked: Asked): Promise<boolean> =>
    recordTo(
      paths[side],
      {
        ...asked,
        options: { ...asked.options, tellsTicks: guest !== undefined },
        beside: {
          isGuest: side === 'guest',
          ready: () => start.ready(),
          begun: (client) => (clients[side] = client),
        },
      },
      said(output, side),
    ).finally(() => start.ended());
  let isHostDone = false;
  const hostDone = of('host', host).finally(() => {
    isHostDone = true;
    clients.guest?.stop();
  });
  const guestDone = (guest === undefined ? Promise.resolve(false) : of('guest', guest)).finally(() => {
    if (guest !== undefined && start.hasBegun && !isHostDone)
      output.err("shimtrace: the guest's recording has ended; the host's goes on");
  });
  const [hasHost, hasGuest] = await Promise.all([hostDone, guestDone]);
  if (!hasHost) return undefined;
  const hasQemu =
    qemu !== undefined && (await fetchFile(host.transport, qemu, paths.qemu, said(output, 'QEMU')));
  const offset = hasGuest ? guestOffset(clients.host!.clock(), clients.guest!.clock()) : undefined;
  for (const line of whatIsHere(guest !== undefined, hasGuest, offset)) output.err(`shimtrace: ${line}`);
  fs.writeFileSync(paths.project, projectText(paths, hasGuest, hasQemu, offset));
  return paths.project;
}

/** The project, and its files beside it. One that is there stays as it is, and InputError says so. */
function pathsFor(name: string, qemu: string | undefined, isRaw: boolean): Paths {
  const files = runFiles(name, isRaw);
  const paths = { ...files, qemu: `${files.qemu}${qemu === undefined ? '' : path.extname(qemu)}` };
  const sidecars = [paths.host, paths.guest].map((file) => `${file}${SIDECAR_SUFFIX}`);
  const there = [...Object.values(paths), ...sidecars].find((file) => fs.existsSync(file));
  if (there !== undefined) throw new InputError(`${there} is there already: name another with -o`);
  return paths;
}

function said(output: Output, side: string): Output {
  return {
    ...output,
    err: (line) => output.err(line.replace(/^(?:shimtrace: )?/, `shimtrace: ${side}: `)),
    // One line has room for one of them.
    progress: side === 'host' ? output.progress : () => undefined,
  };
}

function whatIsHere(isAsked: boolean, hasGuest: boolean, offset: GuestOffset): readonly string[] {
  if (!isAsked) return [];
  if (!hasGuest) return ['nothing of the guest was recorded: the run is the host alone'];
  if (offset === undefined)
    return ['a clock could not be read (/proc/timer_list): the guest is not put on the host’s clock'];
  const error = offset.errorNs / NS_PER_US + 1n;
  const how = {
    counter: "by the processor's counter, which both read",
    exchange: 'by asking both, for no counter of a VM on the host is known to be this guest’s',
  }[offset.by];
  return [`the guest's clock is put on the host's, to within ${error} us either way, ${how}`];
}

function projectText(paths: Paths, hasGuest: boolean, hasQemu: boolean, offset: GuestOffset): string {
  const here = (file: string): string => path.basename(file);
  const clock = offset && {
    clockOffsetNs: String(offset.offsetNs),
    clockErrorNs: String(offset.errorNs),
    clockBy: offset.by,
  };
  const trace = [
    { path: here(paths.host), role: 'host' },
    ...(hasGuest ? [{ path: here(paths.guest), role: 'guest', ...clock }] : []),
    ...(hasQemu ? [{ path: here(paths.qemu), role: 'qemu' }] : []),
  ];
  return `${JSON.stringify({ trace }, undefined, 2)}\n`;
}
