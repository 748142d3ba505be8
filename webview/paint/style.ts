/**
 * Styles by meaning. theme.ts gives each a colour of the editor's theme and, where it needs one, a pattern.
 */
export const Style = {
  Background: 0,
  Shared: 1,
  Private: 2,
  Converting: 3,
  Unconverted: 4,
  Unknown: 5,
  Spte4K: 6,
  Spte2M: 7,
  Spte1G: 8,
  Mapped: 9,
  Referenced: 10,
  Guest: 11,
  Vmm: 12,
  Kvm: 13,
  Mm: 14,
  Other: 15,
  Violation: 16,
  Suspicious: 17,
  Undecidable: 18,
  Text: 19,
  Dim: 20,
  Strong: 21,
  Grid: 22,
  Header: 23,
  Selected: 24,
  Loss: 25,
  Cursor: 26,
  Effect: 27,
  Window: 28,
  Mark: 29,
  Trouble: 30,
  Edge: 31,
  Halo: 32,
  Shade: 33,
  Outside: 34,
} as const;
export type StyleId = (typeof Style)[keyof typeof Style];
export const STYLE_COUNT = 35;

/** Verdicts as numbers are 0 violation, 1 suspicious, 2 undecidable. */
export const VIOLATION = 0;
export const VERDICT_STYLES: readonly StyleId[] = [Style.Violation, Style.Suspicious, Style.Undecidable];
export const VERDICT_NAMES = ['violation', 'suspicious', 'undecidable'] as const;
