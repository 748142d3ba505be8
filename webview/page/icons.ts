/** The signs on the toolbar's buttons: lines in a square of 16, drawn in the colour of the text. */

const SVG = 'http://www.w3.org/2000/svg';

/** Paths of SVG. */
export const Icon = {
  previous: 'M10 3 L5 8 L10 13',
  next: 'M6 3 L11 8 L6 13',
  zoomIn: 'M8 3 V13 M3 8 H13',
  zoomOut: 'M3 8 H13',
  whole: 'M1.5 8 H14.5 M4.5 5 L1.5 8 L4.5 11 M11.5 5 L14.5 8 L11.5 11',
  undo: 'M6 3 L3 6 L6 9 M3 6 H10 A3.5 3.5 0 0 1 10 13 H7',
  redo: 'M10 3 L13 6 L10 9 M13 6 H6 A3.5 3.5 0 0 0 6 13 H9',
  filter: 'M2 3 H14 L9.5 8.5 V13.5 L6.5 11.5 V8.5 Z',
  panel: 'M2 3 H14 V13 H2 Z M9.5 3 V13',
} as const;

export type IconName = keyof typeof Icon;

/** An icon, which a screen reader passes over: its button has a name. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [key, value] of Object.entries({ width: '16', height: '16', viewBox: '0 0 16 16' }))
    svg.setAttribute(key, value);
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', Icon[name]);
  svg.append(path);
  return svg;
}
