/** Which sorts of operations a trace shows at all: without any of a sort, absence says nothing. */
import { OP_BLOCK_LENGTH, type OpCode, type OpLog } from '../ops/oplog.js';

/** Operation codes are bytes. */
const OP_CODES = 256;

/** The codes that occur in a log. */
export function opsSeen(ops: OpLog): ReadonlySet<OpCode> {
  const seen = new Uint8Array(OP_CODES);
  ops.blocks.forEach((block, b) => {
    const length = Math.min(OP_BLOCK_LENGTH, ops.length - b * OP_BLOCK_LENGTH);
    for (let i = 0; i < length; i++) seen[block.op[i]!] = 1;
  });
  const codes = new Set<OpCode>();
  seen.forEach((there, op) => {
    if (there === 1) codes.add(op as OpCode);
  });
  return codes;
}
