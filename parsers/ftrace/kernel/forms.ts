/** Printed forms: the program that ../../events/form.ts compiles a template to, run over a line. */
import { BLANK, LOWER_X, isWordByte, same } from './bytes';
import { hasHexPrefix, readDecimal, readHex, value } from './numbers';

const OP_LITERAL: u32 = 0;
const OP_HEX: u32 = 1;
const OP_EITHER: u32 = 3;
const OP_SKIP: u32 = 4;
const OP_CONST: u32 = 5;
/** A step is an operation and two operands. */
const STEP_BYTES: usize = 12;

/**
 * Matches the form at bytes [start, end), and fills the slots of the payload at `payload`. Position behind
 * it; 0 where it does not match. A form is a count of steps, a pointer to its literals, the mask of the slots
 * that it fills, and its steps.
 */
export function matchForm(form: usize, start: usize, end: usize, payload: usize): usize {
  const literals = load<u32>(form + 4);
  const stepsEnd = form + 12 + STEP_BYTES * load<u32>(form);
  let p = start;
  for (let step = form + 12; step < stepsEnd; step += STEP_BYTES) {
    const op = load<u32>(step);
    const operand = load<u32>(step + 4);
    if (op === OP_LITERAL) p = afterLiteral(literals + operand, load<u32>(step + 8), p, end);
    else if (op === OP_SKIP) while (p < end && load<u8>(p) !== BLANK) p++;
    else if (op === OP_CONST) store<u64>(payload + 4 + 8 * operand, load<u32>(step + 8));
    else {
      const isHex = op === OP_HEX || (op === OP_EITHER && hasHexPrefix(p) && load<u8>(p + 1) === LOWER_X);
      p = isHex ? readHex(p) : readDecimal(p);
      if (p !== 0 && isWordByte(load<u8>(p))) p = 0;
      store<u64>(payload + 4 + 8 * operand, value);
    }
    if (p === 0) return 0;
  }
  if (p > end) return 0;
  store<u32>(payload, load<u32>(form + 8));
  return p;
}

/** Position behind a literal, where each blank may be several; 0 where the line has something else. */
function afterLiteral(literal: usize, length: usize, start: usize, end: usize): usize {
  let p = start;
  if (p + length > end) return 0;
  if (same(literal, p, length)) p += length;
  else
    for (let k: usize = 0; k < length; p++) {
      if (load<u8>(p) === load<u8>(literal + k)) k++;
      else if (load<u8>(p) !== BLANK || k === 0 || load<u8>(literal + k - 1) !== BLANK) return 0;
    }
  if (load<u8>(literal + length - 1) === BLANK) while (load<u8>(p) === BLANK) p++;
  return p;
}
