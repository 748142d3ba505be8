// `npm run new rule NAME`, such as `npm run new rule G15-slot-readonly`: lays out a rule's file, its line in
// the registry, and three sample traces with what is expected of them. What is to be filled in says so, and
// the tests fail until it is.
import fs from 'node:fs';
import path from 'node:path';
import { fail, root } from './steps.mjs';

const USAGE = `usage: npm run new rule NAME
NAME is a rule's id and its name, such as G15-slot-readonly. The letter tells the profile: G and S (a suspicion)
are of guest-memfd, A of luto-2022, R of sean-2022, P of pkvm.`;

const PROFILES = { G: 'guest-memfd', S: 'guest-memfd', A: 'luto-2022', R: 'sean-2022', P: 'pkvm' };
const NAME = /^([GSARP])(\d+[a-z]?)-([a-z][a-z0-9]*(?:-[a-z0-9]+)*)$/;
const REGISTRY = 'model/rules/registry.ts';

/** The rule as a module: it compiles, and decides nothing. */
function ruleSource({ id, name, profile, constant, letter }) {
  return `import type { RuleDef } from '../rule.js';

/** ${id}: Fill in: why it judges as it does, where the statement does not say it. */
export const ${constant}: RuleDef = {
  id: '${id}',
  name: '${name}',
  profile: '${profile}',
  severity: 2,
  nature: '${letter === 'S' ? 'suspicion' : 'invariant'}',
  statement: 'Fill in: the rule in one sentence.',
  source: 'Fill in: the function and file of the kernel, or the mail, that lays it down.',
  needs: [['GmemBind'], ['GmemBindRet']],
  about: ['GmemBind'],
  fix: 'Fill in: what the kernel is to do.',
  listen: (run) => ({
    // The facts to listen to are in model/world/facts.ts; what is true at that moment is in run.w.
    bindOk: (_slot, row) => run.undecided('not-recorded', row, 'Fill in: what was not recorded.', []),
  }),
};
`;
}

/** A guest that binds a file of 16 pages to a memslot: something to begin with. */
const SAMPLE = `# tracer: nop
#
# clock: global
# entries-in-buffer/entries-written: 7/7   #P:2
#
#                                          _-----=> irqs-off/BH-disabled
#                                         / _----=> need-resched
#                                        | / _---=> hardirq/softirq
#                                        || / _--=> preempt-depth
#                                        ||| / _-=> migrate-disable
#                                        |||| /     delay
#           TASK-PID       TGID    CPU#  |||||  TIMESTAMP  FUNCTION
#              | |           |       |   |||||     |         |
${[
  ['410', 'sys_ioctl(fd: 4, cmd: 0xc040aed4, arg: 0x7ffc148c41d0)'],
  ['415', 'kvm_gmem_create: (kvm_gmem_create+0x0/0x2d0) kvm=0xffff888101c58000 size=0x10000 flags=0x3'],
  ['505', 'kvm_gmem_create_ret: (kvm_vm_ioctl+0x692/0x2490 <- kvm_gmem_create) fd=8'],
  ['510', 'sys_ioctl -> 0x8'],
  [
    '560',
    'kvm_gmem_bind: (kvm_gmem_bind+0x0/0x190) kvm=0xffff888101c58000 slot=10 base_gfn=0x100000 npages=16 fd=8 offset=0x0',
  ],
  [
    '585',
    'kvm_gmem_bind_ret2: (kvm_set_memory_region+0x34c/0x5b0 <- kvm_gmem_bind) ret=0 slot=10 ino=7479 pgoff=0x0',
  ],
  ['590', 'sys_ioctl -> 0x0'],
]
  .map(([micros, event]) => ` qemu-system-x86-670     (    670) [001] .....    99.120${micros}: ${event}\n`)
  .join('')}`;

/** The 1-based line that the rule as it is laid out judges: the bind that succeeded. */
const JUDGED_LINE = SAMPLE.split('\n').findIndex((line) => line.includes('kvm_gmem_bind_ret2')) + 1;

/**
 * What is expected of a sample: a violation where the file is bound, a rule that holds, or one that cannot be
 * decided.
 */
function expectation({ id, profile, letter }, kind) {
  const verdict = letter === 'S' ? 'suspicious' : 'violation';
  return {
    title: 'Fill in: what happens in this trace.',
    profiles: [profile],
    findings: kind === 'violation' ? [{ rule: id, profile, verdict, line: JUDGED_LINE }] : [],
    undecidable: kind === 'undecidable' ? [{ rule: id, reason: 'not-recorded' }] : [],
    clean: kind === 'clean' ? [id] : [],
  };
}

/** The registry with the rule behind the last one of its letter. */
function registered(text, { constant, profile, file, letter }) {
  const line = `import { ${constant} } from './${profile}/${file}.js';\n`;
  const imports = [...text.matchAll(new RegExp(`^import \\{ ${letter.toLowerCase()}\\d.*\\n`, 'gm'))];
  const entries = [...text.matchAll(new RegExp(`^  ${letter.toLowerCase()}\\d\\w*,\\n`, 'gm'))];
  const afterImport = endOf(imports.at(-1));
  const afterEntry = endOf(entries.at(-1));
  return [
    text.slice(0, afterImport),
    line,
    text.slice(afterImport, afterEntry),
    `  ${constant},\n`,
    text.slice(afterEntry),
  ].join('');
}

function endOf(match) {
  return match.index + match[0].length;
}

function newRule(full) {
  const match = NAME.exec(full ?? '');
  if (!match) fail(USAGE, 2);
  const [, letter, number, name] = match;
  const id = `${letter}${number}`;
  const constant = id.toLowerCase();
  const rule = { id, name, letter, constant, profile: PROFILES[letter], file: `${constant}-${name}` };
  const registry = fs.readFileSync(path.join(root, REGISTRY), 'utf8');
  if (new RegExp(`^  ${constant},$`, 'm').test(registry)) fail(`there is a rule ${id} already`, 2);
  const files = new Map([
    [`model/rules/${rule.profile}/${rule.file}.ts`, ruleSource(rule)],
    [REGISTRY, registered(registry, rule)],
  ]);
  for (const kind of ['violation', 'clean', 'undecidable']) {
    files.set(`sample-traces/rules/${id}/${kind}.txt`, SAMPLE);
    const expected = JSON.stringify(expectation(rule, kind), null, 2);
    files.set(`sample-traces/rules/${id}/${kind}.expect.json`, `${expected}\n`);
  }
  for (const [file, text] of files) {
    const target = path.join(root, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text);
    console.log(file);
  }
  console.log(`
Fill in what says "Fill in", and make the three traces differ. Then:
  npx tsc -b && npx mocha --no-config out/test/golden/scenarios.test.js -g ${id}/   until they pass
  npm run style -- --write && npm run docs && npm run golden                        and read what has changed
  npm run test:unit                                                                 before you commit`);
}

const [what, name, ...others] = process.argv.slice(2);
if (what !== 'rule' || others.length > 0) fail(USAGE, 2);
newRule(name);
