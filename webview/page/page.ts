/** The page's elements, without what they do. */
import type { Grouping } from '../../model/timeline/shapes.js';
import {
  button,
  checkbox,
  dropdown,
  panels,
  textField,
  type Button,
  type Check,
  type Choice,
  type Field,
  type Panels,
} from './controls.js';
import { icon } from './icons.js';
import { element } from './words.js';

export interface PageActs {
  jump(text: string): void;
  nextFinding(): void;
  previousFinding(): void;
  whole(): void;
  zoom(factor: number): void;
  undo(): void;
  redo(): void;
  compress(on: boolean): void;
  grouping(grouping: Grouping): void;
  /** Index of the only VM to show, -1 for all. */
  vm(vm: number): void;
  /** Ever bits, 0 for any state. */
  states(states: number): void;
  /** Bits of marks. */
  marks(marks: number): void;
  /** The only thread, -1 for any. */
  thread(tid: number): void;
  pages(text: string): void;
  findingsOnly(on: boolean): void;
  exportAs(value: string): void;
  side(): void;
  panel(name: string): void;
}

export interface Page {
  readonly root: HTMLElement;
  readonly picture: HTMLElement;
  readonly title: HTMLElement;
  readonly summary: HTMLElement;
  readonly legendPlace: HTMLElement;
  readonly tooltip: HTMLElement;
  readonly notice: HTMLElement;
  readonly split: HTMLElement;
  readonly side: HTMLElement;
  readonly selection: HTMLElement;
  readonly tablePlace: HTMLElement;
  readonly legend: HTMLElement;
  readonly panels: Panels;
  readonly jump: Field;
  readonly undo: Button;
  readonly redo: Button;
  readonly compress: Check;
  readonly findingsOnly: Check;
  readonly grouping: Choice;
  readonly vm: Choice;
  readonly states: Choice;
  readonly thread: Choice;
}

const GROUPINGS = [
  { value: 'vm', text: 'by VM' },
  { value: 'slot', text: 'by memslot' },
  { value: 'inode', text: 'by inode' },
];
const STATES = [
  { value: '0', text: 'any state' },
  { value: '1', text: 'ever shared' },
  { value: '2', text: 'ever private' },
  { value: '4', text: 'ever converting' },
  { value: '32', text: 'failed or stuck' },
  { value: '8', text: 'ever mapped' },
  { value: '16', text: 'ever referenced' },
];
/** Mark bits of model/timeline/marks.ts. */
const MARKS = [
  { value: '65535', text: 'all marks' },
  { value: '7', text: 'faults' },
  { value: '24', text: 'zaps, unmaps' },
  { value: '3040', text: 'conversions' },
  { value: '32', text: 'punches' },
  { value: '0', text: 'no marks' },
];
const EXPORTS = [
  { value: '', text: 'Export…' },
  { value: 'link', text: 'Copy link' },
  { value: 'png', text: 'Save PNG' },
  { value: 'svg', text: 'Save SVG' },
];

export function buildPage(acts: PageActs): Page {
  const jump = textField('Jump to a time, line or page', '12.345, :90, 0x100000', (text) => acts.jump(text));
  const pageFilter = textField('Only these pages', 'pages 0x100-0x1ff', (text) => acts.pages(text));
  const undo = button(icon('undo'), 'Undo the last change of view', () => acts.undo());
  const redo = button(icon('redo'), 'Redo the change of view', () => acts.redo());
  const compress = checkbox('compress empty time', (on) => acts.compress(on));
  const findingsOnly = checkbox('only findings', (on) => acts.findingsOnly(on));
  const grouping = dropdown('Rows', GROUPINGS, (v) => acts.grouping(v as Grouping));
  const vm = dropdown('VM', [{ value: '-1', text: 'all VMs' }], (v) => acts.vm(Number(v)));
  const states = dropdown('State', STATES, (v) => acts.states(Number(v)));
  const marks = dropdown('Events shown as marks', MARKS, (v) => acts.marks(Number(v)));
  const thread = dropdown('Thread', [{ value: '-1', text: 'all threads' }], (v) => acts.thread(Number(v)));
  const exports = dropdown('Export', EXPORTS, (v) => {
    if (v !== '') acts.exportAs(v);
    exports.set('');
  });
  const toolbar = element('div', '', 'toolbar');
  toolbar.setAttribute('role', 'toolbar');
  toolbar.setAttribute('aria-label', 'Timeline');
  toolbar.append(
    button(icon('previous'), 'Previous finding', () => acts.previousFinding()).element,
    button(icon('next'), 'Next finding', () => acts.nextFinding()).element,
    jump.element,
    element('span', '', 'gap'),
    button(icon('zoomIn'), 'Zoom in', () => acts.zoom(0.5)).element,
    button(icon('zoomOut'), 'Zoom out', () => acts.zoom(2)).element,
    button(icon('whole'), 'Whole trace', () => acts.whole()).element,
    undo.element,
    redo.element,
    element('span', '', 'gap'),
    button(icon('filter'), 'Filter: show or hide the filters', () => filters.classList.toggle('closed'))
      .element,
    exports.element,
    button(icon('panel'), 'Panel: show or hide the details', () => acts.side()).element,
  );
  const filters = element('div', '', 'toolbar filters closed');
  filters.setAttribute('role', 'toolbar');
  filters.setAttribute('aria-label', 'Filters');
  filters.append(
    grouping.element,
    vm.element,
    states.element,
    marks.element,
    thread.element,
    pageFilter.element,
    findingsOnly.element,
    compress.element,
  );
  return {
    ...buildBody([toolbar, filters], acts),
    jump,
    undo,
    redo,
    compress,
    findingsOnly,
    grouping,
    vm,
    states,
    thread,
  };
}

type Body = Omit<
  Page,
  'jump' | 'undo' | 'redo' | 'compress' | 'findingsOnly' | 'grouping' | 'vm' | 'states' | 'thread'
>;

function buildBody(toolbars: readonly HTMLElement[], acts: PageActs): Body {
  const summary = element('div');
  const legendPlace = element('div');
  const line = element('div', '', 'summary');
  line.append(summary, legendPlace);
  const title = element('h1', 'Timeline', 'unseen');
  const header = element('header');
  header.append(title, ...toolbars, line);
  const picture = element('section', '', 'picture');
  picture.setAttribute('aria-label', 'Picture');
  const tooltip = element('div', '', 'tooltip');
  tooltip.hidden = true;
  tooltip.setAttribute('role', 'tooltip');
  const notice = element('div', 'Reading the trace', 'notice');
  notice.setAttribute('role', 'status');
  const selection = element('div', '', 'words');
  selection.append(element('p', 'Click a mark, a band or a finding.', 'dim'));
  const tablePlace = element('div', '', 'life-table');
  const legend = element('div');
  const side = element('aside', '', 'side');
  side.setAttribute('aria-label', 'Details');
  side.tabIndex = 0;
  const tabs = panels(
    'Details',
    [
      { name: 'selection', text: 'Selection', element: selection },
      { name: 'table', text: 'Table', element: tablePlace },
      { name: 'legend', text: 'Legend', element: legend },
    ],
    (name) => acts.panel(name),
  );
  side.append(tabs.element);
  picture.append(tooltip, notice);
  const split = element('main', '', 'split');
  split.append(picture, side);
  const root = element('div');
  root.id = 'app';
  root.append(header, split);
  return {
    root,
    picture,
    title,
    summary,
    legendPlace,
    tooltip,
    notice,
    split,
    side,
    selection,
    tablePlace,
    legend,
    panels: tabs,
  };
}
