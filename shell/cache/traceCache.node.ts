/**
 * Traces that were read and judged, kept in the user's folder of caches so that they need not be again. One
 * file an entry (pack.ts), of its owner alone, written under a name of its own and then renamed: several
 * processes may read and write at once. An entry that does not fit is thrown away. The folder is bounded;
 * what was used last stays.
 */
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import * as zlib from 'node:zlib';
import { fields, parsed, text, listOf, type Shaped } from '../../parsers/base/shape.js';
import { allSteps } from '../../parsers/base/steps.js';
import { crc32 } from '../crc32.js';
import { errorCode } from '../errorCode.js';
import { isStamps, markOf, sameStamps, type FileMark } from './fileMark.node.js';
import { PackReader, PackWriter, type Checksum } from './pack.js';
import { makeFolder } from '../makeFolder.node.js';
import { isWorthKeeping } from './worth.node.js';

/** Changes with what an entry holds and how. */
const FORMAT = 'shimtrace.kept/1';
export const MOST_BYTES = 4 * 2 ** 30;
export const MOST_ENTRIES = 200;

const YOUNG_MS = 2000;
/** No file has this time of change. */
const UNPROVEN = 'unproven';

const ENTRY = /^[0-9a-f]{64}\.kept$/;
const DRAFT = /^[0-9a-f]{64}\.[0-9a-f]{16}\.part$/;
/** What a process that is gone has left unfinished. */
const STALE_DRAFT_MS = 3_600_000;
/** So much room is left on the disk besides what is written. */
const SPARE_BYTES = 1 << 30;
const WRITE_BYTES = 1 << 20;

export interface CacheSettings {
  readonly folder: string;
  /** What the sources are known by whose results are kept; '' where nothing is. */
  readonly build: string;
  readonly leastBytes?: number;
  /** A file that was written so shortly before it was read may be written again, and look the same. */
  readonly youngMs?: number;
  readonly mostBytes?: number;
  readonly mostEntries?: number;
}

/** What a trace is known again by: its files, what was said and lies beside it, and how it was judged. */
export interface Wanted {
  /** How messages call it. */
  readonly name: string;
  readonly files: readonly string[];
  /** All that decides the result besides the bytes of the files, in one text. */
  readonly asked: string;
}

const isAbout = fields({
  format: text,
  build: text,
  key: text,
  name: text,
  /** Of each file, from before it was read. */
  stamps: listOf(isStamps),
  /** Of what is kept, in words. */
  holds: listOf(text),
});
export type About = Shaped<typeof isAbout>;

/** A wanted trace, as its files lie there now. */
export interface Sighting {
  readonly wanted: Wanted;
  readonly marks: readonly FileMark[];
  readonly key: string;
}

export interface EntryInfo {
  readonly file: string;
  readonly bytes: number;
  readonly usedMs: number;
  /** Undefined where it is damaged, or of another format. */
  readonly about: About | undefined;
  readonly isOfThisBuild: boolean;
}

/** zlib's own where this Node.js has it, which is ten times as fast. */
const checksum: Checksum =
  'crc32' in zlib
    ? (sum, bytes) => (zlib.crc32 as (data: Uint8Array, value: number) => number)(bytes, sum)
    : crc32;

/** What goes wrong on a disk costs time, nothing else; anything else is a bug. */
function quietly<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (isOfSystem(error)) return undefined;
    throw error;
  }
}

const isOfSystem = (error: unknown): boolean => errorCode(error) !== '';

export class TraceCache {
  private readonly mostBytes: number;
  private readonly mostEntries: number;

  constructor(private readonly settings: CacheSettings) {
    this.mostBytes = settings.mostBytes ?? MOST_BYTES;
    this.mostEntries = settings.mostEntries ?? MOST_ENTRIES;
  }

  get bounds(): { readonly folder: string; readonly mostBytes: number; readonly mostEntries: number } {
    return { folder: this.settings.folder, mostBytes: this.mostBytes, mostEntries: this.mostEntries };
  }

  /** Looks at the files of a trace; undefined where it is none that is kept. */
  sight(wanted: Wanted): Sighting | undefined {
    const { build, leastBytes, youngMs = YOUNG_MS } = this.settings;
    // Of small traces no block is read for their marks.
    if (build === '' || !isWorthKeeping(wanted.files, leastBytes)) return undefined;
    const marks = wanted.files.flatMap((file) => markOf(file, youngMs) ?? []);
    if (marks.length < wanted.files.length) return undefined;
    const of = [FORMAT, build, wanted.asked, ...marks.map(({ stamps, samples }) => [stamps.size, samples])];
    const key = createHash('sha256').update(JSON.stringify(of)).digest('hex');
    return { wanted, marks, key };
  }

  /**
   * The entry of a trace whose files were not written since; where their times do not prove it, `isOf` says
   * whether they have the same bytes. Undefined where there is none.
   */
  find(sighting: Sighting, isOf?: (entry: OpenEntry) => boolean): OpenEntry | undefined {
    const { key, marks } = sighting;
    const file = this.entryFile(key);
    return quietly(() => {
      const entry = OpenEntry.open(file);
      const about = entry?.about;
      const isOurs = about?.key === key && about.format === FORMAT && about.build === this.settings.build;
      const isSame =
        about?.stamps.length === marks.length &&
        marks.every((mark, i) => mark.isSettled && sameStamps(mark.stamps, about.stamps[i]!));
      if (entry && isOurs && (isSame || isOf?.(entry) === true)) {
        entry.touch();
        return entry;
      }
      entry?.close();
      remove(file);
      return undefined;
    });
  }

  /**
   * Keeps what `write` writes for a trace that was read after the sighting; false where it may not, or
   * cannot, be kept. Nothing is kept of a file that was written while it was read, or shortly before.
   */
  keep(sighting: Sighting, holds: readonly string[], write: (pack: PackWriter) => boolean): boolean {
    const steps = this.keeping(sighting, holds, function* (pack) {
      yield;
      return write(pack);
    });
    return allSteps(steps);
  }

  /**
   * The same in steps, between which something else may be done. `isProven` says that the files' bytes are
   * known to be those that were read, whatever their times prove: they have to be compared again each time.
   */
  *keeping(
    { wanted, marks, key }: Sighting,
    holds: readonly string[],
    write: (pack: PackWriter) => Generator<undefined, boolean>,
    isProven = false,
  ): Generator<undefined, boolean> {
    const after = wanted.files.map((file) => markOf(file, 0));
    const isSettled = marks.every(
      (mark, i) => mark.isSettled && after[i] !== undefined && sameStamps(mark.stamps, after[i].stamps),
    );
    if (!isSettled && !isProven) return false;
    const about: About = {
      format: FORMAT,
      build: this.settings.build,
      key,
      name: wanted.name,
      stamps: marks.map(({ stamps }) => (isSettled ? stamps : { ...stamps, ctimeNs: UNPROVEN })),
      holds,
    };
    try {
      return yield* this.writing(key, JSON.stringify(about), write);
    } catch (error) {
      if (isOfSystem(error)) return false;
      throw error;
    }
  }

  private *writing(
    key: string,
    about: string,
    write: (pack: PackWriter) => Generator<undefined, boolean>,
  ): Generator<undefined, boolean> {
    const { folder } = this.settings;
    makeFolder(folder, 0o700);
    if (!isOwn(fs.statSync(folder))) return false;
    const draft = path.join(folder, `${key}.${randomBytes(8).toString('hex')}.part`);
    const fd = fs.openSync(draft, 'wx', 0o600);
    let isWhole = false;
    let isNamed = false;
    try {
      const sink = new Sink(fd, Math.min(this.mostBytes / 2, roomIn(folder)));
      const pack = new PackWriter((bytes) => sink.put(bytes), checksum);
      if (yield* write(pack)) {
        pack.end(about);
        isWhole = sink.end();
      }
    } finally {
      fs.closeSync(fd);
      isNamed = isWhole && renamed(draft, this.entryFile(key));
      if (!isNamed) remove(draft);
    }
    this.shrink();
    return isNamed;
  }

  private entryFile(key: string): string {
    return path.join(this.settings.folder, `${key}.kept`);
  }

  /** All entries, what was used last first. */
  entries(): readonly EntryInfo[] {
    const { folder, build } = this.settings;
    const names = quietly(() => fs.readdirSync(folder)) ?? [];
    return names
      .filter((name) => ENTRY.test(name))
      .flatMap((name): EntryInfo[] => {
        const file = path.join(folder, name);
        const stat = quietly(() => fs.lstatSync(file));
        if (!stat?.isFile()) return [];
        const about = quietly(() => aboutIn(file));
        const isOfThisBuild = about?.format === FORMAT && about.build === build;
        return [{ file, bytes: stat.size, usedMs: stat.mtimeMs, about, isOfThisBuild }];
      })
      .sort((a, b) => b.usedMs - a.usedMs);
  }

  /** Removes all entries; returns how many there were. */
  clear(): { readonly entries: number; readonly bytes: number } {
    const { folder } = this.settings;
    const sizes = (quietly(() => fs.readdirSync(folder)) ?? [])
      .filter((name) => ENTRY.test(name) || DRAFT.test(name))
      .flatMap((name) => {
        const file = path.join(folder, name);
        const bytes = quietly(() => fs.lstatSync(file).size);
        return bytes !== undefined && remove(file) ? [bytes] : [];
      });
    return { entries: sizes.length, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
  }

  /** Removes what was not used for longest until the rest fits. Another process may do the same. */
  private shrink(): void {
    const { folder } = this.settings;
    const files = fs.readdirSync(folder).flatMap((name) => {
      const isDraft = DRAFT.test(name);
      if (!isDraft && !ENTRY.test(name)) return [];
      const file = path.join(folder, name);
      const stat = fs.lstatSync(file, { throwIfNoEntry: false });
      return stat ? [{ file, isDraft, bytes: stat.size, usedMs: stat.mtimeMs }] : [];
    });
    let [bytes, entries] = [0, 0];
    for (const entry of files.sort((a, b) => b.usedMs - a.usedMs)) {
      if (entry.isDraft) {
        if (Date.now() - entry.usedMs > STALE_DRAFT_MS) remove(entry.file);
        continue;
      }
      bytes += entry.bytes;
      entries++;
      if (bytes > this.mostBytes || entries > this.mostEntries) remove(entry.file);
    }
  }
}

/** Writes in pieces of some size, and no more than there is to be. */
class Sink {
  private readonly buffer = new Uint8Array(WRITE_BYTES);
  private used = 0;
  private written = 0;

  constructor(
    private readonly fd: number,
    private readonly most: number,
  ) {}

  put(bytes: Uint8Array): void {
    if (bytes.length > this.buffer.length - this.used) this.flush();
    if (bytes.length > this.buffer.length) {
      this.out(bytes);
      return;
    }
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }

  private flush(): void {
    this.out(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  private out(bytes: Uint8Array): void {
    this.written += bytes.length;
    if (this.written > this.most) return;
    for (let done = 0; done < bytes.length; ) done += fs.writeSync(this.fd, bytes, done);
  }

  /** True where all of it was written. */
  end(): boolean {
    this.flush();
    return this.written <= this.most;
  }
}

/** What may be written into a folder. */
function roomIn(folder: string): number {
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize - SPARE_BYTES;
}

/** Nobody else may have written it: what others write is not taken for ours. */
function isOwn({ uid, mode }: fs.Stats): boolean {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
}

/** An entry that is read from; its parts are read as they are asked for, until it is closed. */
export class OpenEntry {
  private isOpen = true;

  private constructor(
    private readonly file: string,
    private readonly fd: number,
    readonly pack: PackReader,
    readonly about: About,
  ) {}

  /** Undefined where the file is no entry, damaged, or not of this user's own. */
  static open(file: string): OpenEntry | undefined {
    // Something else may have its name: what is no file is not waited for.
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants;
    const fd = fs.openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stat = fs.fstatSync(fd);
    const isUsable = stat.isFile() && isOwn(stat);
    const pack = isUsable
      ? PackReader.open(stat.size, (into, at) => readInto(fd, into, at), checksum)
      : undefined;
    const about = pack && parsed(isAbout, pack.about);
    if (pack && about) return new OpenEntry(file, fd, pack, about);
    fs.closeSync(fd);
    return undefined;
  }

  /** Its time of writing says when it was used last. */
  touch(): void {
    quietly(() => fs.futimesSync(this.fd, new Date(), new Date()));
  }

  /** One that was dropped is closed: its number may be another file's by now. */
  close(): void {
    if (this.isOpen) fs.closeSync(this.fd);
    this.isOpen = false;
  }

  /** What it holds does not go together: it is thrown away. */
  drop(): void {
    this.close();
    remove(this.file);
  }
}

function readInto(fd: number, into: Uint8Array, at: number): boolean {
  for (let done = 0; done < into.length; ) {
    const got = fs.readSync(fd, into, done, into.length - done, at + done);
    if (got === 0) return false;
    done += got;
  }
  return true;
}

function aboutIn(file: string): About | undefined {
  const entry = OpenEntry.open(file);
  entry?.close();
  return entry?.about;
}

/** False where what has the name stays: a folder. */
function renamed(draft: string, file: string): boolean {
  return quietly(() => fs.renameSync(draft, file) === undefined) === true;
}

function remove(file: string): boolean {
  return quietly(() => fs.rmSync(file, { force: true })) === undefined && !fs.existsSync(file);
}
