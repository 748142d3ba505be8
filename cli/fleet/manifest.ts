/** A manifest of a fleet: a CSV that names traces, and says of each what it is. */
import fs from 'node:fs';
import path from 'node:path';
import { InputError } from '../errors.js';
import { NAME_PARTS, nameOf, type NameParts } from './naming.js';
import type { FleetTrace } from './traces.js';

/**
 * The traces of a CSV with a line of names: `file`, and any of `host`, `run`, `day`, `kernel`. Files lie
 * where they are named from the manifest's folder. Other columns are not looked at.
 */
export function manifestTraces(manifest: string): readonly FleetTrace[] {
  const all = csvRows(readText(manifest));
  if (all === undefined)
    throw new InputError(`${manifest}: no CSV: a quote that is not closed, or text beside one`);
  const [head, ...rows] = all;
  const columns = (head ?? []).map((name) => name.trim().toLowerCase());
  const file = columns.indexOf('file');
  if (file < 0) throw new InputError(`${manifest}: its first line names no column 'file'`);
  return rows.map((row, i) => {
    const place = row[file] ?? '';
    if (place === '') throw new InputError(`${manifest}: row ${i + 1} names no file`);
    const said: NameParts = Object.fromEntries(
      NAME_PARTS.flatMap((part) => {
        const value = row[columns.indexOf(part)];
        return value === undefined ? [] : [[part, value]];
      }),
    );
    const relative = path.normalize(place).replace(/^(?:\.\.?\/|\/)+/, '');
    return { file: path.resolve(path.dirname(manifest), place), relative, name: nameOf(said, relative) };
  });
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new InputError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The rows of a CSV (RFC 4180): a cell in quotes may hold commas, ends of lines, and quotes twice.
 * Undefined for a text that is none.
 */
export function csvRows(text: string): readonly (readonly string[])[] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  let read = 0;
  // A cell, and what ends it: a comma, the end of a line, or the end of the text.
  for (const [all, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/gy,
  )) {
    read += all.length;
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return read === text.length ? rows : undefined;
}
