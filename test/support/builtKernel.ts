/** A kernel as `npm run build` has compiled it. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { kernelOf } from '../../shell/kernels.js';

export function builtFrom<T extends object>(file: string): T {
  assert.ok(fs.existsSync(file), `no ${file}: \`npm run build\` compiles it`);
  const kernel = kernelOf<T>(fs.readFileSync(file));
  assert.ok(kernel, 'Node.js runs WebAssembly with vectors');
  return kernel;
}
