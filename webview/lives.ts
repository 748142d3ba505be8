/** The table of the Details panel: the lives of the pages in view, asked for once the view rests. */
import { LifeTable } from './page/a11y.js';
import type { Page } from './page/page.js';
import { isPanelShown, showPanel } from './page/sidePanel.js';
import { ROW_H } from './picture/viewport.js';
import type { TableLine } from '../model/timeline/asks.js';
import type { Host } from './host.js';
import type { Store } from './store.js';

/** A view that rests this long is worth a table. */
const REST_MS = 250;
const LINES_MAX = 300;

export class Lives {
  private readonly table: LifeTable;
  private timer = 0;

  constructor(
    private readonly store: Store,
    private readonly host: Host,
    private readonly page: Page,
    choose: (line: TableLine) => void,
  ) {
    this.table = new LifeTable({ choose }, store.clock);
    page.tablePlace.append(this.table.element);
  }

  /** Opens the panel with the table in it, and moves there. */
  show(): void {
    showPanel(this.page.side);
    this.page.panels.show('table');
    this.fill(true);
  }

  /** Fills the table once nothing has changed for a while. */
  fillSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fill(), REST_MS);
  }

  fill(focus = false): void {
    const { store } = this;
    if (!store.loaded || !isPanelShown(this.page.side)) return;
    const asked = this.host.ask('table', {
      rowSet: store.loaded.rows.rowSet,
      rows: this.rowsInView(),
      fromTime: store.timeOfView(store.view.from),
      untilTime: store.timeOfView(store.view.until),
      limit: LINES_MAX,
    });
    this.host.run(
      asked.then((reply) => {
        this.table.fill(reply, (group) => store.groups()[group]?.label ?? '');
        if (focus) this.table.focus();
      }),
    );
  }

  /** Rows in the picture, without those of whole groups, as a request has them. */
  private rowsInView(): Int32Array {
    const rows = this.store.displayRows();
    const { top } = this.store.view;
    const end = Math.min(rows.length, Math.ceil(top + this.store.frame().rowsH / ROW_H));
    const triples: number[] = [];
    for (let i = Math.floor(top); i < end; i++) {
      const row = rows.at(i);
      if (row && row.first >= 0) triples.push(row.group, row.first, row.count);
    }
    return Int32Array.from(triples);
  }
}
