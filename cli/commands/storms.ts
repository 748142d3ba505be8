/** `shimtrace storms`: pages that the guest faults on, or that are installed, again and again. */
import {
  faultsOf,
  REPEATS_MIN,
  type FaultList,
  type FaultsWanted,
  type PageFaults,
} from '../../model/faults/faults.js';
import { faultFacts, pageName, patternOf } from '../../model/faults/text.js';
import { visibleLine } from '../../parsers/base/visible.js';
import { plural } from '../../parsers/base/plural.js';
import { placeOf, timeText } from '../../model/findings/report.js';
import { hex } from '../../model/pages/state.js';
import type { Args } from '../args.js';
import { loadKept } from '../keptWhole.js';
import { formatOption } from '../args.js';
import type { Command } from '../command.js';
import { EXIT, UsageError } from '../errors.js';
import { nameOf, RUN_OPTIONS, type LoadedRun } from '../bundle.js';
import { loadOptions, LOAD_OPTIONS, type LoadedTrace } from '../load.js';
import { parseRange, SELECT_OPTIONS, selectVms } from '../select.js';

const FORMATS = ['text', 'json'] as const;
/** Nobody reads a longer list. */
const LIMIT = 100;

type Trace = LoadedTrace & LoadedRun;

type Wanted = Required<FaultsWanted>;

export const storms: Command = {
  name: 'storms',
  summary: 'print the pages that the guest faults on again and again, the worst first',
  usage: 'FILE... [--gfn RANGE] [--vm VM] [--min COUNT]',
  options: {
    gfn: SELECT_OPTIONS['gfn']!,
    vm: SELECT_OPTIONS['vm']!,
    min: {
      type: 'string',
      value: 'COUNT',
      help: `only pages with so many faults or installs (default ${REPEATS_MIN}; 1 with --gfn)`,
    },
    limit: { type: 'string', value: 'COUNT', help: `at most so many pages (default ${LIMIT})` },
    format: formatOption(FORMATS),
    ...LOAD_OPTIONS,
    ...RUN_OPTIONS,
  },
  details: [
    'Of each page: faults with their rate, error code and vCPUs; installs of its SPTE, also by kvm_mmu_set_spte and',
    'kvm_mmu_spte_requested where nothing shows it change; zaps; how long a fault waits for an install, and who',
    'installs; faults while the page was mapped, and those that no install follows. Where events were lost, a count',
    'is the least that there was.',
  ].join('\n'),
  run(args, output) {
    const format = args.choice('format', FORMATS, 'text');
    const [min, limit] = [countOf(args, 'min'), countOf(args, 'limit')];
    const trace = loadKept(args, args.positionals, storms.usage, loadOptions(args), output);
    const range = args.text('gfn') === undefined ? undefined : parseRange('--gfn', args.text('gfn')!);
    const wanted: Wanted = {
      min: min ?? (range ? 1 : REPEATS_MIN),
      limit: limit ?? LIMIT,
      vms: selectVms(trace.analysis, args.text('vm')),
      first: range?.first ?? 0,
      end: range ? range.first + range.count : Infinity,
    };
    output.out(
      format === 'json' ? `${JSON.stringify(json(trace, wanted), undefined, 2)}\n` : text(trace, wanted),
    );
    return EXIT.clean;
  },
};

function countOf(args: Args, name: string): number | undefined {
  const count = args.number(name);
  if (count !== undefined && (!Number.isSafeInteger(count) || count < 1))
    throw new UsageError(`--${name} takes a whole number from 1 on, not '${args.text(name)!}'`);
  return count;
}

function text(trace: Trace, wanted: Wanted): string {
  const { analysis, table } = trace;
  const list = faultsOf(analysis, table);
  const { pages, total } = list.select(wanted);
  const lines = [`${nameOf(trace)}: ${headline(list, wanted, total)}`];
  for (const page of pages) {
    const pattern = patternOf(list, page);
    lines.push('', `${pageName(analysis, page)}${pattern === 'few' ? '' : `: ${pattern}`}`);
    lines.push(...faultFacts(list, table, page).map((fact) => `  ${fact}`), `  ${placesText(trace, page)}`);
  }
  if (pages.length < total) lines.push('', `${total - pages.length} more: --limit ${total} prints all`);
  return `${lines.map(visibleLine).join('\n')}\n`;
}

function headline(list: FaultList, { min, vms }: Wanted, total: number): string {
  const { faults, installs, pages, atLeast } = list;
  const recorded = list.faultsRecorded || list.installsRecorded;
  if (!recorded) return 'neither faults of the guest nor installs of SPTEs are recorded';
  const least = atLeast ? ' (at least: events were lost)' : '';
  const both = `${plural(faults, 'fault')} and ${plural(installs, 'install')}${least}`;
  const all = `${both} on ${plural(pages, 'page')}`;
  const none = total === 0 ? 'no page has' : `${plural(total, 'page')} with`;
  const some = min > 1 ? `, ${none} ${min} or more of either` : '';
  const rest = total === 0 && pages > 0 && min > 1 ? ': --min 1 prints all' : '';
  return `${all}${vms.length > 1 ? ` of ${vms.length} VMs` : ''}${some}${rest}`;
}

/** Lines of the first and the last event. */
function placesText(trace: Trace, page: PageFaults): string {
  const { table } = trace;
  const [first, last] = rowsOf(page);
  const place = (row: number): string => {
    const time = timeText(table, row);
    const file = trace.pathOf ? ` of ${trace.pathOf(row)}` : '';
    return `line ${placeOf(table, row).line}${file}${time === '' ? '' : ` at ${time}`}`;
  };
  return first === last ? place(first) : `from ${place(first)} to ${place(last)}`;
}

function rowsOf(page: PageFaults): readonly [first: number, last: number] {
  const rows = [page.firstFaultRow, page.lastFaultRow, page.firstInstallRow, page.lastInstallRow].filter(
    (row) => row >= 0,
  );
  return [Math.min(...rows), Math.max(...rows)];
}

function json(trace: Trace, wanted: Wanted): object {
  const { analysis, table } = trace;
  const list = faultsOf(analysis, table);
  const { pages, total } = list.select(wanted);
  const place = (row: number): object | null =>
    row < 0 ? null : { row, line: placeOf(table, row).line, time: timeText(table, row) };
  const ns = (value: number): number | null => (value < 0 ? null : value);
  return {
    schema: 'shimtrace.storms/1',
    path: trace.path,
    faults: list.faults,
    installs: list.installs,
    pages: list.pages,
    faultsRecorded: list.faultsRecorded,
    installsRecorded: list.installsRecorded,
    atLeast: list.atLeast,
    min: wanted.min,
    total,
    list: pages.map((page) => ({
      vm: analysis.vms[page.vm]?.label ?? null,
      first: page.first,
      count: page.count,
      pattern: patternOf(list, page),
      faults: page.faults,
      errorCode: page.errorCode < 0 ? null : hex(page.errorCode),
      errorCodesDiffer: page.errorCodesDiffer,
      vcpus: page.vcpus,
      whileMapped: page.whileMapped,
      unserved: list.installsRecorded ? page.unserved : null,
      firstFault: place(page.firstFaultRow),
      lastFault: place(page.lastFaultRow),
      installs: list.installsRecorded ? page.installs : null,
      sameFrame: page.sameFrame,
      zaps: page.zaps,
      firstInstall: place(page.firstInstallRow),
      lastInstall: place(page.lastInstallRow),
      served: page.served,
      servedByOther: page.servedByOther,
      faultToInstallNs:
        page.served === 0 ? null : { least: ns(page.leastNs), mean: ns(page.meanNs), most: ns(page.mostNs) },
      conversions: page.conversions,
      losses: page.losses,
    })),
  };
}
