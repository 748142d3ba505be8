/** What a merged table says of itself: the host's kernel first, for its pages are what is judged. */
import type { TableBuilder } from '../events/table.js';
import type { Part } from './part.js';

/** The least of the numbers, 0 when there is none. */
function least(numbers: readonly bigint[]): bigint {
  let found = numbers[0] ?? 0n;
  for (const number of numbers) if (number < found) found = number;
  return found;
}

/** Fills meta and issues of the merged table. */
export function describeMerged(parts: readonly Part[], builder: TableBuilder): void {
  const { meta, issues } = builder;
  const kernels = parts.filter((part) => part.role === 'host');
  const judged = kernels.length > 0 ? kernels : parts;
  const metas = parts.filter((part) => part.role !== 'guest').map((part) => part.open.table.meta);
  const first = judged[0]!.open.table.meta;
  const starts = parts
    .filter((part) => part.open.table.length > 0)
    .map((part) => part.open.table.meta.t0 + part.offsetNs);
  meta.t0 = least(starts);
  meta.timeUnit = first.timeUnit;
  meta.format = [...new Set(parts.map((part) => part.open.table.meta.format))].join('+');
  // What orders the CPUs is the clock of the kernel's events. Joined by an offset, two clocks are as doubtful
  // as one that is not known.
  const isOne = judged.every(
    (part) => part.open.table.meta.clock === first.clock && part.offsetNs === judged[0]!.offsetNs,
  );
  meta.clock = isOne ? first.clock : 'unknown';
  meta.resolution = Math.max(...parts.map((part) => part.open.table.meta.resolution));
  meta.cpus = Math.max(0, ...metas.map((m) => m.cpus));
  meta.kernel = [first, ...metas].find((m) => m.kernel !== '')?.kernel ?? '';
  meta.producer = [...new Set(metas.map((m) => m.producer).filter((p) => p !== ''))].join(', ');
  meta.hasTgid = metas.some((m) => m.hasTgid);
  const host = [first, ...metas].find((m) => m.host !== undefined && m.host !== '')?.host;
  if (host !== undefined) meta.host = host;
  const enabled = metas.flatMap((m) => [...(m.enabledEvents ?? [])]);
  if (enabled.length > 0) meta.enabledEvents = new Set(enabled);
  const said = parts.flatMap(({ path, open }) =>
    (open.table.meta.said ?? []).map((sentence) => `${path}: ${sentence}`),
  );
  if (said.length > 0) meta.said = said;
  if (judged.some((part) => part.open.table.meta.onlyTasks)) meta.onlyTasks = true;
  if (judged.every((part) => part.open.table.meta.allTasks)) meta.allTasks = true;
  for (const { path, open } of parts) {
    for (const issue of open.table.issues) issues.list.push({ ...issue, file: path });
  }
}
