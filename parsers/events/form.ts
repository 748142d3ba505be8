/**
 * Printed forms: the text templates of the vocabulary, compiled once to a short program and run over bytes. A
 * match writes each slot's 64-bit value into the payload as it goes and the mask at the end, so a form that
 * fails halfway leaves a payload that reads as empty. The template language is described in vocabulary.ts.
 */
import { Ascii } from '../base/ascii.js';
import { assert } from '../base/assert.js';
import { endsWord, readDec, readHex } from './number.js';

const OP_LITERAL = 0;
const OP_HEX = 1;
const OP_DEC = 2;
const OP_EITHER = 3;
const OP_SKIP = 4;
const OP_CONST = 5;

/** A compiled template. */
export interface Form {
  /**
   * Triples of operation and two operands: a literal's start and length, a slot, or a slot and its constant.
   */
  readonly code: Int32Array;
  readonly literals: Uint8Array;
  /** The slots that a match fills, as a mask. */
  readonly mask: number;
  /** The names in braces, in order of appearance; `_` for skipped runs. Used to describe a line. */
  readonly names: readonly string[];
}

const encoder = new TextEncoder();
const PART = /\{([a-z_0-9]+)(?::(=\d+|[xdn]))?\}|[^{]+|\{/g;
const NUMBER_OPS: Readonly<Record<string, number>> = { x: OP_HEX, d: OP_DEC, n: OP_EITHER };

/**
 * Compiles one template; `slots` are the slot names of its kind, in slot order. Asserts that the template is
 * sound.
 */
export function compileForm(template: string, slots: readonly string[]): Form {
  const code: number[] = [];
  const names: string[] = [];
  let literals = '';
  let mask = 0;
  for (const [text, name, what] of template.matchAll(PART)) {
    if (name === '_') {
      names.push('_');
      code.push(OP_SKIP, 0, 0);
    } else if (name !== undefined) {
      const slot = slots.indexOf(name);
      assert(slot >= 0 && what !== undefined, `template ${template}: no slot ${name}`);
      names.push(name);
      mask |= 1 << slot;
      if (what.startsWith('=')) code.push(OP_CONST, slot, Number(what.slice(1)));
      else code.push(NUMBER_OPS[what]!, slot, 0);
    } else {
      const literal = text.replace(/ +/g, ' ');
      code.push(OP_LITERAL, literals.length, literal.length);
      literals += literal;
    }
  }
  return { code: Int32Array.from(code), literals: encoder.encode(literals), mask, names };
}

/**
 * Matches a form at bytes[start, end). On success fills the payload at pool[at] (mask, then two words a slot)
 * and returns the position after the form; else returns -1 with the mask untouched.
 */
export function matchForm(
  form: Form,
  bytes: Uint8Array,
  start: number,
  end: number,
  pool: Uint32Array,
  at: number,
): number {
  const code = form.code;
  const literals = form.literals;
  let pos = start;
  for (let i = 0; i < code.length; i += 3) {
    const op = code[i]!;
    const a = code[i + 1]!;
    if (op === OP_LITERAL) {
      const stop = a + code[i + 2]!;
      if (pos + code[i + 2]! > end) return -1;
      for (let k = a; k < stop; pos++) {
        if (bytes[pos] === literals[k]) k++;
        else if (bytes[pos] !== Ascii.Blank || k === a || literals[k - 1] !== Ascii.Blank) return -1;
      }
      while (bytes[pos] === Ascii.Blank && literals[stop - 1] === Ascii.Blank) pos++;
    } else if (op === OP_SKIP) {
      while (pos < end && bytes[pos] !== Ascii.Blank) pos++;
    } else if (op === OP_CONST) {
      pool[at + 1 + 2 * a] = code[i + 2]!;
      pool[at + 2 + 2 * a] = 0;
    } else {
      const hex =
        op === OP_HEX || (op === OP_EITHER && bytes[pos] === Ascii.Digit0 && bytes[pos + 1] === Ascii.LowerX);
      const word = at + 1 + 2 * a;
      pos = hex ? readHex(bytes, pos, end, pool, word) : readDec(bytes, pos, end, pool, word);
      if (pos < 0 || !endsWord(bytes, pos, end)) return -1;
    }
  }
  if (pos > end) return -1;
  pool[at] = form.mask;
  return pos;
}

/** True when the form ends with fixed text, so that a line which ends exactly there is certainly whole. */
export function endsWithLiteral(form: Form): boolean {
  return form.code.length >= 3 && form.code[form.code.length - 3] === OP_LITERAL;
}

/** One printed value of a form, for describing a line. */
export interface FormField {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The values of a form that matches at `start`, as byte ranges, or undefined. Not for hot paths. */
export function formFields(
  form: Form,
  bytes: Uint8Array,
  start: number,
  end: number,
): FormField[] | undefined {
  const scratch = new Uint32Array(33);
  const fields: FormField[] = [];
  let names = 0;
  let pos = start;
  for (let i = 0; i < form.code.length; i += 3) {
    const step: Form = { code: form.code.subarray(i, i + 3), literals: form.literals, mask: 0, names: [] };
    const after = matchForm(step, bytes, pos, end, scratch, 0);
    if (after < 0) return undefined;
    const op = form.code[i]!;
    if (op >= OP_HEX) {
      const name = form.names[names++]!;
      if (op <= OP_EITHER) fields.push({ name, start: pos, end: after });
    }
    pos = after;
  }
  return fields;
}
