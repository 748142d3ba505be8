/** What the side panel and tooltips say, as elements. */
import type {
  EventRef,
  FindingReply,
  InspectReply,
  LaneReply,
  MeasureReply,
} from '../../model/timeline/asks.js';
import { duration, grouped } from './format.js';

export type Unit = 'ns' | 'ticks' | 'rows';
/** A time as the trace prints it. */
export type Clock = (time: number) => string;
/** Makes a link to an event. */
export type Link = (event: EventRef) => HTMLElement;

export function element(tag: string, text = '', className = ''): HTMLElement {
  const e = document.createElement(tag);
  if (text !== '') e.textContent = text;
  if (className !== '') e.className = className;
  return e;
}

/** A link within the page. */
export function link(text: string, act: () => void): HTMLAnchorElement {
  const anchor = document.createElement('a');
  anchor.href = '#';
  anchor.textContent = text;
  anchor.addEventListener('click', (event) => {
    event.preventDefault();
    act();
  });
  return anchor;
}

/** `12.345678, line 90`; without a line for a binary trace. */
export function timeAndLine(event: EventRef, time: Clock): string {
  return event.line > 0 ? `${time(event.time)}, line ${event.line}` : time(event.time);
}

/** ` by CPU 0/KVM-275`; nothing when it is not known. */
export function byWhom(event: EventRef): string {
  return event.who === '' ? '' : ` by ${event.who}`;
}

/** A link to an event: its time and line, and who did it. */
export function eventLink(event: EventRef, time: Clock, go: (event: EventRef) => void): HTMLElement {
  const span = element('span');
  const to = link(timeAndLine(event, time), () => go(event));
  span.append(to, document.createTextNode(` ${event.name}${byWhom(event)}`));
  return span;
}

/** Links to what can be done with what is shown. */
export function actionLinks(
  actions: readonly { readonly label: string; readonly title: string; readonly run: () => void }[],
): HTMLElement {
  const line = element('p', '', 'actions');
  for (const { label, title, run } of actions) {
    const action = link(label, run);
    action.title = title;
    line.append(action);
  }
  return line;
}

export function findingWords(finding: FindingReply, link: Link): HTMLElement {
  const out = element('div', '', 'words');
  const { rule, verdict, title, message, also } = finding;
  const isUndecided = verdict === 'undecidable';
  out.append(element('h2', isUndecided ? `${rule} ${verdict}` : title, verdict));
  out.append(element('p', `${rule}: ${message}`, 'message'));
  for (const other of also) out.append(element('p', `${other.rule}: ${other.message}`, 'message'));
  if (finding.pages !== '') out.append(element('p', finding.pages, 'dim'));
  const at = element('p');
  at.append(link(finding.at));
  out.append(at);
  if (finding.evidence.length > 0) {
    out.append(element('h3', 'Evidence'));
    const list = element('ol');
    for (const e of finding.evidence) {
      const item = element('li');
      item.append(element('strong', `${e.note} `), link(e.event));
      list.append(item);
    }
    out.append(list);
  }
  return out;
}

function bullets(contents: readonly HTMLElement[]): HTMLElement {
  const list = element('ul');
  for (const content of contents) {
    const item = element('li');
    item.append(content);
    list.append(item);
  }
  return list;
}

function eventList(
  { events, moreEvents }: Pick<LaneReply, 'events' | 'moreEvents'>,
  link: Link,
): HTMLElement {
  const list = bullets(events.map(link));
  if (moreEvents > 0) list.append(element('li', `and ${grouped(moreEvents)} more`, 'dim'));
  return list;
}

export function inspectWords(
  reply: InspectReply,
  at: string,
  link: Link,
  finding: (index: number) => HTMLElement,
): HTMLElement {
  const out = element('div', '', 'words');
  out.append(element('h2', reply.title), element('p', `at ${at}`, 'dim'));
  if (reply.facts.length > 0) {
    const list = element('dl');
    for (const fact of reply.facts) {
      list.append(element('dt', fact.label));
      const value = element('dd', fact.text);
      if (fact.since) {
        const since = element('div', 'since ', 'dim');
        since.append(link(fact.since));
        value.append(since);
      }
      list.append(value);
    }
    out.append(list);
  }
  if (reply.findings.length > 0) {
    out.append(element('h3', 'Findings here'));
    out.append(bullets(reply.findings.map(finding)));
  }
  if (reply.events.length > 0) {
    out.append(element('h3', 'What happened here'));
    out.append(eventList(reply, link));
  }
  return out;
}

/** What a thread did near a time. */
export function laneWords(name: string, reply: LaneReply, at: string, link: Link): HTMLElement {
  const out = element('div', '', 'words');
  out.append(element('h2', name), element('p', `near ${at}`, 'dim'));
  if (reply.events.length === 0) {
    out.append(element('p', 'Nothing of this thread is recorded here.', 'dim'));
    return out;
  }
  out.append(eventList(reply, link));
  return out;
}

export function measureWords(reply: MeasureReply, unit: Unit, time: Clock): HTMLElement {
  const out = element('div', '', 'words');
  const counts = [
    `${grouped(reply.events)} events`,
    `${reply.conversionsBegun} conversions begun`,
    `${reply.conversionsEnded} ended`,
    `${reply.findings} findings`,
  ];
  out.append(element('h2', duration(reply.untilTime - reply.fromTime, unit)));
  out.append(element('p', `from ${time(reply.fromTime)} to ${time(reply.untilTime)}`, 'dim'));
  out.append(element('p', counts.join(', ')));
  const list = element('ul');
  for (const { name, count } of reply.byName) list.append(element('li', `${grouped(count)} × ${name}`));
  out.append(list);
  return out;
}

/** An event that says nothing about a page. */
export function eventWords(event: EventRef, link: Link): HTMLElement {
  const out = element('div', '', 'words');
  const at = element('p');
  at.append(link(event));
  out.append(element('h2', event.name), at, element('p', 'It is not seen to change a page.', 'dim'));
  return out;
}

/** One line about a finding, for the tooltip and for announcements. */
export function findingLine(finding: FindingReply): string {
  const { rule, verdict, title, message, also } = finding;
  if (verdict === 'undecidable') return `${rule} ${verdict}: ${message}`;
  return `${title}, ${verdict} of ${[rule, ...also.map((other) => other.rule)].join(', ')}`;
}
