// `npm run editor`: VS Code in the browser on sample-traces with the extension
// installed. Prints the address; Ctrl+C ends it.
import path from 'node:path';
import { ensureDependencies, must, root } from '../steps.mjs';
import { ensureEditor } from './setup.mjs';
import { editorUrl, startEditor } from './host.mjs';

ensureDependencies();
must(process.execPath, ['scripts/package.mjs']);
ensureEditor();
const editor = await startEditor({
  vsix: path.join(root, 'dist/shimtrace.vsix'),
  port: Number(process.env.PORT ?? 0),
});
console.log(`\nVS Code is at ${editorUrl(editor, path.join(root, 'sample-traces'))}`);
console.log('Open labelled/inplace/M2.p.txt. Ctrl+C ends it.');
const stop = async () => {
  await editor.stop();
  process.exit(0);
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
