/**
 * How much memory a reader asks for: what lies about its length must not make it ask for what the lie says.
 */

const NAMES = [
  'ArrayBuffer',
  'Uint8Array',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Array',
] as const;

type Constructor = new (...args: unknown[]) => object;

/**
 * Bytes that `new Name(args)` takes: only a length takes new memory; views and copies are of what is there.
 */
function asked(name: string, args: readonly unknown[], made: object): number {
  if (typeof args[0] !== 'number') return 0;
  return name === 'Array' ? 8 * args[0] : (made as ArrayBuffer).byteLength;
}

/** Runs `read` and returns the largest piece of memory that it asked for by a length, in bytes. */
export function largestAllocation(read: () => void): number {
  const globals = globalThis as unknown as Record<string, Constructor>;
  let largest = 0;
  const before = NAMES.map((name) => globals[name]!);
  NAMES.forEach((name, i) => {
    globals[name] = new Proxy(before[i]!, {
      construct(target, args: unknown[], newTarget): object {
        const made = Reflect.construct(target, args, newTarget) as object;
        largest = Math.max(largest, asked(name, args, made));
        return made;
      },
    });
  });
  try {
    read();
  } finally {
    NAMES.forEach((name, i) => {
      globals[name] = before[i]!;
    });
  }
  return largest;
}
