/**
 * What a review printed, kept for when it is asked for again: the same files give the same bytes, and reading
 * recordings takes most of the time. Nothing is kept beside a file of the user's.
 */
import fs from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../../shell/makeFolder.node.js';
import { folderOfCaches } from '../../shell/cache/folder.node.js';
import type { ExitCode } from '../errors.js';
import { nodeCrypto } from '../onDemand.js';
import { errorCode } from '../../shell/errorCode.js';
import type { Output } from '../output.js';
import { VERSION } from '../version.js';

/** Takes note of a file or folder that is about to be read. */
export type Watch = (file: string) => void;

/** What was printed, and what it was made from. */
interface Kept {
  readonly marks: readonly (readonly [file: string, mark: string])[];
  readonly out: string;
  readonly err: readonly string[];
  readonly code: ExitCode;
}

/** Reviews that are kept, and characters of one of them, at most. */
const KEPT_MAX = 20;
const OUT_CHARS_MAX = 4 * 1024 * 1024;
/** A file that was written so shortly before may be written again, and look the same. */
const YOUNG_NS = 2_000_000_000n;
const NAME = /^[0-9a-f]{64}\.json$/;

/**
 * Runs a review, or prints again what it printed before: where the same was asked, of files that did not
 * change since. `asked` is all that decides what is printed, besides the files.
 */
export async function keptOr(
  asked: string,
  output: Output,
  run: (output: Output, watch: Watch) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { keeps } = output;
  if (keeps === undefined) return run(output, () => undefined);
  const program = markOf(process.argv[1] ?? '').text;
  const key = nodeCrypto()
    .createHash('sha256')
    .update(JSON.stringify([VERSION, program, process.cwd(), asked]));
  const file = path.join(keeps, `${key.digest('hex')}.json`);
  const known = readKept(file);
  if (known?.marks.every(([name, mark]) => markOf(name).text === mark)) {
    for (const line of known.err) output.err(line);
    output.out(known.out);
    return known.code;
  }
  return runAndKeep(file, output, run);
}

async function runAndKeep(
  file: string,
  output: Output,
  run: (output: Output, watch: Watch) => Promise<ExitCode>,
): Promise<ExitCode> {
  const began = BigInt(Date.now()) * 1_000_000n;
  const marks = new Map<string, string>();
  let isSettled = true;
  let out = '';
  const err: string[] = [];
  const code = await run(
    {
      ...output,
      out: (text) => {
        if (out.length <= OUT_CHARS_MAX) out += text;
        output.out(text);
      },
      err: (line) => {
        err.push(line);
        output.err(line);
      },
    },
    (name) => {
      if (marks.has(name)) return;
      const mark = markOf(name);
      marks.set(name, mark.text);
      isSettled &&= mark.isStored && mark.changedNs + YOUNG_NS < began;
    },
  );
  if (isSettled && out.length <= OUT_CHARS_MAX) keep(file, { marks: [...marks], out, err, code });
  return code;
}

interface Mark {
  /** What is another once the file is. */
  readonly text: string;
  readonly changedNs: bigint;
  /** A pipe is another every time. */
  readonly isStored: boolean;
}

function markOf(name: string): Mark {
  const stat = fs.statSync(name, { bigint: true, throwIfNoEntry: false });
  if (!stat) return { text: 'none', changedNs: 0n, isStored: true };
  const { dev, ino, size, mtimeNs, ctimeNs } = stat;
  return {
    text: [dev, ino, size, mtimeNs, ctimeNs].join(' '),
    changedNs: ctimeNs,
    isStored: stat.isFile() || stat.isDirectory(),
  };
}

function readKept(file: string): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    return isKept(kept) ? kept : undefined;
  } catch (error) {
    // There is none, or what is there is of no use.
    if (errorCode(error) !== '' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false;
  const { marks, out, err, code } = value as Partial<Record<keyof Kept, unknown>>;
  const isPair = (each: unknown): boolean =>
    Array.isArray(each) && each.length === 2 && each.every((part) => typeof part === 'string');
  return (
    Array.isArray(marks) &&
    marks.every(isPair) &&
    typeof out === 'string' &&
    Array.isArray(err) &&
    err.every((line) => typeof line === 'string') &&
    typeof code === 'number'
  );
}

/** Only the user can read it: it has lines of recordings. A folder that cannot be written keeps nothing. */
function keep(file: string, kept: Kept): void {
  const folder = path.dirname(file);
  const draft = path.join(folder, nodeCrypto().randomUUID());
  try {
    makeFolder(folder, 0o700);
    fs.writeFileSync(draft, JSON.stringify(kept), { mode: 0o600 });
    fs.renameSync(draft, file);
    const all = fs.readdirSync(folder).filter((name) => NAME.test(name));
    const times = new Map(all.map((name) => [name, fs.statSync(path.join(folder, name)).mtimeMs]));
    for (const name of all.sort((a, b) => times.get(b)! - times.get(a)!).slice(KEPT_MAX))
      fs.rmSync(path.join(folder, name), { force: true });
  } catch (error) {
    if (errorCode(error) === '') throw error;
  }
}

/** Where reviews are kept: where the system has what can be made again; undefined where it has no place. */
export function keptFolder(env: NodeJS.ProcessEnv, platform: string): string | undefined {
  return folderOfCaches(env, platform, 'reviews');
}
