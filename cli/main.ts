#!/usr/bin/env node
/** The program: arguments in, exit code out. */
import { cacheSettings } from '../shell/cache/folder.node.js';
import { processOutput } from './output.js';
import { keptFolder } from './review/kept.js';
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), {
  ...processOutput(),
  keeps: keptFolder(process.env, process.platform),
  cache: cacheSettings(process.env, process.platform),
});
