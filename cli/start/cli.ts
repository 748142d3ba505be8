#!/usr/bin/env node
/** The command line of a package. */
import { load } from './load.js';

void load(import.meta.url).main(process.argv.slice(2));
