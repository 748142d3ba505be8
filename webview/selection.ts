/**
 * What is selected: findings, pages at a time, events, measurements; in
 * the picture, in the panel and in the editor.
 */
import type {
  EventRef,
  FindingReply,
  InspectReply,
  LaneReply,
  Place,
  TableLine,
} from '../model/timeline/asks.js';
import { Span, SPAN_FIELDS } from '../model/timeline/tiles.js';
import type { Host } from './host.js';
import type { Announcer } from './page/a11y.js';
import { duration, laneName, plural } from './page/format.js';
import type { Page } from './page/page.js';
import { offerPanel } from './page/sidePanel.js';
import {
  actionLinks,
  element,
  eventLink,
  eventWords,
  findingLine,
  findingWords,
  inspectWords,
  laneWords,
  link,
  measureWords,
} from './page/words.js';
import { VERDICT_NAMES } from './paint/style.js';
import type { Target } from './picture/hit.js';
import { placeOfFinding, type Hit } from './picture/scene.js';
import { clampSpan, DisplayRows, displayRowOf, reveal, type DisplayRow } from './picture/viewport.js';
import type { Store } from './store.js';

/** Evidence within this share of the picture is a dot. */
const DOT = 0.12;
/** A new picture is zoomed to evidence that takes less than this share of it. */
const NEAR_AT_FIRST = 0.33;
/** An event this near to the pointer, in pixels, counts as under it. */
const NEAR_PX = 5;

export class Selection {
  constructor(
    private readonly store: Store,
    private readonly host: Host,
    private readonly page: Page,
    private readonly announcer: Announcer,
  ) {}

  async jump(text: string): Promise<void> {
    const { store } = this;
    if (!store.loaded || text.trim() === '') return;
    const { message, place } = await this.host.ask('find', {
      text,
      rowSet: store.loaded.rows.rowSet,
      fromTime: store.middleTime(),
    });
    this.announcer.say(message);
    if (!place) {
      this.showWords(element('p', message));
      return;
    }
    this.goToPlace(place);
    if (place.group >= 0) this.host.run(this.inspect(rowOfPlace(place), timeOf(place) ?? store.middleTime()));
  }

  /** Brings a place into sight. */
  private goToPlace(place: Place): void {
    const { store } = this;
    const time = timeOf(place);
    store.selectedTime = place.row >= 0 ? place.time : NaN;
    const row = place.group < 0 ? -1 : store.displayRows().indexOf(place.group, place.groupRow);
    const shown = this.revealed(time === undefined ? NaN : store.viewOfTime(time), row);
    store.go({ ...store.withLane(shown, place.lane), selectedRow: place.row });
  }

  /** The view with a time (NaN: any) and a display row (-1: any) in sight. */
  private revealed(at: number, row: number): ReturnType<typeof reveal> {
    const { store } = this;
    return reveal(store.view, store.frame(), at, row, store.bounds(), store.displayRows().length);
  }

  stepFinding(by: number): void {
    const { loaded, view } = this.store;
    if (!loaded) return;
    const { findingRow, findingLead } = loaded.meta;
    // Rules that one event breaks in one way are one stop.
    const order = [...findingRow.keys()]
      .filter((finding) => findingLead[finding] === finding)
      .sort((a, b) => findingRow[a]! - findingRow[b]!);
    if (order.length === 0) {
      this.announcer.say('Nothing was found in what could be judged');
      return;
    }
    const at = order.indexOf(findingLead[view.selectedFinding] ?? -1);
    const next = order.at(nextOf(at, by, order.length))!;
    this.host.run(this.selectFinding(next, true));
  }

  /** Shows a finding's words and arrows; brings it into sight and into the editor when asked to. */
  async selectFinding(index: number, follow: boolean): Promise<void> {
    if (follow && this.store.loaded?.meta.findingRow[index] !== undefined) this.revealFinding(index);
    const finding = await this.showFinding(index);
    if (!finding || !follow) return;
    this.zoomToEvidence(finding, DOT);
    this.announcer.say(findingLine(finding));
    this.goTo(finding.at, finding.id);
  }

  /** Where a new picture begins: at a fault, near; what is only undecided leaves the whole trace in sight. */
  async beginAt(index: number): Promise<void> {
    const isFault = VERDICT_NAMES[this.store.loaded!.meta.findingVerdict[index]!] !== 'undecidable';
    if (isFault) this.revealFinding(index);
    const finding = await this.showFinding(index);
    if (finding && isFault) this.zoomToEvidence(finding, NEAR_AT_FIRST);
  }

  private async showFinding(index: number): Promise<FindingReply | undefined> {
    const { store } = this;
    if (!store.loaded || index < 0 || index >= store.loaded.meta.findingRow.length) {
      store.finding = null;
      return undefined;
    }
    const finding = await this.host.ask('finding', { index });
    store.finding = finding;
    const words = findingWords(finding, (event) => this.link(event));
    words.querySelector('h2')!.after(this.actions(finding.at.row, finding.id, null));
    this.showWords(words);
    store.redraw();
    return finding;
  }

  /** Goes to a finding at the finest level, where a page with a finding has a row of its own. */
  private revealFinding(index: number): void {
    const { store } = this;
    const { meta, rows } = store.loaded!;
    const at = store.viewOfTime(meta.findingTime[index]!);
    const finest = new DisplayRows(store.groups(), 0, store.view.collapsed);
    const place = placeOfFinding(rows, index);
    const row = place ? finest.indexOf(place.group, place.first) : -1;
    const from = { ...store.view, level: 0 };
    const shown = reveal(from, store.frame(), at, row, store.bounds(), finest.length);
    store.step({
      ...store.withLane(shown, meta.findingLane[index]!),
      selectedFinding: index,
      selectedRow: meta.findingRow[index]!,
    });
  }

  /** Where the evidence takes less than a share of the picture, zooms in until the steps are told apart. */
  private zoomToEvidence(finding: FindingReply, share: number): void {
    const { store } = this;
    const events = [finding.at, ...finding.evidence.map((e) => e.event)];
    const times = events.map((event) => store.viewOfTime(event.time));
    const from = Math.min(...times);
    const range = Math.max(...times) - from;
    const { view } = store;
    if (range <= 0 || range > (view.until - view.from) * share) return;
    store.go({ ...view, ...clampSpan(from - range, from + 2 * range, store.bounds()) });
  }

  private link(event: EventRef): HTMLElement {
    return eventLink(event, this.store.clock, (e) => this.goTo(e, ''));
  }

  /** Selects an event in the editor and the trees. */
  goTo(event: EventRef, finding: string): void {
    this.host.tell('reveal', { row: event.row, line: event.line, finding });
  }

  /** Shows what was selected elsewhere: an event, and the id of a finding at it, '' for none. */
  async selectFromHost(row: number, finding: string): Promise<null> {
    const { store } = this;
    if (!store.loaded) return null;
    const index = finding === '' ? -1 : this.findingAt(row, finding);
    const place = await this.host.ask('locate', { row, rowSet: store.loaded.rows.rowSet });
    this.goToPlace(place);
    if (index >= 0) {
      store.go({ ...store.view, selectedFinding: index });
      await this.selectFinding(index, false);
    } else if (place.group >= 0) await this.inspect(rowOfPlace(place), place.time);
    else if (place.event) this.showWords(eventWords(place.event, (event) => this.link(event)));
    return null;
  }

  /** The finding at an event with this id, -1 when there is none. */
  private findingAt(row: number, id: string): number {
    const { meta } = this.store.loaded!;
    return meta.findingRow.findIndex((r, i) => r === row && id.startsWith(`${this.ruleOf(i)}@`));
  }

  private showWords(words: HTMLElement): void {
    this.page.selection.replaceChildren(words);
    this.page.panels.show('selection');
  }

  /** Selects what is at a point of the picture, or measures from or to there. */
  click(x: number, y: number, measuring: boolean): void {
    const target = this.store.targetAt(x, y);
    if (!target || !this.store.loaded) return;
    const time = this.store.timeOfView(target.at);
    if (!measuring && isOfTrace(target)) offerPanel(this.page.side);
    if (measuring) this.measureAt(this.exactTime(target));
    else if (target.area === 'lane') this.host.run(this.inspectLane(target.lane, time));
    else if (target.area === 'row') this.host.run(this.inspect(target.row, time));
    else if (target.area === 'thing') this.clickThing(target.hit, time);
  }

  private clickThing({ kind, index }: Hit, time: number): void {
    switch (kind) {
      case 'finding':
        this.host.run(this.selectFinding(index, true));
        break;
      case 'group':
        this.store.toggleGroup(index);
        break;
      case 'lanes':
        this.store.toggleLanes();
        break;
      case 'active':
        this.showActiveLanes();
        break;
      case 'mark':
        this.host.run(this.selectMark(index));
        break;
      case 'conversion':
        this.host.run(this.selectConversion(index, time));
        break;
    }
  }

  showActiveLanes(): void {
    const active = this.store.showActiveLanes();
    if (active >= 0) this.announcer.say(`${plural(active, 'thread')} active here`);
  }

  private async selectMark(index: number): Promise<void> {
    const { store } = this;
    const tile = store.scene?.tile;
    if (!tile || !store.loaded) return;
    const row = Math.floor(tile.markCell[index]! / tile.request.columns);
    const place = await this.host.ask('locate', {
      row: tile.markRow[index]!,
      rowSet: store.loaded.rows.rowSet,
    });
    store.selectedTime = place.time;
    store.replace({ ...store.view, selectedRow: place.row });
    this.host.tell('reveal', { row: place.row, line: place.line, finding: '' });
    await this.inspect(displayRowOf(tile, row), place.time);
  }

  /** Shows the pages of a conversion as they are at a time. */
  private async selectConversion(conversion: number, time: number): Promise<void> {
    const tile = this.store.scene?.tile;
    if (!tile) return;
    for (let at = 0; at < tile.spans.length; at += SPAN_FIELDS) {
      const row = tile.spans[at + Span.Row]!;
      if (tile.spans[at + Span.Conversion] === conversion && row >= 0)
        await this.inspect(displayRowOf(tile, row), time);
    }
  }

  private async inspect(row: DisplayRow, time: number): Promise<void> {
    if (!this.store.loaded) return;
    const reply = await this.askInspect(row, time);
    const words = inspectWords(
      reply,
      this.store.clock(time),
      (event) => this.link(event),
      (index) => link(this.nameOfFinding(index), () => this.host.run(this.selectFinding(index, true))),
    );
    if (reply.row >= 0) words.querySelector('h2')!.after(this.actions(reply.row, '', reply.pages));
    this.showWords(words);
    this.announcer.say(`${reply.title}: ${reply.facts.map((f) => `${f.label} ${f.text}`).join(', ')}`);
  }

  /** What the debugger can do with what is shown. */
  private actions(row: number, finding: string, pages: InspectReply['pages']): HTMLElement {
    const from = {
      label: 'Replay from here',
      title:
        'Step through the trace in the debugger from this event on; a replay that is under way goes there',
      run: () => this.host.tell('replay', { row, finding }),
    };
    if (!pages || (pages.unit === 'gfn' ? pages.vm : pages.inode) < 0) return actionLinks([from]);
    const watch = {
      label: 'Break on change',
      title: 'Stop the replay of this trace wherever the state of these pages changes',
      run: () => this.host.tell('watch', { row, pages }),
    };
    return actionLinks([from, watch]);
  }

  private ruleOf(finding: number): string {
    const { meta } = this.store.loaded!;
    return meta.rules[meta.findingRule[finding]!]!;
  }

  private nameOfFinding(finding: number): string {
    const verdict = this.store.loaded!.meta.findingVerdict[finding]!;
    return `${this.ruleOf(finding)} ${VERDICT_NAMES[verdict]!}`;
  }

  private async inspectLane(shown: number, time: number): Promise<void> {
    const lane = this.store.shownLanes()[shown];
    if (lane === undefined) return;
    const reply = await this.askLane(lane, time);
    const name = laneName(this.store.loaded!.meta.lanes[lane]!);
    this.showWords(laneWords(name, reply, this.store.clock(time), (event) => this.link(event)));
    this.announcer.say(`${name}: ${reply.events.map((e) => e.name).join(', ')}`);
  }

  /** How far in time from the pointer an event still counts as under it. */
  private tolerance(): number {
    const { store } = this;
    const span = store.timeOfView(store.view.until) - store.timeOfView(store.view.from);
    return Math.max(1, (span / store.frame().plotW) * NEAR_PX);
  }

  /** Asks what a thread did near a time. */
  askLane(lane: number, time: number): Promise<LaneReply> {
    return this.host.ask('lane', { lane, time, tolerance: this.tolerance() });
  }

  /** Asks how the pages of a row are at a time. */
  askInspect({ group, first, count }: DisplayRow, time: number): Promise<InspectReply> {
    const { rowSet } = this.store.loaded!.rows;
    return this.host.ask('inspect', { rowSet, group, first, count, time, tolerance: this.tolerance() });
  }

  private exactTime(target: Target): number {
    if (target.area === 'thing' && target.hit.kind === 'finding')
      return this.store.loaded!.meta.findingTime[target.hit.index]!;
    return this.store.timeOfView(target.at);
  }

  /** Begins a measurement at a time, or ends there the one that was begun. */
  private measureAt(time: number): void {
    const { store } = this;
    const [begun, ended] = store.view.measure;
    if (begun === undefined || ended !== undefined) {
      store.go({ ...store.view, measure: [time] });
      this.announcer.say(`Measuring from ${store.clock(time)}`);
      return;
    }
    store.go({ ...store.view, measure: [begun, time] });
    this.host.run(this.showMeasure(begun, time));
  }

  private async showMeasure(fromTime: number, untilTime: number): Promise<void> {
    const reply = await this.host.ask('measure', { fromTime, untilTime });
    const { unit } = this.store.loaded!.meta;
    this.showWords(measureWords(reply, unit, this.store.clock));
    this.announcer.say(`${duration(reply.untilTime - reply.fromTime, unit)}, ${reply.events} events`);
  }

  /** Shows a line of the table in the picture, and its cause in the editor. */
  chooseLine(line: TableLine): void {
    if (line.finding >= 0) {
      this.host.run(this.selectFinding(line.finding, true));
      return;
    }
    const { store } = this;
    const row = store.displayRows().indexOf(line.group, line.rowFirst);
    store.go(this.revealed(store.viewOfTime(line.from), row));
    if (line.cause) this.goTo(line.cause, '');
  }
}

/** False for what only folds and scrolls the picture. */
function isOfTrace(target: Target): boolean {
  return target.area !== 'thing' || !['group', 'lanes', 'active'].includes(target.hit.kind);
}

/** Number of the finding `by` steps from `now` around the end; from none (-1), the first or the last. */
function nextOf(now: number, by: number, count: number): number {
  if (now >= 0) return (now + by + count) % count;
  return by > 0 ? 0 : -1;
}

function rowOfPlace(place: Place): DisplayRow {
  return { group: place.group, first: place.groupRow, count: 1 };
}

/** Time of a place; undefined where none is known: NaN is null on its way through the channel. */
function timeOf(place: Place): number | undefined {
  const time: number | null = place.time;
  return time !== null && Number.isFinite(time) ? time : undefined;
}
