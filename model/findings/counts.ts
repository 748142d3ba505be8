/**
 * `4 understood, 2 not read, 1 unknown, 3 of a guest`: what became of all events; a guest's own are shown and
 * never judged.
 */
export function countsText(events: {
  readonly total: number;
  readonly understood: number;
  readonly unread: number;
  readonly unknown: number;
}): string {
  const ofGuests = events.total - events.understood - events.unread - events.unknown;
  const guests = ofGuests > 0 ? `, ${ofGuests} of a guest` : '';
  const unread = events.unread > 0 ? `, ${events.unread} not read` : '';
  return `${events.understood} understood${unread}, ${events.unknown} unknown${guests}`;
}
