/** Shows the answer of a notebook's cell as a table, of which rows that name an event lead to its line. */
import { chartOf } from './sqlChart.js';
import { CHART_CSS, chartElement } from './sqlChartView.js';
import { SQL_MIME, type SqlOutput, type SqlReveal } from './protocol/sqlOutput.js';

interface RendererContext {
  postMessage?(message: unknown): void;
}
interface OutputItem {
  readonly mime: string;
  json(): unknown;
}
interface Renderer {
  renderOutputItem(item: OutputItem, element: HTMLElement): void;
}

const CSS = `
  .shimtrace-sql { max-height: 28em; overflow: auto; }
  .shimtrace-sql table { border-collapse: collapse; font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); }
  .shimtrace-sql th { position: sticky; top: 0; background: var(--vscode-editor-background); text-align: left; }
  .shimtrace-sql th, .shimtrace-sql td { padding: 1px 10px 1px 4px; white-space: pre; border-bottom: 1px solid var(--vscode-editorWidget-border, var(--vscode-contrastBorder, transparent)); }
  .shimtrace-sql tbody td { text-align: left; }
  .shimtrace-sql tbody td.number, .shimtrace-sql th.number { text-align: right; }
  .shimtrace-sql .none { opacity: 0.6; }
  .shimtrace-sql tr[tabindex] { cursor: pointer; }
  .shimtrace-sql tr[tabindex]:hover, .shimtrace-sql tr[tabindex]:focus { outline: 1px solid var(--vscode-focusBorder); outline-offset: -1px; background: var(--vscode-list-hoverBackground); }
  .shimtrace-sql-foot { opacity: 0.8; padding-top: 2px; }
  .shimtrace-sql-switch summary { cursor: pointer; width: max-content; }
  .shimtrace-sql-switch summary:focus-visible { outline: 1px solid var(--vscode-focusBorder); }
  ${CHART_CSS}
`;

export function activate(context: RendererContext): Renderer {
  return {
    renderOutputItem(item, element) {
      if (item.mime !== SQL_MIME) return;
      const output = item.json() as SqlOutput;
      const reveal = (message: SqlReveal): void => context.postMessage?.(message);
      element.replaceChildren(styles(), tableOf(output, reveal), footOf(output), ...pictureOf(output));
    },
  };
}

function styles(): HTMLElement {
  const style = document.createElement('style');
  style.textContent = CSS;
  return style;
}

function tableOf(output: SqlOutput, reveal: (message: SqlReveal) => void): HTMLElement {
  const box = document.createElement('div');
  box.className = 'shimtrace-sql';
  if (output.columns.length === 0) return box;
  const table = document.createElement('table');
  const head = table.createTHead().insertRow();
  output.columns.forEach((name, k) => {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = name;
    if (output.numeric[k]) cell.className = 'number';
    head.append(cell);
  });
  const body = table.createTBody();
  output.rows.forEach((row, i) => {
    const line = body.insertRow();
    row.forEach((value, k) => {
      fill(line.insertCell(), value, output.numeric[k] === true);
    });
    const place = output.places[i];
    if (place) leadTo(line, output.hint, () => reveal({ reveal: place }));
  });
  box.append(table);
  return box;
}

function fill(cell: HTMLTableCellElement, value: string | null, isNumber: boolean): void {
  cell.textContent = value ?? 'NULL';
  if (value === null) cell.className = 'none';
  else if (isNumber) cell.className = 'number';
}

/** By a click and by Enter. */
function leadTo(line: HTMLTableRowElement, hint: string, go: () => void): void {
  line.tabIndex = 0;
  line.title = hint;
  line.addEventListener('click', () => {
    // Who marks text to copy it wants to stay.
    if (getSelection()?.isCollapsed !== false) go();
  });
  line.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    go();
  });
}

/** The answer as a picture, shown when it is asked for; nothing where it makes none. */
function pictureOf(output: SqlOutput): readonly HTMLElement[] {
  const chart = chartOf(output);
  if (!chart) return [];
  const details = document.createElement('details');
  details.className = 'shimtrace-sql-switch';
  const summary = document.createElement('summary');
  const left = chart.kind === 'bars' && chart.left > 0 ? ` (${chart.bars.length}/${output.rows.length})` : '';
  summary.textContent = output.chart + left;
  details.append(summary);
  // Drawn when it is first looked at.
  details.addEventListener('toggle', () => details.append(chartElement(chart)), { once: true });
  return [details];
}

function footOf({ foot }: SqlOutput): HTMLElement {
  const element = document.createElement('div');
  element.className = 'shimtrace-sql-foot';
  element.textContent = foot;
  return element;
}
