/**
 * `printk_formats` of tracefs: where the formats and strings of trace_printk live in the kernel, one per
 * line, `0xffffffff82345678 : "text %d\n"`. Binary events hold the address instead of the text.
 */
import { unescapeC } from './cexpr.js';

export class PrintkFormats {
  private readonly byAddress = new Map<bigint, string>();

  constructor(text: string) {
    for (const match of text.matchAll(/^\s*0x([0-9a-fA-F]{1,16})\s*:\s*"(.*)"\s*$/gm)) {
      this.byAddress.set(BigInt(`0x${match[1]}`), unescapeC(match[2]!));
    }
  }

  /** The string at a kernel address, undefined when the trace does not have it. */
  at(address: bigint): string | undefined {
    return this.byAddress.get(address);
  }
}
