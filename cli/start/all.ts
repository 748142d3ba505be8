/** All of the command line in one bundle, which {@link load} starts: what it may be asked for. */
export { main } from '../program.js';

/** The worker of the language server, within a worker thread. */
export async function lspWorker(): Promise<void> {
  await import('../lsp/lspWorker.js');
}
