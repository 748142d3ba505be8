/**
 * What shows the findings of one fault at one event. Rules that are broken together say the same things and
 * point at the same events: each is told once, by the same rule in every shell.
 */

/** A message, each once, with the findings that say it, in their order. */
export function byMessage<F extends { readonly message: string }>(
  findings: readonly F[],
): readonly (readonly [message: string, alike: readonly [F, ...F[]]])[] {
  const groups = new Map<string, [F, ...F[]]>();
  for (const finding of findings) {
    const alike = groups.get(finding.message);
    if (alike) alike.push(finding);
    else groups.set(finding.message, [finding]);
  }
  return [...groups];
}

/**
 * The evidence of all findings in the order of the trace: what an event shows once, and not what a finding's
 * own message says of its event. `rowOf` gives the event's row of a finding or of a piece of evidence.
 */
export function evidenceOnce<E extends { readonly note: string }, F extends Told<E>>(
  findings: readonly F[],
  rowOf: (of: E | F) => number,
): readonly E[] {
  const told = new Set(findings.map((finding) => `${rowOf(finding)} ${finding.message}`));
  const once: E[] = [];
  for (const piece of findings.flatMap(({ evidence }) => evidence)) {
    const key = `${rowOf(piece)} ${piece.note}`;
    if (!told.has(key)) once.push(piece);
    told.add(key);
  }
  return once.sort((a, b) => rowOf(a) - rowOf(b));
}

interface Told<E> {
  readonly message: string;
  readonly evidence: readonly E[];
}
