/** The shape of a row of the vocabulary, and the names that arguments have in many of them. */

/** One way to record a model event. */
export interface MeaningOf<Kind extends string> {
  readonly kind: Kind;
  /** `system:event` names of static tracepoints. */
  readonly tracepoints?: readonly string[];
  /** Printed forms of those tracepoints (kernel text and user-space renderers). */
  readonly text?: readonly string[];
  /** Kernel symbols whose entry probe means it, without compiler suffixes. */
  readonly entry?: readonly string[];
  /** Kernel symbols whose return probe means it. */
  readonly ret?: readonly string[];
  /**
   * Event names that authors give to probes inside a function, or that stand where only a bare address is
   * printed. The symbol names themselves (and symbol + `_ret`, `_return`, `_exit`, `__return`) always count
   * as names too.
   */
  readonly names?: readonly string[];
  /** Slot name to the argument names that fill it: first match wins. */
  readonly slots: Readonly<Record<string, readonly string[]>>;
  /**
   * Slots without which the event says nothing that can be judged: each of these, or one of each list. An
   * event that lacks them is shown and counted apart, and rules that read its kind are undecided.
   */
  readonly needs?: readonly (string | readonly string[])[];
  /** A line of tracefs' dynamic_events that current kernels accept, for recording recipes. */
  readonly probe?: string;
  /**
   * The same for kernels that refuse `probe`, best first: an older name, or arguments by their number where
   * the kernel has no names for them. Never an offset into a structure: it would be read on any kernel,
   * rightly or wrongly.
   */
  readonly fallbacks?: readonly string[];
  /**
   * A definition to try before `probe`: at a function that only older kernels have, which also have that of
   * `probe` around it, perhaps as a copy in its caller that no probe shows.
   */
  readonly older?: string;
  /** Definitions at other functions that mean the same, and which events of each to keep. All are put in. */
  readonly also?: readonly { readonly probe: string; readonly filter?: string }[];
  /** Which of the probe's events are worth keeping: those whose fetches did not fail. */
  readonly filter?: string;
  /** Kernel differences worth telling a user. */
  readonly note?: string;
}

export const INO = ['ino', 'inode', 'i_ino'] as const;
export const PGOFF = ['pgoff', 'index', 'idx', 'pg', 'page_offset'] as const;
export const START = ['start', 'first', 'begin', 'gfn_start', 'start_gfn', 'index'] as const;
export const END = ['end', 'last_excl', 'gfn_end', 'end_gfn'] as const;
export const ATTRS = ['attributes', 'attrs', 'attr'] as const;
export const RET = ['ret', 'retval', 'rc', 'r', '__return', 'arg1'] as const;
export const KVM = ['kvm', 'vm'] as const;
export const SLOT = ['slot', 'slot_id', 'id'] as const;
export const BASE_GFN = ['base_gfn', 'slot_gfn'] as const;
export const FOLIO = ['folio'] as const;
/** The first link of the way from a page to its file. */
export const MAPPING = ['mapping', 'm', 'm0'] as const;
export const NPAGES = ['npages', 'nr_pages', 'nr', 'n'] as const;
export const NOTIFIER = ['notifier', 'nb'] as const;
