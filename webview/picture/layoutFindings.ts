/**
 * Findings on their rows, on the ruler, and as pointers to what is
 * out of sight. No level of detail hides one.
 */
import { mapThrough } from '../../model/timeline/knots.js';
import { FINDING_ROW_FIELDS, FindingRow } from '../../model/timeline/tiles.js';
import { BAND_H, BAND_Y } from './bandsLayout.js';
import { Glyph, type DrawList, type GlyphId } from './drawList.js';
import { laneTop } from './layoutLanes.js';
import { placeOfFinding, type Hit, type Scene } from './scene.js';
import { Style, VERDICT_STYLES, VIOLATION } from '../paint/style.js';
import { ROW_H, RULER_H, xOfView, yOfRow, type Frame } from './viewport.js';

/** A verdict is told by its shape: filled diamond, triangle with a stroke, question mark. */
export const VERDICT_GLYPHS: readonly GlyphId[] = [Glyph.Diamond, Glyph.Warning, Glyph.Question];
const SIZE = 13;
/** Findings nearer than this on one row are drawn as one, with their number. */
const CLUSTER = 10;
/** Clusters are told apart by their row and column: the ruler and the lanes are rows below 0. */
const RULER_ROW = -1;
const LANES_ROW = -2;
const LANES_MAX = 4096;
const COLUMNS_MAX = 8192;
/** In a lane findings are below the badges of evidence. */
const LANE_FINDING_Y = 23;

interface Cluster {
  x: number;
  y: number;
  count: number;
  verdict: number;
  index: number;
  selected: boolean;
  /** Left edge of its label, NaN where there is no room for one. */
  labelX: number;
}

function knotsOf(scene: Scene): { readonly time: Float64Array; readonly view: Float64Array } {
  return scene.view.compress ? scene.meta.compressed : scene.meta.plain;
}

export function xOfTime(scene: Scene, time: number): number {
  const knots = knotsOf(scene);
  return xOfView(scene.frame, scene.view, mapThrough(knots.time, knots.view, time));
}

/** How many violations are out of sight, by where they are. */
interface Away {
  above: number;
  below: number;
  left: number;
  right: number;
}

export function layoutFindings(scene: Scene, over: DrawList, hits: Hit[]): void {
  const { meta } = scene;
  const clusters = new Map<number, Cluster>();
  const away: Away = { above: 0, below: 0, left: 0, right: 0 };
  const placed = new Uint8Array(meta.findingRow.length);
  const { findingRows } = scene.rowsReply;
  for (let at = 0; at < findingRows.length; at += FINDING_ROW_FIELDS) {
    placed[findingRows[at + FindingRow.Finding]!] = 1;
    layoutOnRows(scene, findingRows.subarray(at, at + FINDING_ROW_FIELDS), clusters, away, over);
  }
  for (let f = 0; f < placed.length; f++) layoutOnRuler(scene, f, placed[f] === 1, clusters, over);
  placeLabels(scene, [...clusters.values()]);
  for (const c of [...clusters.values()].sort((a, b) => b.verdict - a.verdict))
    drawCluster(scene, c, over, hits);
  pointers(scene, away, over);
}

/** A finding on the rows of a group: on the first of them, with a line to the last. */
function layoutOnRows(
  scene: Scene,
  findingRow: Int32Array,
  clusters: Map<number, Cluster>,
  away: Away,
  over: DrawList,
): void {
  const { frame, view, meta, rows } = scene;
  const finding = findingRow[FindingRow.Finding]!;
  const group = findingRow[FindingRow.Group]!;
  const x = xOfTime(scene, meta.findingTime[finding]!);
  const first = rows.indexOf(group, findingRow[FindingRow.First]!);
  const last = rows.indexOf(group, findingRow[FindingRow.Last]!);
  const y = yOfRow(frame, view, first) + BAND_Y + BAND_H / 2;
  const end = yOfRow(frame, view, last) + BAND_Y + BAND_H / 2;
  const verdict = meta.findingVerdict[finding]!;
  const side = sideOf(frame, x, y, end);
  if (side !== undefined) {
    if (verdict === VIOLATION) away[side]++;
    return;
  }
  if (end > y + 1) {
    const top = Math.max(y, frame.rowsY);
    const bottom = Math.min(end, frame.rowsY + frame.rowsH);
    over.line(VERDICT_STYLES[verdict]!, x, top, x, bottom);
  }
  addTo(clusters, first, x, Math.max(y, frame.rowsY + 6), finding, scene);
}

/** A finding's tick on the ruler; and its sign, on its thread's lane or there, when no row shows it. */
function layoutOnRuler(
  scene: Scene,
  finding: number,
  isOnRow: boolean,
  clusters: Map<number, Cluster>,
  over: DrawList,
): void {
  const { frame, meta } = scene;
  const x = xOfTime(scene, meta.findingTime[finding]!);
  if (x < frame.plotX || x > frame.plotX + frame.plotW) return;
  over.fill(VERDICT_STYLES[meta.findingVerdict[finding]!]!, x - 1, RULER_H - 7, 3, 7);
  if (isOnRow) return;
  const lane = scene.lanes.indexOf(meta.findingLane[finding]!);
  if (lane >= 0) addTo(clusters, LANES_ROW - lane, x, laneTop(scene, lane) + LANE_FINDING_Y, finding, scene);
  else addTo(clusters, RULER_ROW, x, RULER_H - 8, finding, scene);
}

/**
 * Which side of the picture something is at that lies at x from y to `end`; undefined for what is in sight.
 */
function sideOf(frame: Frame, x: number, y: number, end: number): keyof Away | undefined {
  if (x < frame.plotX - 1) return 'left';
  if (x > frame.plotX + frame.plotW + 1) return 'right';
  if (end < frame.rowsY) return 'above';
  if (y > frame.rowsY + frame.rowsH) return 'below';
  return undefined;
}

function addTo(
  clusters: Map<number, Cluster>,
  row: number,
  x: number,
  y: number,
  finding: number,
  scene: Scene,
): void {
  const key = (row + LANES_MAX) * COLUMNS_MAX + Math.round(x / CLUSTER);
  const verdict = scene.meta.findingVerdict[finding]!;
  const selected = scene.view.selectedFinding === finding;
  // What one event breaks in one way counts once, whatever rules say so.
  const leads = scene.meta.findingLead[finding] === finding;
  const known = clusters.get(key);
  if (!known) {
    clusters.set(key, { x, y, count: leads ? 1 : 0, verdict, index: finding, selected, labelX: NaN });
    return;
  }
  if (leads) known.count++;
  // The sign stands where the selected finding is, else where the worst is; it tells the worst verdict.
  if (selected || (verdict < known.verdict && !known.selected)) {
    known.index = finding;
    known.x = x;
  }
  known.verdict = Math.min(verdict, known.verdict);
  known.selected ||= selected;
}

function sizeOf(c: Cluster): number {
  return c.selected ? SIZE + 4 : SIZE;
}

function labelOf(scene: Scene, c: Cluster): string {
  const rule = scene.meta.rules[scene.meta.findingRule[c.index]!] ?? '';
  return c.count > 1 ? `${rule} ×${c.count}` : rule;
}

function labelWidth(text: string): number {
  return text.length * 7 + 4;
}

/**
 * Puts each label to the right of its sign, else to the left, else nowhere: a label covers no sign and
 * no other label. Only a count and the selected finding are told where there is no room.
 */
function placeLabels(scene: Scene, clusters: readonly Cluster[]): void {
  const { frame } = scene;
  const sorted = [...clusters].sort((a, b) => a.y - b.y || a.x - b.x);
  let takenUntil = frame.plotX;
  sorted.forEach((c, i) => {
    const next = sorted[i + 1];
    const sameRow = (o: Cluster | undefined): o is Cluster => o !== undefined && Math.abs(o.y - c.y) < 10;
    if (!sameRow(sorted[i - 1])) takenUntil = frame.plotX;
    const w = labelWidth(labelOf(scene, c));
    const half = sizeOf(c) / 2;
    const right = c.x + half + 4;
    const left = c.x - half - 4 - w;
    const limit = sameRow(next) ? next.x - sizeOf(next) / 2 - 2 : frame.plotX + frame.plotW;
    if (right + w <= limit) c.labelX = right;
    else if (left >= takenUntil) c.labelX = left;
    else if (c.count > 1 || c.selected) c.labelX = right;
    takenUntil = Math.max(c.x + half, c.labelX === right ? right + w : 0);
  });
}

function drawCluster(scene: Scene, c: Cluster, over: DrawList, hits: Hit[]): void {
  const style = VERDICT_STYLES[c.verdict]!;
  const size = sizeOf(c);
  const glyph = VERDICT_GLYPHS[c.verdict]!;
  over.glyph(Style.Halo, glyph, c.x, c.y, size + 4);
  over.glyph(style, glyph, c.x, c.y, size);
  if (c.selected) over.outline(Style.Selected, c.x - size / 2 - 3, c.y - size / 2 - 3, size + 6, size + 6);
  if (!Number.isNaN(c.labelX)) {
    const text = labelOf(scene, c);
    over.fill(Style.Background, c.labelX - 2, c.y - 7, labelWidth(text), 14);
    over.text(style, c.labelX, c.y, text);
  }
  hits.push({
    x: c.x - size / 2 - 2,
    y: c.y - size / 2 - 2,
    w: size + 4,
    h: size + 4,
    kind: 'finding',
    index: c.index,
    count: c.count,
  });
}

/** How many violations are out of sight, and which way. */
function pointers(scene: Scene, away: Away, over: DrawList): void {
  const { frame } = scene;
  const middle = frame.plotX + frame.plotW / 2;
  const put = (n: number, glyph: GlyphId, x: number, y: number, where: string): void => {
    if (n === 0) return;
    const text = `${n} violation${n === 1 ? '' : 's'} ${where}`;
    const w = text.length * 6.6 + 26;
    const left = Math.max(frame.plotX + 2, Math.min(frame.plotX + frame.plotW - w - 2, x - w / 2));
    over.fill(Style.Background, left, y - 9, w, 18);
    over.outline(Style.Violation, left, y - 9, w, 18);
    over.glyph(Style.Violation, glyph, left + 11, y, 9);
    over.text(Style.Violation, left + 21, y, text);
  };
  put(away.above, Glyph.TriangleUp, middle, frame.rowsY + 12, 'above');
  put(away.below, Glyph.TriangleDown, middle, frame.rowsY + frame.rowsH - 12, 'below');
  put(away.left, Glyph.Left, frame.plotX, frame.rowsY + frame.rowsH / 2, 'earlier');
  put(away.right, Glyph.Right, frame.plotX + frame.plotW, frame.rowsY + frame.rowsH / 2, 'later');
}

/** Evidence nearer than this in one lane shares a badge. */
const BADGE_GAP = 14;
const BADGE_H = 13;

/**
 * Arrows between the selected finding and its evidence in the threads' lanes: from what led to it, to what
 * followed. Each begins at a badge with the number that the evidence has in the panel.
 */
export function layoutCauses(scene: Scene, over: DrawList): void {
  const { finding, view, frame, lanes, meta } = scene;
  const top = yOfSelected(scene);
  if (!finding || top === undefined) return;
  const target = top + BAND_Y + BAND_H / 2;
  const x = xOfTime(scene, meta.findingTime[view.selectedFinding]!);
  over.clip(frame.plotX, frame.lanesY, frame.plotW, frame.rowsY + frame.rowsH - frame.lanesY);
  const badges: Badge[] = [];
  finding.evidence.forEach((e, i) => {
    const lane = lanes.indexOf(e.lane);
    const fromX = xOfTime(scene, e.event.time);
    const fromY = lane >= 0 ? laneTop(scene, lane) + BADGE_H / 2 + 1 : frame.lanesY + frame.lanesH;
    badges.push({ x: fromX, y: fromY, numbers: [i + 1] });
    if (e.event.row === finding.at.row) return;
    // What came later followed from it, or shows that it was so: the arrow goes there.
    if (e.event.row > finding.at.row) over.arrow(Style.Effect, x, target - 9, fromX, fromY + 6);
    else over.arrow(Style.Effect, fromX, fromY, x, target - 9);
  });
  for (const badge of joined(badges)) drawBadge(badge, over);
  over.unclip();
}

interface Badge {
  readonly x: number;
  readonly y: number;
  readonly numbers: readonly number[];
}

/** Badges that would cover each other, as one. */
function joined(badges: readonly Badge[]): readonly Badge[] {
  const out: Badge[] = [];
  for (const badge of [...badges].sort((a, b) => a.y - b.y || a.x - b.x)) {
    const last = out[out.length - 1];
    if (last && last.y === badge.y && badge.x - last.x < BADGE_GAP)
      out[out.length - 1] = { ...last, numbers: [...last.numbers, ...badge.numbers].sort((a, b) => a - b) };
    else out.push(badge);
  }
  return out;
}

function drawBadge({ x, y, numbers }: Badge, over: DrawList): void {
  const text = numbers.join(',');
  const w = text.length * 6.4 + 6;
  over.fill(Style.Background, x - w / 2 - 1, y - BADGE_H / 2 - 1, w + 2, BADGE_H + 2);
  over.outline(Style.Effect, x - w / 2, y - BADGE_H / 2, w, BADGE_H);
  over.text(Style.Text, x - w / 2 + 3, y, text);
}

/** The rows of the selected finding, tinted along their whole length. */
export function layoutSelection(scene: Scene, under: DrawList): void {
  const { view, rowsReply, frame } = scene;
  const { findingRows } = rowsReply;
  for (let at = 0; at < findingRows.length; at += FINDING_ROW_FIELDS) {
    if (findingRows[at + FindingRow.Finding] !== view.selectedFinding) continue;
    const row = scene.rows.indexOf(findingRows[at + FindingRow.Group]!, findingRows[at + FindingRow.First]!);
    under.clip(0, frame.rowsY, frame.size.width, frame.rowsH);
    under.fill(Style.Shade, 0, yOfRow(frame, view, row), frame.size.width, ROW_H);
    under.unclip();
  }
}

/** Top of the row that shows the selected finding first; undefined when there is none. */
function yOfSelected({ view, rowsReply, rows, frame }: Scene): number | undefined {
  const place = placeOfFinding(rowsReply, view.selectedFinding);
  return place && yOfRow(frame, view, rows.indexOf(place.group, place.first));
}
