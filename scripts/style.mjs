// `npm run style`: fails on sources that are not as the formatter writes them, or that the linter warns of: a
// warning counts as an error. `--write` mends what can be mended. A folder as an argument is looked at in the
// place of the project.
import { bin, ensureDependencies, root, run } from './steps.mjs';

const args = process.argv.slice(2);
const write = args.includes('--write');
const folder = args.find((arg) => arg !== '--write') ?? root;
ensureDependencies();
const mend = write ? ['--write'] : [];
process.exitCode = run(bin('biome'), ['check', '--error-on-warnings', ...mend, '.'], { cwd: folder });
if (process.exitCode !== 0 && !write) console.error('`npm run style -- --write` mends what can be mended');
