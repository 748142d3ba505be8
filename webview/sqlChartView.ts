/** Draws the picture of an answer in SQL. The table beside it has the numbers. */
import { extentOf, type Bar, type Chart } from './sqlChart.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 640;
const HEIGHT = 200;
/** Room for the numbers of the axes. */
const LEFT = 70;
const BOTTOM = 18;
const TOP = 8;
/** For the name of a series. */
const LEGEND = 135;
/** Of series in the order in which they are drawn: told apart without colours too. */
const DASHES = ['none', '7 3', '2 3', '9 3 2 3'];
const COLORS = ['blue', 'red', 'green', 'purple'].map((name) => `var(--vscode-charts-${name}, currentColor)`);

export const CHART_CSS = `
  .shimtrace-sql-chart { padding: 4px; max-width: 760px; }
  .shimtrace-sql-bars { display: grid; grid-template-columns: minmax(4em, max-content) 1fr max-content; gap: 0 8px; align-items: center; max-height: 28em; overflow: auto; }
  .shimtrace-sql-bars .label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 24em; line-height: 1.4; font-family: var(--vscode-editor-font-family); }
  .shimtrace-sql-bars .value { text-align: right; font-family: var(--vscode-editor-font-family); }
  .shimtrace-sql-bars .bar { height: 0.9em; background: ${COLORS[0]!}; }
  .shimtrace-sql-bars .bar.negative { background: ${COLORS[1]!}; }
  .shimtrace-sql-chart svg { width: 100%; height: auto; }
  .shimtrace-sql-chart text { fill: var(--vscode-foreground); font-size: 11px; }
  .shimtrace-sql-chart .axis { stroke: var(--vscode-foreground); opacity: 0.5; }
`;

export function chartElement(chart: Chart): HTMLElement {
  const box = document.createElement('div');
  box.className = 'shimtrace-sql-chart';
  box.setAttribute('role', 'img');
  if (chart.kind === 'bars') {
    box.setAttribute('aria-label', `${chart.of} / ${chart.by}`);
    box.append(barsOf(chart.bars));
  } else {
    const names = chart.series.map(({ of }) => of).join(', ');
    box.setAttribute('aria-label', `${names} / ${chart.by}`);
    box.append(pointsOf(chart));
  }
  return box;
}

function barsOf(bars: readonly Bar[]): HTMLElement {
  const grid = document.createElement('div');
  grid.className = 'shimtrace-sql-bars';
  const { least, most } = extentOf(bars.map(({ value }) => value));
  const longest = Math.max(most, -least) || 1;
  for (const { label, value } of bars) {
    const name = part('label', label);
    name.title = label;
    const bar = part(value < 0 ? 'bar negative' : 'bar', '');
    bar.style.width = `${(100 * Math.abs(value)) / longest}%`;
    grid.append(name, bar, part('value', value.toLocaleString('en')));
  }
  return grid;
}

function part(className: string, text: string): HTMLElement {
  const element = document.createElement('div');
  element.className = className;
  element.textContent = text;
  return element;
}

function pointsOf({ by, xs, series }: Chart & { readonly kind: 'points' }): SVGElement {
  const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}` });
  const { least, most } = extentOf(series.flatMap(({ ys }) => ys));
  const [first, last] = [xs[0]!, xs[xs.length - 1]!];
  const x = (value: number): number => LEFT + ((value - first) / (last - first)) * (WIDTH - LEFT - TOP);
  const height = HEIGHT - TOP - BOTTOM;
  const y = (value: number): number => TOP + height - ((value - least) / (most - least || 1)) * height;
  svg.append(
    shape('line', { class: 'axis', x1: LEFT, x2: WIDTH - TOP, y1: y(0), y2: y(0) }),
    textAt(LEFT - 6, y(most) + 4, most.toLocaleString('en'), 'end'),
    textAt(LEFT - 6, y(least) + 4, least.toLocaleString('en'), 'end'),
    textAt(LEFT, HEIGHT - 4, `${by} ${first.toLocaleString('en')}`, 'start'),
    textAt(WIDTH - TOP, HEIGHT - 4, last.toLocaleString('en'), 'end'),
  );
  for (const [k, { of, ys }] of series.entries()) {
    const points = xs.flatMap((at, i) => (Number.isFinite(ys[i]) ? [`${x(at)},${y(ys[i]!)}`] : []));
    const stroke = { stroke: COLORS[k]!, 'stroke-width': 1.5, 'stroke-dasharray': DASHES[k]! };
    const line = shape('polyline', { points: points.join(' '), fill: 'none', ...stroke });
    const legend = LEFT + 8 + LEGEND * k;
    const sample = shape('line', { x1: legend, x2: legend + 22, y1: TOP + 4, y2: TOP + 4, ...stroke });
    svg.append(line, sample, textAt(legend + 28, TOP + 8, of, 'start'));
  }
  return svg;
}

function textAt(x: number, y: number, text: string, anchor: 'start' | 'end'): SVGElement {
  const element = shape('text', { x, y, 'text-anchor': anchor });
  element.textContent = text;
  return element;
}

function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
