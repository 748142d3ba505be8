/**
 * The picture's content for those who do not see it: a table that the
 * keyboard moves in, and what is announced.
 */
import type { EventRef, TableLine, TableReply } from '../../model/timeline/asks.js';

const HEADS = ['Pages', 'From', 'Until', 'State', 'Cause', 'Verdict'] as const;

export interface TableEvents {
  /** A line was chosen. */
  choose(line: TableLine): void;
}

export class LifeTable {
  readonly element = document.createElement('div');
  private readonly table = document.createElement('table');
  private readonly body = document.createElement('tbody');
  private readonly note = document.createElement('p');
  private lines: readonly TableLine[] = [];
  private current = 0;

  constructor(
    private readonly events: TableEvents,
    private readonly time: (time: number) => string,
  ) {
    this.element.className = 'life-table';
    const caption = document.createElement('caption');
    caption.textContent = 'Lives of the pages in view. Arrow keys move, Enter shows the cause in the editor.';
    const head = document.createElement('thead');
    const row = document.createElement('tr');
    for (const text of HEADS) {
      const cell = document.createElement('th');
      cell.scope = 'col';
      cell.textContent = text;
      row.append(cell);
    }
    head.append(row);
    this.table.append(caption, head, this.body);
    this.table.addEventListener('keydown', (event) => this.key(event));
    this.table.addEventListener('click', (event) => this.click(event));
    this.note.setAttribute('role', 'status');
    this.element.append(this.table, this.note);
  }

  /** `label` names a group. */
  fill(reply: TableReply, label: (group: number) => string): void {
    // Rows are made anew: whoever stands in one must not be thrown out of the table by it.
    const hadFocus = this.body.contains(document.activeElement);
    this.lines = reply.lines;
    this.current = Math.max(0, Math.min(this.current, this.lines.length - 1));
    this.body.replaceChildren(
      ...this.lines.flatMap((line, i) =>
        line.group === this.lines[i - 1]?.group
          ? [this.row(line, i)]
          : [groupRow(label(line.group)), this.row(line, i)],
      ),
    );
    this.note.textContent = noteOf(reply);
    if (hadFocus) this.focus();
  }

  focus(): void {
    this.rowAt(this.current)?.focus();
  }

  private row(line: TableLine, i: number): HTMLTableRowElement {
    const row = document.createElement('tr');
    row.tabIndex = i === this.current ? 0 : -1;
    row.dataset['index'] = String(i);
    const cause = line.cause ? causeText(line.cause) : '';
    const texts = [line.pages, this.time(line.from), this.time(line.until), line.state, cause, line.verdict];
    texts.forEach((text, column) => {
      const cell = document.createElement(column === 0 ? 'th' : 'td');
      if (column === 0) cell.setAttribute('scope', 'row');
      cell.textContent = text;
      row.append(cell);
    });
    if (line.verdict !== '')
      row.className = line.verdict.startsWith('violation') ? 'violation' : 'other-finding';
    return row;
  }

  private rowAt(i: number): HTMLTableRowElement | null {
    return this.body.querySelector<HTMLTableRowElement>(`tr[data-index="${i}"]`);
  }

  private move(to: number): void {
    const target = Math.max(0, Math.min(this.lines.length - 1, to));
    const before = this.rowAt(this.current);
    if (before) before.tabIndex = -1;
    this.current = target;
    const row = this.rowAt(target);
    if (!row) return;
    row.tabIndex = 0;
    row.focus();
  }

  private key(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step !== undefined) this.move(this.current + step);
    else if (event.key === 'Enter' || event.key === ' ') this.choose(this.current);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private click(event: Event): void {
    const row = (event.target as Element).closest<HTMLTableRowElement>('tr[data-index]');
    if (!row) return;
    this.move(Number(row.dataset['index']));
    this.choose(this.current);
  }

  private choose(i: number): void {
    const line = this.lines[i];
    if (line) this.events.choose(line);
  }
}

/** What there is to say of a table beside its lines. */
function noteOf({ lines, more }: TableReply): string {
  if (lines.length === 0) return 'No page is in view.';
  return more ? `The first ${lines.length} lines; zoom in for the rest.` : '';
}

/** `kvm_gmem_punch, line 90, CPU 0/KVM-275`; without a line for a binary trace. */
function causeText({ name, line, who }: EventRef): string {
  return [name, ...(line > 0 ? [`line ${line}`] : []), who].join(', ');
}

/** Whose pages the lines below it are. */
function groupRow(label: string): HTMLTableRowElement {
  const row = document.createElement('tr');
  const cell = document.createElement('th');
  cell.scope = 'rowgroup';
  cell.colSpan = HEADS.length;
  cell.className = 'group';
  cell.textContent = label;
  row.append(cell);
  return row;
}

/** Says things to a screen reader, the newest only. */
export class Announcer {
  readonly element = document.createElement('div');
  private timer = 0;

  constructor() {
    this.element.className = 'unseen';
    this.element.setAttribute('role', 'status');
    this.element.setAttribute('aria-live', 'polite');
  }

  say(text: string, afterMs = 0): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.element.textContent = text), afterMs);
  }
}
