/** What the pointer rests on, in words beside it. */
import type { EventRef, InspectReply } from '../model/timeline/asks.js';
import { MARK_NAMES } from '../model/timeline/marks.js';
import { SPAN_FIELDS } from '../model/timeline/tiles.js';
import type { App } from './app.js';
import { grouped, pages } from './page/format.js';
import type { Target } from './picture/hit.js';
import { laneName } from './picture/layoutLanes.js';
import { displayRowOf } from './selection.js';
import { findingLine } from './page/words.js';

/** A pointer that rests this long wants to know. */
const HOVER_MS = 120;

export class Hovering {
  hover = { x: NaN, y: NaN };
  private hoverTimer = 0;

  constructor(private readonly app: App) {}

  moveHover(x: number, y: number): void {
    this.hover = { x, y };
    this.app.draw();
    clearTimeout(this.hoverTimer);
    this.app.page.tooltip.hidden = true;
    if (!Number.isNaN(x)) this.hoverTimer = setTimeout(() => this.app.run(this.showTooltip(x, y)), HOVER_MS);
  }

  private async showTooltip(x: number, y: number): Promise<void> {
    const target = this.app.targetAt(x, y);
    if (!target || !this.app.loaded) return;
    const text = await this.tooltipText(target);
    // The pointer may have moved on while the answer came.
    if (text === '' || this.hover.x !== x || this.hover.y !== y) return;
    const { tooltip } = this.app.page;
    tooltip.textContent = text;
    tooltip.hidden = false;
    tooltip.style.left = `${Math.max(0, Math.min(x + 12, this.app.size.width - tooltip.offsetWidth - 4))}px`;
    tooltip.style.top = `${y + 18 + tooltip.offsetHeight > this.app.size.height ? Math.max(0, y - tooltip.offsetHeight - 8) : y + 18}px`;
  }

  private async tooltipText(target: Target): Promise<string> {
    const time = this.app.timeOfView(target.at);
    if (target.area === 'row')
      return inspectText(await this.app.selection.askInspect(target.row, time), this.app.clock(time), (t) =>
        this.app.clock(t),
      );
    if (target.area === 'lane') return this.laneText(target.lane, time);
    if (target.area !== 'thing') return target.area === 'ruler' ? this.app.clock(time) : '';
    const { hit } = target;
    const { tile } = this.app.canvas;
    if (hit.kind === 'finding') {
      const finding = await this.app.ask('finding', { index: hit.index });
      return `${findingLine(finding)}\n${finding.pages}\n${eventText(finding.at, (t) => this.app.clock(t))}`;
    }
    if (hit.kind === 'mark' && tile) {
      const row = displayRowOf(tile, Math.floor(tile.markCell[hit.index]! / tile.request.columns));
      const what = MARK_NAMES.filter((_, bit) => (tile.markBits[hit.index]! & (1 << bit)) !== 0).join(', ');
      const n = tile.markCount[hit.index]!;
      return `${n > 1 ? `${n}: ` : ''}${what}\n${inspectText(await this.app.selection.askInspect(row, time), this.app.clock(time), (t) => this.app.clock(t))}`;
    }
    if (hit.kind === 'conversion') return this.conversionText(hit.index, time);
    if (hit.kind === 'group') {
      const info = this.app.groups()[hit.index]!;
      return `${info.label}\n${pages(info.pageCount)} in ${grouped(info.rowCount)} rows of pages with one life each, by ${info.unit}${sharersText(info.sharers)}\nClick folds them. The line beside shows the shares of all its pages.`;
    }
    if (hit.kind === 'lanes')
      return 'Who did what, a lane for each thread. Click folds them; [ and ], the wheel or a drag here scroll them.';
    if (hit.kind === 'loss')
      return 'Events are missing before this point: nothing is known of any page until an event says so again.';
    return '';
  }

  private async laneText(shown: number, time: number): Promise<string> {
    const lane = this.app.shownLanes()[shown];
    if (lane === undefined) return '';
    const { events, moreEvents } = await this.app.selection.askLane(lane, time);
    const name = laneName(this.app.loaded!.meta.lanes[lane]!);
    return [
      `${name} at ${this.app.clock(time)}`,
      ...events.slice(0, 5).map((e) => eventText(e, (t) => this.app.clock(t))),
      ...moreText(moreEvents + Math.max(0, events.length - 5)),
    ].join('\n');
  }

  /** A span says what its page says at that time. */
  private async conversionText(conversion: number, time: number): Promise<string> {
    const { tile } = this.app.canvas;
    for (let i = 0; tile && i < tile.spans.length; i += SPAN_FIELDS) {
      const row = tile.spans[i + 5]!;
      if (tile.spans[i + 3] !== conversion) continue;
      if (row < 0)
        return `conversion to ${(tile.spans[i + 4]! & 8) !== 0 ? 'private' : 'shared'} of pages out of sight`;
      return inspectText(
        await this.app.selection.askInspect(displayRowOf(tile, row), time),
        this.app.clock(time),
        (t) => this.app.clock(t),
      );
    }
    return '';
  }
}

/** Whose the lines of SPTEs are in rows of several VMs. */
function sharersText(sharers: readonly string[]): string {
  if (sharers.length < 2) return '';
  return `\nSPTEs on the upper line are of ${sharers[0]!}, on the lower line of ${sharers.slice(1).join(', ')}`;
}

function moreText(count: number): string[] {
  return count > 0 ? [`and ${grouped(count)} more`] : [];
}

function eventText(event: EventRef, time: (t: number) => string): string {
  return `${time(event.time)}${event.line > 0 ? `, line ${event.line}` : ''}: ${event.name}${event.who === '' ? '' : ` by ${event.who}`}`;
}

function inspectText(reply: InspectReply, at: string, time: (t: number) => string): string {
  const facts = reply.facts.map(
    (f) => `${f.label}: ${f.text}${f.since ? ` since ${eventText(f.since, time)}` : ''}`,
  );
  const events = reply.events.slice(0, 4).map((e) => eventText(e, time));
  return [`${reply.title} at ${at}`, ...facts, ...events].join('\n');
}
