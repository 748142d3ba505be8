/** A patch as what a recording asks for: probes at the functions that it touches. */
import path from 'node:path';
import { patchProbes } from '../../model/review/patchRecipe.js';
import { NO_INDEX } from '../../model/review/sourceIndex.js';
import { touchedBy } from '../../model/review/touched.js';
import { PATCH_ISSUES } from '../../parsers/patch/patch.js';
import { readSeries } from '../../parsers/patch/series.js';
import type { AlsoAsked } from '../../recorder/plan.js';
import { InputError } from '../errors.js';
import { openSource } from '../fileSource.js';

export function patchAsked(file: string): NonNullable<AlsoAsked['patch']> {
  const source = openSource(file);
  try {
    const series = readSeries([source.read(0, source.size).slice()], { version: undefined });
    if (series.patches.length === 0) throw new InputError(`${file}: ${PATCH_ISSUES['no-patch']}`);
    const { functions } = touchedBy(series);
    const probes = patchProbes({ functions, index: NO_INDEX, symbols: undefined }).filter(isPlain);
    return { name: path.basename(file), probes };
  } finally {
    source.close();
  }
}

/** A patch's names are anybody's: only what can be a function's goes into a script that root runs. */
function isPlain(line: string): boolean {
  return /^[pr]:\w+\/\w+ [A-Za-z_]\w*(?: ret=\$retval:s64)?$/.test(line);
}
