/** Modules that take long to load and that most calls do without, or that are no part of the bundle. */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

export function nodeOs(): typeof import('node:os') {
  return load('node:os') as typeof import('node:os');
}

/** node:crypto, with which twenty others come. */
export function nodeCrypto(): typeof import('node:crypto') {
  return load('node:crypto') as typeof import('node:crypto');
}

/** What the bundle is given by `start/load.ts`, as V8 forgets who imports for what it has compiled before. */
declare const bundleImport: ((specifier: string) => Promise<unknown>) | undefined;

/** A module that is no part of the bundle, by its URL or its package's name. */
export function importModule(specifier: string): Promise<unknown> {
  return typeof bundleImport === 'undefined' ? import(specifier) : bundleImport(specifier);
}
