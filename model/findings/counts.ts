/**
 * `4 understood, 1 unknown, 3 of a guest`: what became of all events; a guest's own are shown and never
 * judged.
 */
export function countsText(events: {
  readonly total: number;
  readonly understood: number;
  readonly unknown: number;
}): string {
  const ofGuests = events.total - events.understood - events.unknown;
  const guests = ofGuests > 0 ? `, ${ofGuests} of a guest` : '';
  return `${events.understood} understood, ${events.unknown} unknown${guests}`;
}
