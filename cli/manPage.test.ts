import assert from 'node:assert/strict';
import { allCommands } from './commands.js';
import { FILE_HELP } from './help.js';
import { manPage } from './manPage.js';

const COMMANDS = await allCommands();

const page = manPage(COMMANDS, '1.2.3', FILE_HELP);

describe('the manual page', () => {
  it('has every command and every option', () => {
    for (const { name, options } of COMMANDS) {
      assert.ok(page.includes(`.SS "shimtrace ${name}`), name);
      for (const option of Object.keys(options))
        assert.ok(page.includes(`--${option}`.replaceAll('-', '\\-')), `${name} --${option}`);
    }
  });

  it('has only requests of ours: no text of help begins one', () => {
    const requests = page.split('\n').filter((line) => /^[.']/.test(line));
    const known = /^\.(TH|SH|SS|TP|PP|B|I|RI)( |$)/;
    assert.deepEqual(
      requests.filter((line) => !known.test(line)),
      [],
    );
    assert.match(manPage([], '1', ".TH\n'x\\-y"), /\n\\&\.TH\n\\&'x\\e\\-y\n/);
  });
});
