import assert from 'node:assert/strict';
import { code, escapeMarkdown } from './escape.js';

describe('what a trace says, in Markdown', () => {
  it('makes no link, no image, no HTML, no entity, no icon, and nothing that is unseen', () => {
    const hostile = '[x](command:evil) ![y](http://e) <b> &#x202e; $(bug) \u202e\u001b[31m|a\r\nb';
    assert.equal(
      escapeMarkdown(hostile),
      '\\[x\\]\\(command:evil\\) \\!\\[y\\]\\(http://e\\) \\<b\\> \\&\\#x202e; \\$\\(bug\\) ' +
        '\\\\u202e\\\\x1b\\[31m\\|a b',
    );
  });
  it('stays code, whatever runs of backticks it has', () => {
    assert.equal(code('a``b\u202e'), '``` a``b\\u202e ```');
    assert.equal(code('x\ny'), '`x y`');
  });
});
