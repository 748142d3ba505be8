#!/usr/bin/env node
/** The command line in single modules; of the bundle, `start/cli.ts` is it. */
import { main } from './program.js';

await main(process.argv.slice(2));
