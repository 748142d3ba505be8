/** The worker of a package's language server. */
import { load } from './load.js';

void load(import.meta.url).lspWorker();
