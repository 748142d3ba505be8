/** How often a property is tried, and how long it may take. */

/** Environment variables that say how often, each for one property. */
const PROPERTIES = [
  ...(['CUTS', 'TORN', 'SWAPS', 'PASTES', 'HANDICAPS', 'DOUBTS', 'GROWN', 'EARLY'] as const),
  ...([
    'DOUBT_NAMES',
    'DAMAGED',
    'FUZZ',
    'UNREAD',
    'UNREAD_NAMES',
    'SAMPLES',
    'SHIM',
    'PLAIN',
    'PRINTED',
    'LISTED',
  ] as const),
  ...(['PIVOTS', 'KINDS', 'COLUMNS', 'LIVES'] as const),
];

/**
 * `npm test` tries each property often enough to notice a fault that was put in, and `npm run test:thorough`
 * as often as takes an hour or two; an environment variable of the property's name says how often by itself
 * (CUTS=10000), SEED=n where else.
 */
export function tries(name: (typeof PROPERTIES)[number], usual: number, thorough: number): number {
  const wanted = process.env[name];
  if (wanted !== undefined) return Number(wanted);
  return isThorough() ? thorough : usual;
}

export function isThorough(): boolean {
  return process.env['THOROUGH'] === '1';
}

/** Milliseconds that a test of a property may last; ten hours where more than the usual is tried. */
export function patience(usual: number): number {
  const isMore = [...PROPERTIES, 'THOROUGH'].some((name) => process.env[name] !== undefined);
  return isMore ? 36_000_000 : usual;
}
