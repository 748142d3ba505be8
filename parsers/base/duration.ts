/** Durations as people say them. */
import { NS_PER_MS, NS_PER_SECOND, NS_PER_US } from './units.js';

const DIGITS = 3;
const UNITS: readonly (readonly [ns: number, unit: string])[] = [
  [NS_PER_SECOND, 's'],
  [NS_PER_MS, 'ms'],
  [NS_PER_US, 'µs'],
];

/** `1.23 ms`: three digits that matter, with their unit. */
export function durationText(ns: number): string {
  for (const [size, unit] of UNITS)
    if (ns >= size) return `${Number((ns / size).toPrecision(DIGITS))} ${unit}`;
  return `${ns} ns`;
}
