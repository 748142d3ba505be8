/**
 * The panel of details. Beside the picture, or below it, it is there until it is closed; on a low page it
 * lies over the rows, and is closed until it is asked for.
 */

const CLOSED = 'closed';
const OVER = 'over';

export function isPanelShown(side: HTMLElement): boolean {
  return side.getClientRects().length > 0;
}

export function showPanel(side: HTMLElement): void {
  side.classList.remove(CLOSED);
  side.classList.add(OVER);
}

export function togglePanel(side: HTMLElement): void {
  if (!isPanelShown(side)) showPanel(side);
  else {
    side.classList.add(CLOSED);
    side.classList.remove(OVER);
  }
}

/** Something was clicked: shows its details where the panel was closed for want of room only. */
export function offerPanel(side: HTMLElement): void {
  side.classList.add(OVER);
}

/** Takes the panel off the rows. */
export function liftPanel(side: HTMLElement): void {
  side.classList.remove(OVER);
}
