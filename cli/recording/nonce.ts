import { randomBytes } from 'node:crypto';

const NONCE_BYTES = 8;

/** What marks the lines of one run of a script: hexadecimal, and not to be guessed. */
export function newNonce(): string {
  return randomBytes(NONCE_BYTES).toString('hex');
}
