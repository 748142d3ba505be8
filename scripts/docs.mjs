// `npm run docs`: writes the generated parts of docs/ from the compiled sources.
import fs from 'node:fs';
import path from 'node:path';
import { bin, root, run } from './steps.mjs';

// tsc says what is wrong and writes what it can; without the modules below the import says the rest.
run(bin('tsc'), ['-b', 'cli']);
const { rulesPage, withFleet, withIssues, withTables } = await import(path.join(root, 'out/cli/docs.js'));
const { corpusCounts } = await import(path.join(root, 'out/cli/corpus.js'));
const { RULES, RULE_IDS } = await import(path.join(root, 'out/model/rules/registry.js'));
fs.writeFileSync(path.join(root, 'docs/RULES.md'), rulesPage(RULES, corpusCounts(root, RULE_IDS)));
const formats = path.join(root, 'docs/FORMATS.md');
fs.writeFileSync(formats, withIssues(fs.readFileSync(formats, 'utf8')));
const sql = path.join(root, 'docs/SQL.md');
fs.writeFileSync(sql, withTables(fs.readFileSync(sql, 'utf8')));
const fleet = path.join(root, 'docs/FLEET.md');
fs.writeFileSync(fleet, withFleet(fs.readFileSync(fleet, 'utf8')));
console.log('docs/RULES.md, docs/FORMATS.md, docs/SQL.md and docs/FLEET.md are up to date');
