/**
 * How often a property is tried. `npm test` tries each often enough to notice a fault that was put in, and
 * `npm run test:thorough` as often as takes an hour; an environment variable of the property's name says how
 * often by itself (CUTS=10000), SEED=n where else.
 */
export function tries(name: string, usual: number, thorough: number): number {
  const wanted = process.env[name];
  if (wanted !== undefined) return Number(wanted);
  return process.env['THOROUGH'] === '1' ? thorough : usual;
}

/** Milliseconds that a test of a property may last. */
export function patience(usual: number): number {
  return process.env['THOROUGH'] === '1' ? 3_600_000 : usual;
}
