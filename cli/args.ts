/**
 * Command-line arguments: each command declares its options,
 * node:util parses them, mistakes become UsageError.
 */
import { parseArgs } from 'node:util';
import { UsageError } from './errors.js';
import { COLOR_WHEN } from './terminal.js';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  /** Placeholder of the value in help, for example `PROFILE`. */
  readonly value?: string;
  readonly help: string;
  /** The words that a value must be one of, for completion in a shell. */
  readonly choices?: readonly string[];
}

/** What every command takes. */
export const COMMON_OPTIONS: OptionSpecs = {
  help: { type: 'boolean', short: 'h', help: 'print this' },
  color: {
    type: 'string',
    value: 'WHEN',
    help: 'colours: always, never, or on a terminal where NO_COLOR is not set (auto, the default)',
    choices: COLOR_WHEN,
  },
};

/** The option for what a command prints; the first of `formats` is the default. */
export function formatOption(formats: readonly string[]): OptionSpec {
  return {
    type: 'string',
    value: 'FORMAT',
    help: `${formats.join(', ')} (default ${formats[0] ?? ''})`,
    choices: formats,
  };
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Parsed arguments of one command. */
export class Args {
  constructor(
    readonly positionals: readonly string[],
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly specs: OptionSpecs,
    /** The options as they came, one after another; of a flag the value is ''. */
    readonly given: readonly (readonly [name: string, value: string])[] = [],
  ) {}

  /** All of it in one text: the same for the same arguments. */
  get asText(): string {
    return JSON.stringify([this.positionals, this.values]);
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** The value of an option that must be one of `allowed`. */
  choice<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.text(name);
    return value === undefined ? fallback : oneOf(`--${name}`, value, allowed);
  }

  /** A non-negative decimal number. */
  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d+(\.\d+)?$/.test(value))
      throw new UsageError(`--${name} takes a number${this.unit(name)}, not '${value}'`);
    return Number(value);
  }

  private unit(name: string): string {
    const value = this.specs[name]?.value;
    return value === undefined ? '' : ` (${value})`;
  }
}

/** `value` as one of the allowed words, or UsageError that lists them. */
export function oneOf<T extends string>(what: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value);
  if (found === undefined) throw new UsageError(`${what} takes ${allowed.join(', ')}; not '${value}'`);
  return found;
}

/** Parses a command's own arguments by its specs. */
export function parse(argv: readonly string[], specs: OptionSpecs): Args {
  const options: Record<string, { type: 'string' | 'boolean'; multiple?: boolean; short?: string }> = {};
  for (const [name, spec] of Object.entries({ ...COMMON_OPTIONS, ...specs })) {
    options[name] = {
      type: spec.type,
      ...(spec.multiple ? { multiple: true } : {}),
      ...(spec.short === undefined ? {} : { short: spec.short }),
    };
  }
  try {
    const { values, positionals, tokens } = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
    const given = tokens.flatMap((token) =>
      token.kind === 'option' ? [[token.name, token.value ?? ''] as const] : [],
    );
    return new Args(positionals, values, specs, given);
  } catch (error) {
    // parseArgs reports every mistake of the user as a TypeError with a code of its own.
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      throw new UsageError(error.message.split('. ')[0] ?? error.message);
    }
    throw error;
  }
}

/** The options part of a command's help. */
export function optionsHelp(specs: OptionSpecs): string {
  const rows = Object.entries(specs).map(([name, spec]) => {
    const value = spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : '';
    return [`  ${spec.short === undefined ? '' : `-${spec.short}, `}--${name}${value}`, spec.help] as const;
  });
  const width = Math.max(0, ...rows.map(([head]) => head.length));
  return rows.map(([head, help]) => `${head.padEnd(width)}  ${help}`).join('\n');
}
