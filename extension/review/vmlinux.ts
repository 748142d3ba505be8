/** Whether the vmlinux that a setting names is read: by a program, with what is named as its argument. */
import type { Platform } from '../platform.js';

/** Why it is not. */
export type Refusal = 'unnamed' | 'web' | 'untrusted' | 'missing';

export interface Surroundings {
  readonly host: Platform['host'];
  /** Of the folder that is open. */
  readonly isTrusted: boolean;
  /** True where the file is there. */
  isThere(path: string): PromiseLike<boolean>;
}

/** Undefined where it is read. `named` is '' for none. */
export async function refusalOf(
  named: string,
  { host, isTrusted, isThere }: Surroundings,
): Promise<Refusal | undefined> {
  if (named === '') return 'unnamed';
  if (host === 'web') return 'web';
  if (!isTrusted) return 'untrusted';
  return (await isThere(named)) ? undefined : 'missing';
}
