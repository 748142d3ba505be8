/** The worker of the language server: the extension's. */
import '../../extension/worker/worker.node.js';
