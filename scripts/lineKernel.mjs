// The kernel that reads plain lines of ftrace text (parsers/ftrace/kernel, AssemblyScript) as WebAssembly. It
// is compiled into out/ when its sources, its compiler or its options have changed, and every bundle has it.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './steps.mjs';

const sources = path.join(root, 'parsers/ftrace/kernel');
const target = path.join(root, 'out/lineKernel.wasm');
/** What it was made of. */
const made = `${target}.sha256`;

const OPTIONS = [
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert'],
  // It allocates nothing, grows nothing and imports nothing.
  ...['--runtime', 'stub', '--use', 'abort=', '--initialMemory', '64', '--maximumMemory', '64'],
  ...['--enable', 'simd'],
];

/** The compiled kernel. */
export async function lineKernel() {
  const sum = digest();
  if (!fs.existsSync(made) || fs.readFileSync(made, 'utf8') !== sum) {
    await compile();
    fs.writeFileSync(made, sum);
  }
  return fs.readFileSync(target);
}

function digest() {
  const hash = createHash('sha256').update(OPTIONS.join(' '));
  const compiler = path.join(root, 'node_modules/assemblyscript/package.json');
  const files = fs.readdirSync(sources).sort();
  for (const file of [...files.map((name) => path.join(sources, name)), compiler])
    hash.update(fs.readFileSync(file));
  return hash.digest('hex');
}

async function compile() {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  const { default: asc } = await import('assemblyscript/asc');
  const args = [path.join(sources, 'index.ts'), '--outFile', path.relative(root, target)];
  const told = asc.createMemoryStream();
  const { error } = await asc.main([...args, '--baseDir', root, ...OPTIONS], { stderr: told, stdout: told });
  // A warning is as bad: a conversion that is not meant, a name that is not used.
  if (error || told.toString() !== '') throw new Error(`the kernel does not compile:\n${told.toString()}`);
}
