/** Lines of the source behind places within functions: only these say anything of a hunk itself. */
import type { FunctionInSet, ReviewReport } from './report.js';

/** A place within a function, as a trace prints it: `f.isra.0+0x9d/0x2f0 [kvm]`. */
export interface Spot {
  readonly symbol: string;
  readonly offset: number;
  /** Of the function, -1 where it is not printed. */
  readonly size: number;
  /** '' for the kernel itself. */
  readonly module: string;
  /** Of a stack: it returns there, and the call is before. */
  readonly isReturnAddress: boolean;
}

export interface SourceLine {
  readonly path: string;
  readonly line: number;
}

const SPOT = /^(\()?([A-Za-z_][\w.$]*)\+0x([0-9a-f]{1,8})(?:\/0x([0-9a-f]{1,8}))?(?: \[([\w-]+)\])?\)?$/;

/** Places of probes stand in parentheses, those of stacks do not. */
export function spotOf(text: string): Spot | undefined {
  const [, parenthesis, symbol, offset, size, module = ''] = SPOT.exec(text) ?? [];
  if (symbol === undefined || offset === undefined) return undefined;
  return {
    symbol,
    offset: parseInt(offset, 16),
    size: size === undefined ? -1 : parseInt(size, 16),
    module,
    isReturnAddress: parenthesis === undefined,
  };
}

/** The report with the lines that `find` knows of frames of stacks; each place is asked for once. */
export async function withSourceLines(
  report: ReviewReport,
  find: (frame: Omit<Spot, 'isReturnAddress'>) => Promise<SourceLine | undefined>,
): Promise<ReviewReport> {
  // A frame is behind the call that it is of, and is looked for there. A probe's place is exact.
  const lineOf = ({ isReturnAddress, ...spot }: Spot): Promise<SourceLine | undefined> =>
    find({ ...spot, offset: isReturnAddress ? spot.offset : spot.offset + 1 });
  const known = new Map<string, Promise<SourceLine | undefined>>();
  const ask = (text: string): Promise<SourceLine | undefined> => {
    const spot = spotOf(text);
    const asked = known.get(text) ?? (spot ? lineOf(spot) : Promise.resolve(undefined));
    known.set(text, asked);
    return asked;
  };
  const withLines = async (path: string, shown: FunctionInSet): Promise<FunctionInSet> => {
    const lines = new Map<string, number>();
    for (const [text, count] of shown.inner) {
      const found = await ask(text);
      if (!found) continue;
      const name = `${found.path.endsWith(`/${path}`) ? path : found.path}:${found.line}`;
      lines.set(name, (lines.get(name) ?? 0) + count);
    }
    return { ...shown, lines };
  };
  const functions: ReviewReport['functions'][number][] = [];
  for (const f of report.functions) {
    const inSets: FunctionInSet[] = [];
    for (const shown of f.inSets) inSets.push(await withLines(f.path, shown));
    functions.push({ ...f, inSets });
  }
  return { ...report, functions };
}
