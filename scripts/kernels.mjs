// The kernels that are written in AssemblyScript, as WebAssembly: each is compiled into out/ when its
// sources, its compiler or its options have changed, and the bundles have them.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './steps.mjs';

const OPTIONS = [
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert'],
  // It allocates nothing and imports nothing.
  ...['--runtime', 'stub', '--use', 'abort='],
  ...['--enable', 'simd'],
];

/** A folder of sources, where it is compiled to, and its memory in pages of 64 KB. */
const LINES = {
  folder: 'parsers/ftrace/kernel',
  file: 'out/lineKernel.wasm',
  // It grows nothing.
  memory: ['--initialMemory', '64', '--maximumMemory', '64'],
};
const RECORDS = {
  folder: 'parsers/tracedat/kernel',
  file: 'out/recordKernel.wasm',
  // Its host adds room for pieces of the recordings at hand.
  memory: ['--initialMemory', '92'],
};

const SAMPLES = {
  folder: 'parsers/perf/kernel',
  file: 'out/sampleKernel.wasm',
  // Its host adds room for pieces of the recording at hand.
  memory: ['--initialMemory', '40'],
};
/** What several kernels have in common. */
const SHARED = 'parsers/tep/kernel';

/** The kernel that reads plain lines of ftrace text. */
export const lineKernel = () => kernel(LINES);
/** The kernel that lists records of a trace.dat. */
export const recordKernel = () => kernel(RECORDS);
/** The kernel that reads samples of a perf.data. */
export const sampleKernel = () => kernel(SAMPLES);

async function kernel({ folder, file, memory }) {
  const sources = path.join(root, folder);
  const target = path.join(root, file);
  const options = [...OPTIONS, ...memory];
  /** What it was made of. */
  const made = `${target}.sha256`;
  const sum = digest(sources, options);
  if (!fs.existsSync(made) || fs.readFileSync(made, 'utf8') !== sum) {
    await compile(sources, target, options);
    fs.writeFileSync(made, sum);
  }
  return fs.readFileSync(target);
}

function digest(sources, options) {
  const hash = createHash('sha256').update(options.join(' '));
  const compiler = path.join(root, 'node_modules/assemblyscript/package.json');
  const folders = [sources, path.join(root, SHARED)];
  const files = folders.flatMap((folder) =>
    fs
      .readdirSync(folder)
      .sort()
      .map((name) => path.join(folder, name)),
  );
  for (const file of [...files, compiler]) hash.update(fs.readFileSync(file));
  return hash.digest('hex');
}

async function compile(sources, target, options) {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  const { default: asc } = await import('assemblyscript/asc');
  const args = [path.join(sources, 'index.ts'), '--outFile', path.relative(root, target)];
  const told = asc.createMemoryStream();
  const { error } = await asc.main([...args, '--baseDir', root, ...options], { stderr: told, stdout: told });
  // A warning is as bad: a conversion that is not meant, a name that is not used.
  if (error || told.toString() !== '') throw new Error(`the kernel does not compile:\n${told.toString()}`);
}
