// What a mutation run found, as the tables of docs/TESTING.md and the list of docs/SURVIVORS.md.
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../steps.mjs';

const BEGIN = '<!-- mutation scores: `npm run mutate` writes what follows -->\n';
const END = '<!-- end of the mutation scores -->';
const SCORES = path.join(root, 'docs/TESTING.md');
const SURVIVORS = path.join(root, 'docs/SURVIVORS.md');
/** Longer code is cut in the list. */
const CODE_LENGTH = 80;

/**
 * The result of a room: its mutants by what became of them, and the survivors that nothing explains. An
 * explanation is of a file's line, by the line's text, and of all mutants in it or of those with the
 * replacements that it names.
 */
export function roomResult(room, reportFile, explained) {
  const report = JSON.parse(fs.readFileSync(reportFile, 'utf8'));
  const counts = { killed: 0, explained: 0, survived: 0, static: 0, all: 0 };
  const survivors = [];
  const used = new Set();
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    const lines = source.split('\n');
    for (const mutant of mutants) {
      if (mutant.status === 'Ignored') {
        counts.static++;
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
  const files = new Set(Object.keys(report.files));
  const idle = explained.filter((e) => files.has(e.file) && !used.has(e));
  return { room, ...counts, survivors, idle };
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

function scoreRow({ room, all, killed, explained, survived, static: notPutIn }) {
  const score = (((killed + explained) / Math.max(1, all)) * 100).toFixed(1);
  return `| \`${room}\` | ${all} | ${killed} | ${explained} | ${survived} | ${score} % | ${notPutIn} |`;
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
