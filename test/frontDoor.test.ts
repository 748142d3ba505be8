/**
 * What a newcomer meets first holds together: what `npm start` installs is enough to build, the editor's
 * launch configurations name what is there, and `npm run new rule` lays out a rule that can be filled in.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { builtinModules } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { judgeText } from './golden/judge.js';
import type { Expectation } from './golden/samples.js';
import { filesBelow, read } from './support/files.js';
import { importsOf } from './support/imports.js';
import { isTest } from './support/layers.js';

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}
interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}
const manifest = JSON.parse(read('package.json')) as Manifest;
const lock = JSON.parse(read('package-lock.json')) as Lock;

/** What the bundles are made of, and the scripts that `npm start` runs before anything else is installed. */
const BUNDLED = ['cli', 'extension', 'webview', 'shell', 'model', 'parsers'];
const START_SCRIPTS = ['start', 'steps', 'build', 'kernels'].map((name) => `scripts/${name}.mjs`);
/** There in every editor. */
const OF_THE_EDITOR = 'vscode';

/** Packages that a source needs when it runs: types are gone by then. */
function packagesOf(source: string): readonly string[] {
  const running = source.replace(/\b(?:import|export) type [^;]*;/g, '');
  return importsOf(running)
    .map(({ specifier }) => specifier)
    .filter((name) => /^@?\w/.test(name) && !name.startsWith('node:') && name !== OF_THE_EDITOR)
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    )
    .filter((name) => !builtinModules.includes(name));
}

/** Why a package would be missing after `npm start` has installed; '' where it is there. */
function whyMissing(name: string): string {
  // What does without it says so, and how it is installed.
  if (manifest.peerDependenciesMeta[name]?.optional) return '';
  if (manifest.dependencies[name] === undefined) return `${name} is none of the dependencies`;
  const entry = lock.packages[`node_modules/${name}`];
  return entry && !entry.dev ? '' : `${name} is only installed for development`;
}

describe('what npm start installs', () => {
  it('is all that the bundles need', () => {
    const sources = BUNDLED.flatMap(filesBelow).filter((file) => file.endsWith('.ts') && !isTest(file));
    assert.ok(sources.length > 300);
    const needed = new Set([...sources, ...START_SCRIPTS].flatMap((file) => packagesOf(read(file))));
    for (const name of ['assemblyscript', 'esbuild', 'fflate', '@vscode/webview-ui-toolkit'])
      assert.ok(needed.has(name), name);
    assert.deepEqual(
      [...needed].map(whyMissing).filter((text) => text !== ''),
      [],
    );
  });

  it('is told from what only tests need', () => {
    const source = `import fc from 'fast-check';\nimport type { A } from 'ajv';\nimport x from '@a/b/c';\nimport fs from 'node:fs';\n`;
    assert.deepEqual(packagesOf(source), ['fast-check', '@a/b']);
    assert.deepEqual(['fast-check', 'esbuild'].map(whyMissing), [
      'fast-check is none of the dependencies',
      '',
    ]);
  });
});

interface Launch {
  readonly configurations: readonly {
    readonly name: string;
    readonly program?: string;
    readonly args: readonly string[];
    readonly preLaunchTask: string;
  }[];
}
interface Tasks {
  readonly tasks: readonly { readonly label: string; readonly command: string }[];
}

describe('debugging in the editor', () => {
  const launch = JSON.parse(read('.vscode/launch.json')) as Launch;
  const { tasks } = JSON.parse(read('.vscode/tasks.json')) as Tasks;
  /** What the editor puts a value in for. */
  const variable = (name: string): string => `\${${name}}`;
  const ROOT = `${variable('workspaceFolder')}/`;

  it('starts what is there', () => {
    assert.equal(launch.configurations.length, 2);
    for (const { name, program, args, preLaunchTask } of launch.configurations) {
      const named = [program ?? '', ...args].flatMap((arg) => arg.split('=').slice(-1));
      const files = named.filter((file) => file.startsWith(ROOT)).map((file) => file.slice(ROOT.length));
      // A test as it is compiled: this one.
      const own = files.map((file) =>
        file
          .replace(variable('relativeFileDirname'), 'test')
          .replace(variable('fileBasenameNoExtension'), 'frontDoor.test'),
      );
      assert.ok(own.length > 0, name);
      for (const file of own) assert.ok(fs.existsSync(file), `${name}: ${file}`);
      assert.ok(
        tasks.some(({ label }) => label === preLaunchTask),
        `${name}: ${preLaunchTask}`,
      );
    }
  });

  it('builds before by scripts that are there', () => {
    for (const { command } of tasks) {
      const script = /^npm run ([\w:]+)$/.exec(command)?.[1];
      assert.ok(script !== undefined && script in manifest.scripts, command);
    }
  });
});

describe('scripts of the package', () => {
  it('run files that are there', () => {
    for (const [name, command] of Object.entries(manifest.scripts)) {
      const file = /^node (\S+)/.exec(command)?.[1];
      if (file !== undefined) assert.ok(fs.existsSync(file), `npm run ${name}: ${file}`);
    }
  });
});

/** Modules that a bench loads, each with the names that it takes of it. */
function takenBy(bench: string): readonly (readonly [module: string, name: string])[] {
  const forms = /const \[((?:\{[^}]*\},?\s*)+)\] = await Promise\.all\(([^;]*?)\);/g;
  return [...bench.matchAll(forms)].flatMap(([, names, modules]) => {
    const files = [...modules!.matchAll(/'([\w/]+)\.js'/g)].map((m) => m[1]!);
    const taken = [...names!.matchAll(/\{([^}]*)\}/g)].map((m) => m[1]!.split(',').map((n) => n.trim()));
    assert.equal(taken.length, files.length, modules);
    return files.flatMap((file, i) => taken[i]!.map((name) => [file, name] as const));
  });
}

describe('the benches', () => {
  it('take what the compiled sources have', () => {
    const taken = filesBelow('bench').flatMap((file) => takenBy(read(file)));
    assert.ok(taken.length >= 10);
    const missing = taken.filter(([file, name]) => {
      const source = fs.existsSync(`${file}.ts`) ? read(`${file}.ts`) : '';
      return !new RegExp(`^export .*\\b${name}\\b`, 'm').test(source);
    });
    assert.deepEqual(missing, []);
  });
});

describe('a new rule', () => {
  const REGISTRY = 'model/rules/registry.ts';
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'new-rule-'));
    for (const file of ['scripts/new.mjs', 'scripts/steps.mjs', REGISTRY]) {
      fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      fs.copyFileSync(file, path.join(folder, file));
    }
  });
  after(() => fs.rmSync(folder, { recursive: true }));
  const run = (...args: readonly string[]): { readonly status: number | null; readonly said: string } => {
    const { status, stdout, stderr } = spawnSync('node', ['scripts/new.mjs', ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  };
  const made = (file: string): string => read(path.join(folder, file));

  it('is refused by a name that is none, or that there is already', () => {
    for (const args of [[], ['rule'], ['rule', 'X1-no-profile'], ['rule', 'G99'], ['format', 'G99-a']])
      assert.equal(run(...args).status, 2, args.join(' '));
    const again = run('rule', 'G1-again');
    assert.deepEqual([again.status, again.said], [2, 'there is a rule G1 already\n']);
    assert.equal(made(REGISTRY), read(REGISTRY));
  });

  it('is laid out as a file, a line in the registry, and three traces', async () => {
    const { status, said } = run('rule', 'G99-made-up');
    assert.equal(status, 0, said);
    const SOURCE = 'model/rules/guest-memfd/g99-made-up.ts';
    const SAMPLES = ['violation', 'clean', 'undecidable'].map((kind) => `sample-traces/rules/G99/${kind}`);
    for (const file of [SOURCE, REGISTRY, ...SAMPLES.map((name) => `${name}.txt`)])
      assert.ok(said.includes(`${file}\n`), file);

    const registry = made(REGISTRY);
    const came = registry.split('\n').filter((line) => !read(REGISTRY).split('\n').includes(line));
    assert.deepEqual(came, ["import { g99 } from './guest-memfd/g99-made-up.js';", '  g99,']);
    // The order in which rules are told is that of the registry.
    assert.ok(registry.indexOf('  g14,') < registry.indexOf('  g99,'));
    assert.ok(registry.indexOf('  g99,') < registry.indexOf('  s1,'));

    const { code } = transformSync(made(SOURCE), { loader: 'ts' });
    const { g99 } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      readonly g99: Readonly<Record<string, unknown>>;
    };
    assert.deepEqual([g99['id'], g99['name'], g99['nature']], ['G99', 'made-up', 'invariant']);

    for (const sample of SAMPLES) {
      const expected = JSON.parse(made(`${sample}.expect.json`)) as Expectation;
      const { table, analysis } = judgeText(made(`${sample}.txt`), expected.profiles);
      assert.deepEqual([table.issues, analysis.slots.length], [[], 1], sample);
      for (const { line } of expected.findings)
        assert.equal(table.name(table.rowAtLine(line!)), 'kvm_gmem_bind_ret2');
    }
  });
});
