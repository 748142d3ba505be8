import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { ISSUE_KINDS } from '../parsers/events/issues.js';
import { RULE_IDS, RULES } from '../cli/core.js';
import { corpusCounts } from '../cli/corpus.js';
import { issuesTable, rulesPage, withFleet, withIssues, withTables } from '../cli/docs.js';
import { TABLE_NAMES } from '../model/tables/schema.js';
import { COMMAND_NAMES } from '../cli/commands.js';
import { VERSION } from '../cli/version.js';
import { filesBelow, read, trackedFiles } from './support/files.js';
import { markdownLinks, namedFiles, tidyText } from './support/tidy.js';

const BLOB_BYTES_MAX = 1 << 20;

interface Item {
  readonly command?: string;
  readonly when?: string;
  readonly enablement?: string;
  readonly title?: string;
  readonly view?: string;
  readonly contents?: string;
}
interface Setting {
  readonly scope?: string;
  readonly description?: string;
  readonly markdownDescription?: string;
}
interface Manifest {
  readonly version: string;
  readonly icon: string;
  readonly categories: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
    readonly virtualWorkspaces: boolean;
  };
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly category?: string;
      readonly enablement?: string;
    }[];
    readonly menus: Readonly<Record<string, readonly Item[]>>;
    readonly keybindings: readonly Item[];
    readonly viewsWelcome: readonly Item[];
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
  };
}
const manifest = JSON.parse(read('package.json')) as Manifest;

function isText(file: string): boolean {
  return /\.(?:ts|mjs|cjs|css|md|json|sh|txt)$/.test(file) || file.startsWith('.ci/');
}

describe('tidy: sources', () => {
  const files = trackedFiles();

  it('sees the project', () => {
    assert.ok(files.length > 100, `saw only ${files.length} files`);
  });

  it('keeps files and functions short and free of what is banned', () => {
    assert.deepEqual(
      files.filter(isText).flatMap((file) => tidyText(file, read(file))),
      [],
    );
  });

  it('keeps big files out of version control', () => {
    assert.deepEqual(
      files.filter((file) => fs.statSync(file).size > BLOB_BYTES_MAX),
      [],
    );
  });

  it('locks dependencies without addresses of a registry', () => {
    assert.doesNotMatch(read('package-lock.json'), /"resolved"/);
  });

  const canaries: readonly (readonly [file: string, text: string])[] = [
    ['model/x.ts', `// ${'TO'}${'DO'} later`],
    ['model/x.test.ts', `it.${'only'}('x', () => {});`],
    ['cli/x.ts', `try { f(); } ${'catch'} (e) { }`],
    ['model/x.ts', `console.log(1);`],
    ['parsers/x.ts', `const t = parseFloat(s);`],
    ['model/x.ts', `const t = Date.now();`],
    ['docs/x.md', `see /${'home'}/me/trace.txt`],
    ['docs/x.md', `see /${'tmp'}/trace.txt`],
    ['model/x.ts', `export function f(): void {\n  g();\n}\n${'a\n'.repeat(600)}`],
    ['model/x.ts', 'a\n'.repeat(1501)],
    ['model/x.ts', `export function f(): void {\n${'  g();\n'.repeat(110)}}\n`],
    ['model/x.ts', `class A {\n  private f(a: number): void {\n${'    g();\n'.repeat(110)}  }\n}\n`],
    ['model/x.ts', `const sum = ${'a + '.repeat(40)}b;\n`],
    ['model/x.ts', `// ${'a comment that goes on '.repeat(6)}\n`],
    ['model/x.ts', `/**\n * ${'a comment that goes on '.repeat(6)}\n */\n`],
    ['bench/x.mjs', `f('${'a'.repeat(60)}', '${'b'.repeat(60)}');\n`],
    ['model/x.ts', `const text = \`${'words '.repeat(20)}\${a > 0 ? b : c}\`;\n`],
    ['model/x.ts', `const text = \`${'words '.repeat(20)}\${f(\`x\`)}\`;\n`],
    ['model/x.ts', `if (${'isTrue && '.repeat(5)}name === '${'words '.repeat(20)}') return;\n`],
    ['model/x.ts', `const quote = /\`/;\nconst sum = ${'a + '.repeat(40)}b;\nconst other = /\`/;\n`],
    ['model/x.ts', `on('Event', (w) => {\n${'  g();\n'.repeat(110)}});\n`],
  ];
  for (const [file, text] of canaries) {
    it(`catches ${file}: ${text.slice(0, 40).split('\n')[0]}`, () => {
      assert.equal(tidyText(file, text).length, 1);
    });
  }

  it('lets pass what is not banned', () => {
    const handler = `  on('x', (w) => {\n${'    g();\n'.repeat(20)}  });\n`;
    assert.deepEqual(
      tidyText('model/x.ts', `export function all(on: On): void {\n${handler.repeat(5)}}\n`),
      [],
    );
    for (const line of [
      `  fix: '${'words '.repeat(20)}',`,
      `const LINE = /${'a|'.repeat(80)}b/;`,
      `  it('${'words '.repeat(20)}', async () => {`,
      `const text = \`${'words '.repeat(20)}\${hex(gfn)} \${result ?? none} \${page?.pfn}\`;`,
      `const page = \`\n${'words '.repeat(20)}\n${'words '.repeat(20)}\`;`,
      `// https://example.org/${'path/'.repeat(20)}`,
      ` * https://example.org/${'path/'.repeat(20)}`,
    ])
      assert.deepEqual(tidyText('model/x.ts', `${line}\n`), [], line);
    assert.deepEqual(
      tidyText('model/x.ts', `// not console.log, not Date.now\nconst url = '/sys/kernel/tracing/trace';\n`),
      [],
    );
  });
});

describe('tidy: documents', () => {
  it('has RULES.md as the rules say', () => {
    const page = rulesPage(RULES, corpusCounts('.', RULE_IDS));
    assert.equal(read('docs/RULES.md'), page, 'run `npm run docs`');
  });

  it('has every issue code in FORMATS.md', () => {
    const page = read('docs/FORMATS.md');
    assert.equal(page, withIssues(page), 'run `npm run docs`');
    assert.ok(page.includes(issuesTable()));
    for (const code of Object.keys(ISSUE_KINDS)) assert.ok(page.includes(`\`${code}\``), code);
  });

  it('has the SQL of a fleet in FLEET.md', () => {
    const page = read('docs/FLEET.md');
    assert.equal(page, withFleet(page), 'run `npm run docs`');
    assert.ok(page.includes('create view standing as'));
  });

  it('has every table and question in SQL.md', () => {
    const page = read('docs/SQL.md');
    assert.equal(page, withTables(page), 'run `npm run docs`');
    for (const name of TABLE_NAMES) assert.ok(page.includes(`\n### ${name}\n`), name);
  });

  it('has links that lead somewhere', () => {
    const pages = trackedFiles().filter((file) => file.endsWith('.md'));
    assert.ok(pages.length >= 4);
    const dead = pages.flatMap((page) =>
      markdownLinks(read(page))
        .filter((link) => !fs.existsSync(path.join(path.dirname(page), decodeURIComponent(link))))
        .map((link) => `${page}: ${link}`),
    );
    assert.deepEqual(dead, []);
  });

  it('names files that are there', () => {
    const pages = trackedFiles().filter((file) => file.endsWith('.md') && !file.startsWith('sample-traces/'));
    const gone = pages.flatMap((page) =>
      namedFiles(read(page))
        .filter((name) => !fs.existsSync(name) && !fs.existsSync(`${name}.ts`))
        .map((name) => `${page}: ${name}`),
    );
    assert.deepEqual(gone, []);
    assert.deepEqual(namedFiles('In `model/x.ts`, `webview/store` and `--help`; `model/**` is all.'), [
      'model/x.ts',
      'webview/store',
    ]);
  });

  it('tells of every room what it holds', () => {
    const page = read('docs/ARCHITECTURE.md');
    const named = ['compressed', 'bundle', 'base', 'events', 'tep', 'order'].map((room) => `parsers/${room}`);
    const rooms = trackedFiles()
      .map((file) => /^((?:model|extension|webview)\/\w+)\/.*(?<!\.test)\.ts$/.exec(file)?.[1])
      .filter((room) => room !== undefined && !room.endsWith('/test'));
    assert.ok(rooms.length > 100);
    assert.deepEqual(
      [...new Set([...named, ...rooms])].filter((room) => !page.includes(`| \`${room}\` |`)),
      [],
    );
  });

  it('begins the changelog with the version of the package', () => {
    assert.equal(/^## \[?(\d+\.\d+\.\d+)/m.exec(read('CHANGELOG.md'))?.[1], manifest.version);
    assert.equal(VERSION, manifest.version);
  });

  it('tells of every command of the command line in the README', () => {
    const page = read('README.md');
    for (const name of COMMAND_NAMES) assert.ok(page.includes(`shimtrace ${name}`), name);
  });

  it('has nothing of a new rule left to fill in', () => {
    const left = ['model/rules', 'sample-traces/rules']
      .flatMap(filesBelow)
      .filter((file) => /\.(?:ts|json)$/.test(file) && read(file).includes('Fill in:'));
    assert.deepEqual(left, []);
  });

  it('states every rule once, with a source, and ships its samples', () => {
    assert.equal(new Set(RULES.map((rule) => rule.id)).size, RULES.length);
    for (const rule of RULES) {
      assert.match(rule.statement, /^[A-Z].*[.]$/, rule.id);
      assert.ok(rule.source !== '' && rule.fix !== '', rule.id);
      for (const name of ['violation', 'clean', 'undecidable'])
        assert.ok(fs.existsSync(`sample-traces/rules/${rule.id}/${name}.txt`), `${rule.id}: ${name}.txt`);
    }
  });
});

describe("tidy: the extension's manifest", () => {
  const commands = manifest.contributes.commands.map((c) => c.command);
  const sources = filesBelow('extension')
    .filter((file) => file.endsWith('.ts') && !file.includes('/test/'))
    .map(read)
    .join('\n')
    // A call's first argument may stand on a line of its own.
    .replace(/\(\n\s*/g, '(')
    .replace(/,\n\s*/g, ', ');

  it('offers only commands that exist', () => {
    assert.ok(commands.length > 0);
    assert.deepEqual(
      commands.filter((command) => !sources.includes(`'${command}'`)),
      [],
    );
  });

  it('offers every command that is registered, but internal ones', () => {
    const registered = [...sources.matchAll(/registerCommand\(\s*'([^']+)'/g)].map((m) => m[1]!);
    assert.deepEqual(
      registered.filter(
        (command) => !command.startsWith('shimtrace.internal.') && !commands.includes(command),
      ),
      [],
    );
  });

  it('says in every list about a trace where it was not judged to its end, and never that none was', () => {
    const lists = ['findings', 'conversions', 'faults', 'pages', 'references', 'coverage'];
    const said = (when: string): readonly (string | undefined)[] =>
      manifest.contributes.viewsWelcome.filter((each) => each.when === when).map(({ view }) => view);
    assert.deepEqual(
      said('shimtrace.isTrace && !shimtrace.running && !shimtrace.judged'),
      lists.map((list) => `shimtrace.${list}`),
    );
    const coverage = manifest.contributes.viewsWelcome.filter(({ view }) => view === 'shimtrace.coverage');
    assert.ok(coverage.every(({ when }) => when !== undefined));
  });

  /** What makes sense wherever one is. */
  const ANYWHERE = [
    'shimtrace.openSample',
    'shimtrace.openPasted',
    'shimtrace.record',
    'shimtrace.tryInMachine',
    'shimtrace.review.start',
    'shimtrace.review.sample',
    'shimtrace.openRule',
    'shimtrace.showLog',
    'shimtrace.openWalkthrough',
    'shimtrace.clearCache',
  ];
  const { menus, keybindings, viewsWelcome } = manifest.contributes;

  it('says when a command, a menu entry or a key makes sense', () => {
    const inPalette = (menus['commandPalette'] ?? []).map((item) => item.command);
    assert.deepEqual(
      commands.filter((command) => !ANYWHERE.includes(command) && !inPalette.includes(command)),
      [],
    );
    for (const item of [...Object.values(menus).flat(), ...keybindings]) {
      assert.ok(commands.includes(item.command!), item.command);
      assert.notEqual(item.when ?? '', '', item.command);
    }
  });

  it('asks in its conditions only for what is set somewhere', () => {
    const conditions = [...Object.values(menus).flat(), ...keybindings, ...viewsWelcome].map(
      (item) => item.when ?? '',
    );
    conditions.push(...manifest.contributes.commands.map((command) => command.enablement ?? ''));
    const asked = new Set(
      conditions.flatMap((text) => [...text.matchAll(/(?<![\w.])(?:!)?(shimtrace\.\w+)/g)].map((m) => m[1]!)),
    );
    const views = [...read('package.json').matchAll(/"id": "(shimtrace\.\w+)"/g)].map((m) => m[1]!);
    assert.ok(asked.size > 3);
    assert.deepEqual(
      [...asked].filter((name) => !views.includes(name) && !sources.includes(`'setContext', '${name}'`)),
      [],
    );
  });

  it('says of a list that there is nothing only where that is known', () => {
    for (const view of ['conversions', 'faults', 'pages', 'references']) {
      const said = viewsWelcome.filter((item) => item.contents === `%welcome.${view}%`);
      assert.deepEqual(
        said.map((item) => item.when),
        [`shimtrace.${view}.empty`],
      );
    }
    assert.match(sources, /'setContext', `\$\{this\.id\}\.empty`/);
  });

  it('has all its texts where they can be translated', () => {
    const plain = [
      ...read('package.json').matchAll(
        /"(title|description|markdownDescription|contents|name|displayName|label)": "([^"%][^"]*)"/g,
      ),
    ].map((m) => m[2]!);
    // Names of the product, and what stands for a market or a package that takes no placeholders.
    const named = plain.filter(
      (text) => !/^(?:shimtrace|Shimtrace\b.*|Trace and replay .*|Replay \$\{.*)$/.test(text),
    );
    assert.deepEqual(named, []);
  });

  it('describes every setting, and lets a folder that is not trusted name no file', () => {
    const settings = Object.entries(manifest.contributes.configuration.properties);
    assert.ok(settings.length > 5);
    for (const [name, { scope, description, markdownDescription }] of settings) {
      assert.ok((description ?? markdownDescription ?? '') !== '' && scope !== undefined, name);
    }
    const { untrustedWorkspaces, virtualWorkspaces } = manifest.capabilities;
    assert.deepEqual(
      untrustedWorkspaces.restrictedConfigurations,
      settings
        .map(([name]) => name)
        .filter((name) => /traceEvents|[pP]ath|[fF]ile$|[tT]ree$|vmlinux$/.test(name)),
    );
    assert.equal(virtualWorkspaces, true);
  });

  it('has what a market shows: an icon of 128 pixels or more, categories, pictures', () => {
    const icon = fs.readFileSync(manifest.icon);
    assert.equal(icon.toString('latin1', 1, 4), 'PNG');
    assert.ok(icon.readUInt32BE(16) >= 128 && icon.readUInt32BE(20) >= 128);
    assert.ok(manifest.categories.length > 0);
    const pictures = [...read('README.md').matchAll(/!\[[^\]]+\]\(([^)]+\.png)\)/g)].map((m) => m[1]!);
    assert.ok(
      pictures.length >= 2 &&
        pictures.every((file) => fs.existsSync(file) && read('.vscodeignore').includes(`!${file}\n`)),
      pictures.join(),
    );
    for (const icon of [...read('package.json').matchAll(/"\.\/(extension\/media\/[^"]+)"/g)].map(
      (m) => m[1]!,
    ))
      assert.ok(fs.existsSync(icon), icon);
  });

  it('has a text for every placeholder', () => {
    if (!fs.existsSync('package.nls.json')) return;
    const texts = JSON.parse(read('package.nls.json')) as Record<string, string>;
    const used = [...read('package.json').matchAll(/"%([^%"]+)%"/g)].map((m) => m[1]!);
    assert.deepEqual(
      used.filter((key) => texts[key] === undefined),
      [],
    );
    assert.deepEqual(
      Object.keys(texts).filter((key) => !used.includes(key)),
      [],
    );
  });
});
