/**
 * CRC-32 as gzip has it: reflected, polynomial 0xedb88320. Four bytes at a time, since whole traces pass
 * through.
 */

const TABLES = makeTables();

function makeTables(): Uint32Array {
  const tables = new Uint32Array(4 * 256);
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    tables[i] = c;
  }
  for (let i = 256; i < tables.length; i++)
    tables[i] = (tables[i - 256]! >>> 8) ^ tables[tables[i - 256]! & 0xff]!;
  return tables;
}

/** The checksum of what `crc` covers (0 for nothing) and `bytes` after it. */
export function crc32(crc: number, bytes: Uint8Array): number {
  let c = ~crc;
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    c =
      TABLES[768 + (c & 0xff)]! ^
      TABLES[512 + ((c >>> 8) & 0xff)]! ^
      TABLES[256 + ((c >>> 16) & 0xff)]! ^
      TABLES[c >>> 24]!;
  }
  for (; i < bytes.length; i++) c = TABLES[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return ~c >>> 0;
}
