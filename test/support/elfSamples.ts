/** Small kernel modules for tests: relocatable files of x86-64 with functions of sixteen bytes and calls. */
const FUNCTION_BYTES = 16;
const SECTION_BYTES = 64;
const ENTRY_BYTES = 24;
const R_X86_64_PLT32 = 4n;

/**
 * `names` are the functions, one that ends with `.local` is not seen beyond its file; `calls` are a caller
 * and what it calls, each a relocation.
 */
export function moduleOf(
  names: readonly string[],
  calls: readonly (readonly [caller: string, callee: string])[],
): Uint8Array {
  const plain = names.map((name) => name.replace(/\.local$/, ''));
  const indexOf = (name: string): number => plain.indexOf(name);
  const text = Buffer.alloc(names.length * FUNCTION_BYTES);
  const strings = Buffer.from(`\0${plain.join('\0')}\0`);
  const symbols = Buffer.alloc((names.length + 1) * ENTRY_BYTES);
  for (const [i, name] of names.entries()) {
    const at = (i + 1) * ENTRY_BYTES;
    symbols.writeUInt32LE(strings.indexOf(`\0${plain[i]}\0`) + 1, at);
    symbols.writeUInt8((name.endsWith('.local') ? 0x00 : 0x10) | 2, at + 4);
    symbols.writeUInt16LE(1, at + 6);
    symbols.writeBigUInt64LE(BigInt(i * FUNCTION_BYTES), at + 8);
    symbols.writeBigUInt64LE(BigInt(FUNCTION_BYTES), at + 16);
  }
  const relocations = Buffer.alloc(calls.length * ENTRY_BYTES);
  for (const [i, [caller, callee]] of calls.entries()) {
    const at = i * ENTRY_BYTES;
    relocations.writeBigUInt64LE(BigInt(indexOf(caller) * FUNCTION_BYTES + 1), at);
    relocations.writeBigUInt64LE((BigInt(indexOf(callee) + 1) << 32n) | R_X86_64_PLT32, at + 8);
  }
  return file([
    { type: 0, flags: 0, link: 0, info: 0, bytes: Buffer.alloc(0) },
    { type: 1, flags: 4, link: 0, info: 0, bytes: text },
    { type: 4, flags: 0, link: 3, info: 1, bytes: relocations },
    { type: 2, flags: 0, link: 4, info: 0, bytes: symbols },
    { type: 3, flags: 0, link: 0, info: 0, bytes: strings },
  ]);
}

interface Part {
  readonly type: number;
  readonly flags: number;
  readonly link: number;
  readonly info: number;
  readonly bytes: Buffer;
}

/** The head, the sections, and at the end what tells of them. */
function file(parts: readonly Part[]): Buffer {
  const head = Buffer.alloc(SECTION_BYTES);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.writeUInt16LE(1, 0x10);
  head.writeUInt16LE(62, 0x12);
  const table = Buffer.alloc(parts.length * SECTION_BYTES);
  let offset = head.length;
  for (const [i, { type, flags, link, info, bytes }] of parts.entries()) {
    const at = i * SECTION_BYTES;
    table.writeUInt32LE(type, at + 4);
    table.writeBigUInt64LE(BigInt(flags), at + 8);
    table.writeBigUInt64LE(BigInt(offset), at + 24);
    table.writeBigUInt64LE(BigInt(bytes.length), at + 32);
    table.writeUInt32LE(link, at + 40);
    table.writeUInt32LE(info, at + 44);
    offset += bytes.length;
  }
  head.writeBigUInt64LE(BigInt(offset), 0x28);
  head.writeUInt16LE(SECTION_BYTES, 0x3a);
  head.writeUInt16LE(parts.length, 0x3c);
  return Buffer.concat([head, ...parts.map(({ bytes }) => bytes), table]);
}
