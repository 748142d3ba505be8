// The timeline: from a judged trace to the first picture, tiles while zooming in, against a plain count of
// every page in every column; frames of the page in a browser; and a made guest of 256 GiB in a process of
// its own, and in a browser with the page that draws it, for their memory. Uses the compiled sources in out/.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mb, table } from './measure.mjs';
import { largeText } from './traces.mjs';

const COLUMNS = 1200;
const ROWS = 24;
const GUEST_PAGES = 67108864;
const GUEST_TRANSITIONS = 10_000_000;
const FRAMES = 300;
/** Attribute values of model/ops/oplog.ts. */
const PRIVATE = 1;

const from = (root) => (file) => import(pathToFileURL(path.join(root, 'out', file)).href);

function timed(work) {
  const start = performance.now();
  const result = work();
  return { result, ms: performance.now() - start };
}

function percentile(list, share) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Rows of the whole set in ROWS lines, as the page asks for them at first. */
function requestOf(timeline, reply, view) {
  const total = reply.groups.reduce((n, g) => n + g.rowCount, 0);
  const size = Math.max(1, Math.ceil(total / ROWS));
  const rows = reply.groups.flatMap((g, group) => [
    group,
    -1,
    0,
    ...Array.from({ length: Math.ceil(g.rowCount / size) }, (_, i) => [group, i * size, size]).flat(),
  ]);
  const lanes = Int32Array.from(timeline.lanes.list.keys()).slice(0, 6);
  return {
    rowSet: reply.rowSet,
    rows: Int32Array.from(rows),
    ...view,
    columns: COLUMNS,
    compress: false,
    lanes,
    marks: 0xffff,
    tid: -1,
  };
}

/** Times from the analysis to the first tile, and of tiles while zooming to a ten-thousandth and back. */
function pictures(Timeline, ALL_ROWS, analysis, eventTable) {
  const built = timed(() => new Timeline(analysis, eventTable));
  const timeline = built.result;
  const { start, end } = timeline.axis;
  const rows = timed(() => timeline.rows(ALL_ROWS));
  const first = timed(() => timeline.tile(requestOf(timeline, rows.result, { from: start, until: end })));
  const tiles = [];
  for (let step = 0; step < 20; step++) {
    const span = (end - start) * 0.63 ** step;
    const middle = start + (end - start) * 0.4;
    tiles.push(
      timed(() =>
        timeline.tile(
          requestOf(timeline, rows.result, { from: middle - span * 0.4, until: middle + span * 0.6 }),
        ),
      ).ms,
    );
  }
  return {
    timeline,
    built: built.ms,
    rows: rows.ms,
    first: first.ms,
    firstPicture: built.ms + rows.ms + first.ms,
    tiles,
  };
}

/**
 * What a tile would cost without any index: every operation into a map
 * of pages, all pages counted at every column.
 */
function plainPicture(Op, analysis, eventTable, axis) {
  const { ops } = analysis;
  const state = new Map();
  const shares = new Float64Array(COLUMNS);
  let op = 0;
  for (let c = 0; c < COLUMNS; c++) {
    const until = axis.start + ((axis.end - axis.start) * (c + 1)) / COLUMNS;
    for (; op < ops.length && eventTable.ts(Math.min(ops.row(op), eventTable.length - 1)) <= until; op++) {
      const code = ops.op(op);
      const attribute = code === Op.GfnAttr || code === Op.PageAttr;
      if (!attribute && code !== Op.SpteSet && code !== Op.SpteZap) continue;
      for (let p = 0; p < ops.count(op); p++) {
        const key = `${attribute ? 'a' : 's'} ${ops.subject(op)} ${ops.first(op) + p}`;
        if (code === Op.SpteZap) state.delete(key);
        else state.set(key, attribute ? ops.value(op) : ops.aux(op));
      }
    }
    let count = 0;
    for (const value of state.values()) if (value === PRIVATE) count++;
    shares[c] = count;
  }
  return shares;
}

async function benchTrace(root, given) {
  const out = from(root);
  const [{ readTrace }, { analyze }, { Timeline }, { ALL_ROWS }, { Op }] = await Promise.all(
    [
      'parsers/index.js',
      'model/index.js',
      'model/timeline/timeline.js',
      'model/timeline/shapes.js',
      'model/ops/oplog.js',
    ].map(out),
  );
  const { file, origin } = largeText(root, given);
  const bytes = fs.readFileSync(file);
  const { table: events } = readTrace(
    { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) },
    { cancel: { cancelled: false } },
  );
  const analysis = analyze(events, {});
  console.log(
    `\ntimeline: ${file} (${origin}): ${mb(bytes.length)} MB,`,
    `${events.length} events, ${analysis.ops.length} operations`,
  );
  const p = pictures(Timeline, ALL_ROWS, analysis, events);
  const plain = timed(() => plainPicture(Op, analysis, events, p.timeline.axis)).ms;
  table([
    ['what', 'ms'],
    ['first picture after the replay', p.firstPicture.toFixed(0)],
    ['  index, rows, tile', `${p.built.toFixed(0)}, ${p.rows.toFixed(0)}, ${p.first.toFixed(0)}`],
    [
      'tiles while zooming: median / p95',
      `${percentile(p.tiles, 0.5).toFixed(1)} / ${percentile(p.tiles, 0.95).toFixed(1)}`,
    ],
    ['a plain count of attributes and SPTEs, in one row', plain.toFixed(0)],
    [
      '  as many times the first tile / the median tile',
      `${(plain / p.first).toFixed(1)} / ${(plain / percentile(p.tiles, 0.5)).toFixed(0)}`,
    ],
  ]);
  return file;
}

/** Frames of the built page in Chromium, where there is one. */
async function benchPage(root, file) {
  const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!fs.existsSync(chromium)) {
    console.log('no Chromium (set CHROMIUM to its path): frames were not measured');
    return;
  }
  const out = from(root);
  const [{ serve }, { launch, openPage }, { frameTimes }] = await Promise.all(
    ['webview/test/server.js', 'webview/test/open.js', 'webview/test/frames.js'].map(out),
  );
  const served = await serve(path.dirname(file));
  const browser = await launch();
  try {
    const rows = [['page on', 'index ms', 'answered to drawn ms', 'frame ms: median / p95 / max']];
    for (const what of ['scene', `/trace/${path.basename(file)}`, 'synthetic:1048576:1000000']) {
      const { page } = await openPage(browser, served, what);
      const times = await page.evaluate(() => window.times);
      const frames = await frameTimes(page, FRAMES);
      rows.push([
        what,
        times.built.toFixed(0),
        (times.drawn - times.ready).toFixed(0),
        `${frames.medianMs.toFixed(1)} / ${frames.p95Ms.toFixed(1)} / ${frames.maxMs.toFixed(1)}`,
      ]);
      await page.close();
    }
    table(rows);
  } finally {
    await browser.close();
    served.close();
  }
}

/** Memory of the browser that a process started, in bytes: shared pages are counted once (Linux only). */
function browserBytes(root) {
  const stats = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        // The name in parentheses may hold spaces: fields are counted from behind it.
        return {
          pid: Number(pid),
          parent: Number(
            fs
              .readFileSync(`/proc/${pid}/stat`, 'utf8')
              .replace(/^.*\) /, '')
              .split(' ')[1],
          ),
          pss: /chrom/.test(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ? pssOf(pid) : 0,
        };
      } catch {
        // It has ended meanwhile.
        return { pid: 0, parent: 0, pss: 0 };
      }
    });
  const wanted = new Set([root]);
  for (let before = 0; before !== wanted.size; ) {
    before = wanted.size;
    for (const { pid, parent } of stats) if (wanted.has(parent)) wanted.add(pid);
  }
  wanted.delete(root);
  return stats.filter(({ pid }) => wanted.has(pid)).reduce((sum, { pss }) => sum + pss, 0);
}

function pssOf(pid) {
  const line = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+) kB/m);
  return line ? Number(line[1]) * 1024 : 0;
}

/** The made guest in a browser: worker, page and browser together, while it is panned and zoomed. */
async function guestPage(root) {
  const out = from(root);
  const [{ serve }, { launch, openPage }, { frameTimes }] = await Promise.all(
    ['webview/test/server.js', 'webview/test/open.js', 'webview/test/frames.js'].map(out),
  );
  const served = await serve();
  const browser = await launch();
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, browserBytes(process.pid))), 250);
  try {
    const empty = browserBytes(process.pid);
    const { page } = await openPage(browser, served, `synthetic:${GUEST_PAGES}:${GUEST_TRANSITIONS}`);
    const times = await page.evaluate(() => window.times);
    const frames = await frameTimes(page, FRAMES);
    peak = Math.max(peak, browserBytes(process.pid));
    table([
      ['the same guest in a browser', ''],
      ['answered to drawn (ms)', (times.drawn - times.ready).toFixed(0)],
      [
        'frame: median / p95 / max (ms)',
        `${frames.medianMs.toFixed(1)} / ${frames.p95Ms.toFixed(1)} / ${frames.maxMs.toFixed(1)}`,
      ],
      [
        'memory of worker, page and browser: now / peak / browser alone (MB)',
        `${mb(browserBytes(process.pid))} / ${mb(peak)} / ${mb(empty)}`,
      ],
    ]);
  } finally {
    clearInterval(watch);
    await browser.close();
    served.close();
  }
}

/** The made guest, in this process: prints what it took. */
async function guest(root) {
  const out = from(root);
  const [{ synthetic }, { Timeline }, { ALL_ROWS }] = await Promise.all(
    ['test/support/timelineFixture.js', 'model/timeline/timeline.js', 'model/timeline/shapes.js'].map(out),
  );
  const { analysis, table: events } = synthetic(GUEST_PAGES, GUEST_TRANSITIONS);
  const p = pictures(Timeline, ALL_ROWS, analysis, events);
  const peak = process.resourceUsage().maxRSS * 1024;
  table([
    ['guest of 256 GiB, 10 M transitions', ''],
    [
      'first picture: index, rows, tile (ms)',
      `${p.built.toFixed(0)}, ${p.rows.toFixed(0)}, ${p.first.toFixed(0)}`,
    ],
    [
      'tiles while zooming: median / p95 (ms)',
      `${percentile(p.tiles, 0.5).toFixed(0)} / ${percentile(p.tiles, 0.95).toFixed(0)}`,
    ],
    ['atoms', String(p.timeline.index.atoms.length)],
    ['peak memory with table and operations (MB)', mb(peak)],
  ]);
}

/** Runs all three; `given` is a large trace. */
export async function benchTiles(root, given) {
  const file = await benchTrace(root, given);
  await benchPage(root, file);
  const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'guest', root], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the made guest failed');
  if (fs.existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium') && fs.existsSync('/proc/self/smaps_rollup'))
    await guestPage(root);
}

if (process.argv[2] === 'guest') await guest(process.argv[3]);
else if (process.argv[2] === 'guest-page') await guestPage(process.argv[3]);
else if (process.argv[1] === fileURLToPath(import.meta.url))
  await benchTiles(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'), process.argv[2]);
