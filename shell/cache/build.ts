/** Which sources a build is of: what another build has kept is not taken. */

/** A digest of the sources, put here by `scripts/build.mjs`; not there where they run unbundled. */
declare const BUILD: string | undefined;

/** '' where nobody knows: then nothing is kept, and nothing that was kept is taken. */
export const build = typeof BUILD === 'undefined' ? '' : BUILD;
