// What a mutation run found, as the tables of docs/TESTING.md and the list of docs/SURVIVORS.md.
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../steps.mjs';
import { roomOf } from './rooms.mjs';

const BEGIN = '<!-- mutation scores: `npm run mutate` writes what follows -->\n';
const END = '<!-- end of the mutation scores -->';
const SCORES = path.join(root, 'docs/TESTING.md');
const SURVIVORS = path.join(root, 'docs/SURVIVORS.md');
/** Standard deviations on either side that hold 95 % of a normal distribution. */
const SPREAD_95 = 1.96;
/** Longer code is cut in the list. */
const CODE_LENGTH = 80;

/**
 * The result of a room: its mutants by what became of them, and the survivors that nothing explains. An
 * explanation is of a file's line, by the line's text, and of all mutants in it or of those with the
 * replacements that it names. Mutants that are not in a sample count for nothing.
 */
export function roomResult(room, reportFile, explained, seed) {
  const report = JSON.parse(fs.readFileSync(reportFile, 'utf8'));
  const counts = { killed: 0, explained: 0, survived: 0, static: 0, notChosen: 0, all: 0 };
  const survivors = [];
  const used = new Set();
  const files = Object.entries(report.files).filter(([file]) => roomOf(file) === room);
  for (const [file, { source, mutants }] of files) {
    const lines = source.split('\n');
    for (const mutant of mutants) {
      if (mutant.status === 'Ignored') {
        counts.static++;
        continue;
      }
      if (mutant.status === 'CompileError') {
        counts.notChosen++;
        continue;
      }
      counts.all++;
      if (mutant.status === 'Killed' || mutant.status === 'Timeout') {
        counts.killed++;
        continue;
      }
      const line = lines[mutant.location.start.line - 1].trim();
      const reason = explained.find(
        (e) => e.file === file && e.line === line && (e.to?.includes(mutant.replacement) ?? true),
      );
      if (reason) {
        used.add(reason);
        counts.explained++;
      } else {
        counts.survived++;
        survivors.push({ file, line: mutant.location.start.line, ...sayMutant(lines, mutant) });
      }
    }
  }
  const names = new Set(files.map(([file]) => file));
  const idle = counts.notChosen > 0 ? [] : explained.filter((e) => names.has(e.file) && !used.has(e));
  return { room, seed, ...counts, survivors, idle };
}

function sayMutant(lines, { mutatorName, location, replacement, status }) {
  const { start, end } = location;
  const code = lines.slice(start.line - 1, end.line);
  code[code.length - 1] = code.at(-1).slice(0, end.column - 1);
  code[0] = code[0].slice(start.column - 1);
  const short = (text) => {
    const one = text.replace(/\s+/g, ' ').replaceAll('`', "'");
    return one.length > CODE_LENGTH ? `${one.slice(0, CODE_LENGTH - 1)}…` : one;
  };
  return {
    mutatorName,
    from: short(code.join('\n')),
    to: short(replacement),
    isCovered: status !== 'NoCoverage',
  };
}

/**
 * Writes both pages; rooms that did not run keep what they had. Prints the scores, and explanations without
 * a mutant.
 */
export function writeReport(results) {
  const text = fs.readFileSync(SCORES, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const [table, after] = rest.split(END);
  const rows = new Map(
    table.split('\n').flatMap((row) => (/^\| `\w+` /.test(row) ? [[/`(\w+)`/.exec(row)[1], row]] : [])),
  );
  for (const result of results) rows.set(result.room, scoreRow(result));
  const header = [
    '| Room | Mutants | Killed | Explained | Survived | Score | Not put in (run while loading) |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  const fresh = ['', ...header, ...rows.values(), '', ''].join('\n');
  fs.writeFileSync(SCORES, `${before}${BEGIN}${fresh}${END}${after}`);

  const sections = new Map();
  if (fs.existsSync(SURVIVORS))
    for (const part of fs
      .readFileSync(SURVIVORS, 'utf8')
      .split(/^(?=## )/m)
      .slice(1))
      sections.set(/^## (\w+)/.exec(part)[1], part.trimEnd());
  for (const result of results) sections.set(result.room, survivorSection(result));
  const intro =
    '# Survivors\n\nFaults that no test notices, as the last `npm run mutate` of each room left them ' +
    '([TESTING.md](TESTING.md#mutation-testing)). Generated: kill one with a test, or explain it in ' +
    '`scripts/mutate/explained.mjs`.';
  fs.writeFileSync(SURVIVORS, `${[intro, ...sections.values()].join('\n\n')}\n`);

  for (const result of results) {
    console.log(scoreRow(result));
    for (const { file, line } of result.idle) console.log(`  explained, but no survivor: ${file}: ${line}`);
  }
}

function scoreRow({ room, seed, all, notChosen, killed, explained, survived, static: notPutIn }) {
  const percent = (share) => (share * 100).toFixed(1);
  const share = (killed + explained) / Math.max(1, all);
  const isSample = notChosen > 0;
  const [least, most] = interval(share, all).map(percent);
  const tried = isSample ? `${all} of ${all + notChosen}, by chance (seed ${seed})` : String(all);
  const score = `${percent(share)} %${isSample ? ` (95 %: ${least} to ${most})` : ''}`;
  return `| \`${room}\` | ${tried} | ${killed} | ${explained} | ${survived} | ${score} | ${notPutIn} |`;
}

/** Wilson's interval for a share that was seen in a sample, at 95 %. */
function interval(share, size) {
  const n = Math.max(1, size);
  const z2 = SPREAD_95 ** 2;
  const middle = share + z2 / (2 * n);
  const half = SPREAD_95 * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [(middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)];
}

const sayFault = ({ from, to, isCovered }) => `\`${from}\` → \`${to}\`${isCovered ? '' : ' (never run)'}`;

function survivorSection({ room, survivors }) {
  const byFile = new Map();
  for (const one of survivors) byFile.set(one.file, [...(byFile.get(one.file) ?? []), one]);
  const parts = [...byFile].map(([file, list]) => {
    const byLine = new Map();
    for (const one of list.sort((a, b) => a.line - b.line))
      byLine.set(one.line, [...(byLine.get(one.line) ?? []), sayFault(one)]);
    const lines = [...byLine].map(([line, faults]) => `- ${line}: ${faults.join('; ')}`);
    return [`### ${file}`, '', ...lines].join('\n');
  });
  return [`## ${room}`, ...parts].join('\n\n');
}
