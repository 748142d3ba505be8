/** What the pointer rests on, in words beside it. */
import type { EventRef, InspectReply } from '../model/timeline/asks.js';
import { MARK_NAMES } from '../model/timeline/marks.js';
import { isToPrivate } from '../model/timeline/outcome.js';
import { Span, SPAN_FIELDS } from '../model/timeline/tiles.js';
import type { Host } from './host.js';
import { grouped, laneName, pages } from './page/format.js';
import type { Page } from './page/page.js';
import { byWhom, findingLine, timeAndLine } from './page/words.js';
import type { Target } from './picture/hit.js';
import type { Hit } from './picture/scene.js';
import { displayRowOf, type DisplayRow } from './picture/viewport.js';
import type { Selection } from './selection.js';
import type { Store } from './store.js';

/** A pointer that rests this long wants to know. */
const HOVER_MS = 120;
/** Events told of a page and of a thread. */
const PAGE_EVENTS_MAX = 4;
const LANE_EVENTS_MAX = 5;
/**
 * Room between the pointer and its words, in pixels: at the right,
 * below and above; and to the picture's edge.
 */
const RIGHT = 12;
const BELOW = 18;
const ABOVE = 8;
const EDGE = 4;

export class Hovering {
  private timer = 0;

  constructor(
    private readonly store: Store,
    private readonly host: Host,
    private readonly page: Page,
    private readonly selection: Selection,
  ) {}

  /** The pointer is at a point of the picture now, NaN when it left. */
  moveHover(x: number, y: number): void {
    this.store.hover = { x, y };
    this.store.redraw();
    clearTimeout(this.timer);
    this.page.tooltip.hidden = true;
    if (!Number.isNaN(x)) this.timer = setTimeout(() => this.host.run(this.showTooltip(x, y)), HOVER_MS);
  }

  private async showTooltip(x: number, y: number): Promise<void> {
    const target = this.store.targetAt(x, y);
    if (!target || !this.store.loaded) return;
    const text = await this.tooltipText(target);
    // The pointer may have moved on while the answer came.
    const { hover, size } = this.store;
    if (text === '' || hover.x !== x || hover.y !== y) return;
    const { tooltip } = this.page;
    tooltip.textContent = text;
    tooltip.hidden = false;
    const left = Math.max(0, Math.min(x + RIGHT, size.width - tooltip.offsetWidth - EDGE));
    const fitsBelow = y + BELOW + tooltip.offsetHeight <= size.height;
    const top = fitsBelow ? y + BELOW : Math.max(0, y - tooltip.offsetHeight - ABOVE);
    tooltip.style.left = `${left}px`;
    tooltip.style.top = `${top}px`;
  }

  private async tooltipText(target: Target): Promise<string> {
    const time = this.store.timeOfView(target.at);
    switch (target.area) {
      case 'row':
        return this.rowText(target.row, time);
      case 'lane':
        return this.laneText(target.lane, time);
      case 'thing':
        return this.thingText(target.hit, time);
      case 'ruler':
        return this.store.clock(time);
      default:
        return '';
    }
  }

  private async thingText({ kind, index }: Hit, time: number): Promise<string> {
    switch (kind) {
      case 'finding': {
        const finding = await this.host.ask('finding', { index });
        return [findingLine(finding), finding.pages, this.eventText(finding.at)].join('\n');
      }
      case 'mark':
        return this.markText(index, time);
      case 'conversion':
        return this.conversionText(index, time);
      case 'group':
        return this.groupText(index);
      case 'lanes':
        return (
          'Who did what, a lane for each thread. ' +
          'Click folds them; [ and ], the wheel or a drag here scroll them.'
        );
      case 'loss':
        return (
          'Events are missing before this point: ' +
          'nothing is known of any page until an event says so again.'
        );
      default:
        return '';
    }
  }

  private async rowText(row: DisplayRow, time: number): Promise<string> {
    const reply = await this.selection.askInspect(row, time);
    return this.inspectText(reply, time);
  }

  private async markText(mark: number, time: number): Promise<string> {
    const tile = this.store.scene?.tile;
    if (!tile) return '';
    const row = displayRowOf(tile, Math.floor(tile.markCell[mark]! / tile.request.columns));
    const names = MARK_NAMES.filter((_, bit) => (tile.markBits[mark]! & (1 << bit)) !== 0).join(', ');
    const count = tile.markCount[mark]!;
    const what = count > 1 ? `${count}: ${names}` : names;
    return `${what}\n${await this.rowText(row, time)}`;
  }

  private groupText(group: number): string {
    const { label, pageCount, rowCount, unit, sharers } = this.store.groups()[group]!;
    const size = `${pages(pageCount)} in ${grouped(rowCount)} rows of pages with one life each, by ${unit}`;
    const help = 'Click folds them. The line beside shows the shares of all its pages.';
    return [label, size, ...sharersText(sharers), help].join('\n');
  }

  private async laneText(shown: number, time: number): Promise<string> {
    const lane = this.store.shownLanes()[shown];
    if (lane === undefined) return '';
    const { events, moreEvents } = await this.selection.askLane(lane, time);
    const name = laneName(this.store.loaded!.meta.lanes[lane]!);
    const told = events.slice(0, LANE_EVENTS_MAX);
    return [
      `${name} at ${this.store.clock(time)}`,
      ...told.map((event) => this.eventText(event)),
      ...moreText(moreEvents + events.length - told.length),
    ].join('\n');
  }

  /** A conversion says what its page says at that time. */
  private async conversionText(conversion: number, time: number): Promise<string> {
    const tile = this.store.scene?.tile;
    for (let at = 0; tile && at < tile.spans.length; at += SPAN_FIELDS) {
      if (tile.spans[at + Span.Conversion] !== conversion) continue;
      const row = tile.spans[at + Span.Row]!;
      if (row >= 0) return this.rowText(displayRowOf(tile, row), time);
      const to = isToPrivate(tile.spans[at + Span.Value]!) ? 'private' : 'shared';
      return `conversion to ${to} of pages out of sight`;
    }
    return '';
  }

  private inspectText(reply: InspectReply, time: number): string {
    const facts = reply.facts.map(({ label, text, since }) => {
      const fact = `${label}: ${text}`;
      return since ? `${fact} since ${this.eventText(since)}` : fact;
    });
    const events = reply.events.slice(0, PAGE_EVENTS_MAX).map((event) => this.eventText(event));
    return [`${reply.title} at ${this.store.clock(time)}`, ...facts, ...events].join('\n');
  }

  private eventText(event: EventRef): string {
    return `${timeAndLine(event, this.store.clock)}: ${event.name}${byWhom(event)}`;
  }
}

/** Whose the lines of SPTEs are in rows of several VMs. */
function sharersText(sharers: readonly string[]): string[] {
  if (sharers.length < 2) return [];
  const [first, ...others] = sharers;
  return [`SPTEs on the upper line are of ${first}, on the lower line of ${others.join(', ')}`];
}

function moreText(count: number): string[] {
  return count > 0 ? [`and ${grouped(count)} more`] : [];
}
