/** What is selected, in the picture, in the panel and in the editor: findings, pages at a time, events, measurements. */
import type {
  EventRef,
  FindingReply,
  FindReply,
  InspectReply,
  LaneReply,
  MeasureReply,
  Place,
  TableLine,
} from '../model/timeline/asks.js';
import type { Tile } from '../model/timeline/tiles.js';
import { SPAN_FIELDS } from '../model/timeline/tiles.js';
import type { App } from './app.js';
import { duration } from './page/format.js';
import type { Target } from './picture/hit.js';
import { laneName } from './picture/layoutLanes.js';
import { VERDICT_NAMES } from './paint/style.js';
import { clampSpan, DisplayRows, reveal, type DisplayRow } from './picture/viewport.js';
import {
  actionLinks,
  element,
  eventLink,
  eventWords,
  findingLine,
  findingWords,
  inspectWords,
  laneWords,
  measureWords,
} from './page/words.js';

/** Evidence within this share of the picture is a dot. */
const DOT = 0.12;

export class Selection {
  /** Detail of the selected finding. */
  finding: FindingReply | null = null;
  /** Time of the selected event. */
  selectedTime = NaN;

  constructor(private readonly app: App) {}

  async jump(text: string): Promise<void> {
    if (!this.app.loaded || text.trim() === '') return;
    const reply: FindReply = await this.app.ask('find', {
      text,
      rowSet: this.app.loaded.rows.rowSet,
      fromTime: this.app.timeOfView((this.app.view.from + this.app.view.until) / 2),
    });
    this.app.announcer.say(reply.message);
    if (!reply.place) {
      this.showWords(element('p', reply.message));
      return;
    }
    this.goToPlace(reply.place);
    if (reply.place.group >= 0)
      this.app.run(
        this.inspect(
          { group: reply.place.group, first: reply.place.groupRow, count: 1 },
          Number.isFinite(reply.place.time) && reply.place.time !== null
            ? reply.place.time
            : this.app.timeOfView((this.app.view.from + this.app.view.until) / 2),
        ),
      );
  }

  /** Brings a place into sight. */
  private goToPlace(place: Place): void {
    const at =
      typeof place.time === 'number' && Number.isFinite(place.time) ? this.app.viewOfTime(place.time) : NaN;
    this.selectedTime = place.row >= 0 ? place.time : NaN;
    const rows = this.app.displayRows();
    const row = place.group < 0 ? -1 : rows.indexOf(place.group, place.groupRow);
    this.app.go({
      ...this.app.withLane(
        reveal(this.app.view, this.app.frame(), at, row, this.app.bounds(), rows.length),
        place.lane,
      ),
      selectedRow: place.row,
    });
  }

  stepFinding(by: number): void {
    if (!this.app.loaded) return;
    const { meta } = this.app.loaded;
    const order = [...meta.findingRow.keys()].sort((a, b) => meta.findingRow[a]! - meta.findingRow[b]!);
    if (order.length === 0) {
      this.app.announcer.say('This trace has no findings');
      return;
    }
    const now = order.indexOf(this.app.view.selectedFinding);
    const next = order[now < 0 ? (by > 0 ? 0 : order.length - 1) : (now + by + order.length) % order.length]!;
    this.app.run(this.selectFinding(next, true));
  }

  /** Shows a finding's words and arrows; brings it into sight and into the editor when asked to. */
  async selectFinding(index: number, follow: boolean): Promise<void> {
    if (!this.app.loaded || index < 0 || index >= this.app.loaded.meta.findingRow.length) {
      this.finding = null;
      return;
    }
    const { meta, rows } = this.app.loaded;
    if (follow) {
      const at = this.app.viewOfTime(meta.findingTime[index]!);
      const quad = findQuad(rows.findingRows, index);
      // At the finest level, where a page with a finding has a row of its own.
      const display = new DisplayRows(rows.groups, 0, this.app.view.collapsed);
      const row = quad < 0 ? -1 : display.indexOf(rows.findingRows[quad + 1]!, rows.findingRows[quad + 2]!);
      const before = this.app.view;
      const shown = reveal(
        { ...this.app.view, level: 0 },
        this.app.frame(),
        at,
        row,
        this.app.bounds(),
        display.length,
      );
      this.app.history.go(
        {
          ...this.app.withLane(shown, meta.findingLane[index]!),
          selectedFinding: index,
          selectedRow: meta.findingRow[index]!,
        },
        performance.now(),
      );
      if (before !== this.app.view) this.app.refresh();
    }
    this.finding = await this.app.ask('finding', { index });
    const words = findingWords(this.finding, (event) => this.link(event));
    words.querySelector('h2')!.after(this.actions(this.finding.at.row, this.finding.id, null));
    this.showWords(words);
    this.app.draw();
    if (!follow) return;
    this.zoomToEvidence(this.finding);
    this.app.announcer.say(findingLine(this.finding));
    this.goTo(this.finding.at, this.finding.id);
  }

  /** Where the evidence is a dot in the picture, zooms in until the steps are told apart. */
  private zoomToEvidence(finding: FindingReply): void {
    const times = [finding.at, ...finding.evidence.map((e) => e.event)].map((e) =>
      this.app.viewOfTime(e.time),
    );
    const from = Math.min(...times);
    const range = Math.max(...times) - from;
    const { view } = this.app;
    if (range <= 0 || range > (view.until - view.from) * DOT) return;
    this.app.go({ ...view, ...clampSpan(from - range, from + 2 * range, this.app.bounds()) });
  }

  private link(event: EventRef): HTMLElement {
    return eventLink(
      event,
      (t) => this.app.clock(t),
      (e) => this.goTo(e, ''),
    );
  }

  /** Selects an event in the editor and the trees. */
  goTo(event: EventRef, finding: string): void {
    this.app.run(this.app.endpoint.request('reveal', { row: event.row, line: event.line, finding }));
  }

  async selectFromHost(row: number, finding: string): Promise<null> {
    if (!this.app.loaded) return null;
    const { meta } = this.app.loaded;
    const index =
      finding === ''
        ? -1
        : meta.findingRow.findIndex(
            (r, i) => r === row && finding.startsWith(`${meta.rules[meta.findingRule[i]!]!}@`),
          );
    const place = await this.app.ask('locate', { row, rowSet: this.app.loaded.rows.rowSet });
    this.goToPlace(place);
    if (index >= 0) {
      this.app.go({ ...this.app.view, selectedFinding: index });
      await this.selectFinding(index, false);
    } else if (place.group >= 0)
      await this.inspect({ group: place.group, first: place.groupRow, count: 1 }, place.time);
    else if (place.event) this.showWords(eventWords(place.event, (event) => this.link(event)));
    return null;
  }

  private showWords(words: HTMLElement): void {
    this.app.page.selection.replaceChildren(words);
    this.app.page.panels.show('selection');
  }

  click(x: number, y: number, measuring: boolean): void {
    this.app.canvas.element.focus();
    const target = this.app.targetAt(x, y);
    if (!target || !this.app.loaded) return;
    if (measuring) {
      this.measureAt(this.exactTime(target));
      return;
    }
    if (target.area === 'lane') this.app.run(this.inspectLane(target.lane, this.app.timeOfView(target.at)));
    if (target.area === 'row') this.app.run(this.inspect(target.row, this.app.timeOfView(target.at)));
    if (target.area !== 'thing') return;
    const { hit } = target;
    if (hit.kind === 'finding') this.app.run(this.selectFinding(hit.index, true));
    else if (hit.kind === 'group') this.app.toggleGroup(hit.index);
    else if (hit.kind === 'lanes') this.app.toggleLanes();
    else if (hit.kind === 'active') this.app.showActiveLanes();
    else if (hit.kind === 'mark') this.app.run(this.selectMark(hit.index));
    else if (hit.kind === 'conversion') this.app.run(this.selectConversion(hit.index, target.at));
  }

  private async selectMark(index: number): Promise<void> {
    const { tile } = this.app.canvas;
    if (!tile || !this.app.loaded) return;
    const row = Math.floor(tile.markCell[index]! / tile.request.columns);
    const place = await this.app.ask('locate', {
      row: tile.markRow[index]!,
      rowSet: this.app.loaded.rows.rowSet,
    });
    this.selectedTime = place.time;
    this.app.history.replace({ ...this.app.view, selectedRow: place.row });
    this.app.run(this.app.endpoint.request('reveal', { row: place.row, line: place.line, finding: '' }));
    await this.inspect(displayRowOf(tile, row), place.time);
  }

  private async selectConversion(conversion: number, at: number): Promise<void> {
    const { tile } = this.app.canvas;
    if (!tile) return;
    for (let i = 0; i < tile.spans.length; i += SPAN_FIELDS) {
      const row = tile.spans[i + 5]!;
      if (tile.spans[i + 3] === conversion && row >= 0)
        await this.inspect(displayRowOf(tile, row), this.app.timeOfView(at));
    }
  }

  async inspect(row: DisplayRow, time: number): Promise<void> {
    if (!this.app.loaded) return;
    const reply = await this.askInspect(row, time);
    const words = inspectWords(
      reply,
      this.app.clock(time),
      (event) => this.link(event),
      (index) => this.findingLink(index),
    );
    if (reply.row >= 0) words.querySelector('h2')!.after(this.actions(reply.row, '', reply.pages));
    this.showWords(words);
    this.app.announcer.say(`${reply.title}: ${reply.facts.map((f) => `${f.label} ${f.text}`).join(', ')}`);
  }

  /** What the debugger can do with what is shown. */
  private actions(row: number, finding: string, pages: InspectReply['pages']): HTMLElement {
    const { endpoint } = this.app;
    const from = {
      label: 'Replay from here',
      title:
        'Step through the trace in the debugger from this event on; a replay that is under way goes there',
      run: () => this.app.run(endpoint.request('replay', { row, finding })),
    };
    if (!pages || (pages.unit === 'gfn' ? pages.vm : pages.inode) < 0) return actionLinks([from]);
    const watch = {
      label: 'Break on change',
      title: 'Stop the replay of this trace wherever the state of these pages changes',
      run: () => this.app.run(endpoint.request('watch', { row, pages })),
    };
    return actionLinks([from, watch]);
  }

  private findingLink(index: number): HTMLElement {
    const link = document.createElement('a');
    link.href = '#';
    link.textContent = this.ruleOf(index);
    link.addEventListener('click', (event) => {
      event.preventDefault();
      this.app.run(this.selectFinding(index, true));
    });
    return link;
  }

  private ruleOf(finding: number): string {
    const { meta } = this.app.loaded!;
    return `${meta.rules[meta.findingRule[finding]!]!} ${VERDICT_NAMES[meta.findingVerdict[finding]!]!}`;
  }

  private async inspectLane(shown: number, time: number): Promise<void> {
    const lane = this.app.shownLanes()[shown];
    if (lane === undefined) return;
    const reply = await this.askLane(lane, time);
    const name = laneName(this.app.loaded!.meta.lanes[lane]!);
    this.showWords(laneWords(name, reply, this.app.clock(time), (event) => this.link(event)));
    this.app.announcer.say(`${name}: ${reply.events.map((e) => e.name).join(', ')}`);
  }

  /** How far from the pointer an event still counts as under it. */
  private tolerance(): number {
    const perPx =
      (this.app.timeOfView(this.app.view.until) - this.app.timeOfView(this.app.view.from)) /
      this.app.frame().plotW;
    return Math.max(1, perPx * 5);
  }

  askLane(lane: number, time: number): Promise<LaneReply> {
    return this.app.ask('lane', { lane, time, tolerance: this.tolerance() });
  }

  askInspect(row: DisplayRow, time: number): Promise<InspectReply> {
    return this.app.ask('inspect', {
      rowSet: this.app.loaded!.rows.rowSet,
      group: row.group,
      first: row.first,
      count: row.count,
      time,
      tolerance: this.tolerance(),
    });
  }

  private exactTime(target: Target): number {
    if (target.area === 'thing' && target.hit.kind === 'finding')
      return this.app.loaded!.meta.findingTime[target.hit.index]!;
    return this.app.timeOfView(target.at);
  }

  private measureAt(time: number): void {
    const measure = this.app.view.measure.length === 1 ? [this.app.view.measure[0]!, time] : [time];
    this.app.go({ ...this.app.view, measure });
    if (measure.length < 2) {
      this.app.announcer.say(`Measuring from ${this.app.clock(time)}`);
      return;
    }
    this.app.run(
      this.app
        .ask('measure', { fromTime: measure[0]!, untilTime: measure[1]! })
        .then((reply: MeasureReply) => {
          this.showWords(measureWords(reply, this.app.loaded!.meta.unit, (t) => this.app.clock(t)));
          this.app.announcer.say(
            `${duration(reply.untilTime - reply.fromTime, this.app.loaded!.meta.unit)}, ${reply.events} events`,
          );
        }),
    );
  }

  chooseLine(line: TableLine): void {
    if (line.finding >= 0) {
      this.app.run(this.selectFinding(line.finding, true));
      return;
    }
    const rows = this.app.displayRows();
    this.app.go(
      reveal(
        this.app.view,
        this.app.frame(),
        this.app.viewOfTime(line.from),
        rows.indexOf(line.group, line.rowFirst),
        this.app.bounds(),
        rows.length,
      ),
    );
    if (line.cause) this.goTo(line.cause, '');
  }
}

function findQuad(quads: Int32Array, finding: number): number {
  for (let i = 0; i < quads.length; i += 4) if (quads[i] === finding) return i;
  return -1;
}

/** Row of the picture that a row of a tile is. */
export function displayRowOf(tile: Tile, row: number): DisplayRow {
  return {
    group: tile.request.rows[row * 3]!,
    first: tile.request.rows[row * 3 + 1]!,
    count: tile.request.rows[row * 3 + 2]!,
  };
}
