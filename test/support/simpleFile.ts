/**
 * Writes files of QEMU's simple trace backend, in either byte order;
 * parsers/qemu/simpleFormat.ts tells their layout.
 */

const encoder = new TextEncoder();

export class SimpleFile {
  private readonly parts: number[] = [];
  constructor(
    private readonly bigEndian: boolean,
    version: bigint,
  ) {
    for (const word of [(1n << 64n) - 1n, 0xf2b177cb0aa429b4n, version]) this.u64(word);
  }
  u64(value: bigint): void {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt.asUintN(64, value), !this.bigEndian);
    this.parts.push(...new Uint8Array(view.buffer));
  }
  u32(value: number): void {
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, value, !this.bigEndian);
    this.parts.push(...new Uint8Array(view.buffer));
  }
  name(id: bigint, name: string): void {
    this.u64(0n);
    this.u64(id);
    this.u32(name.length);
    this.parts.push(...encoder.encode(name));
  }
  record(id: bigint, time: bigint, args: readonly (bigint | string)[], typed = true): void {
    const size = args.reduce((sum, arg) => sum + (typeof arg === 'string' ? 4 + arg.length : 8), 24);
    if (typed) this.u64(1n);
    this.u64(id);
    this.u64(time);
    this.u32(size);
    this.u32(4563);
    for (const arg of args) {
      if (typeof arg === 'bigint') this.u64(arg);
      else {
        this.u32(arg.length);
        this.parts.push(...encoder.encode(arg));
      }
    }
  }
  get bytes(): Uint8Array {
    return Uint8Array.from(this.parts);
  }
}
