import assert from 'node:assert/strict';
import { nonceText, textPageHtml } from './textPageHtml.js';

describe('a page with a text of ours', () => {
  const html = textPageHtml({
    title: 'G9@702 of <b>.txt',
    body: '<p>What happened</p>',
    address: 'shimtrace-explanation:/x?["</script><script>"]',
    nonce: 'abc',
  });

  it('runs one script and takes one style, by their nonce, and loads nothing', () => {
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)!;
    assert.equal(policy, "default-src 'none'; style-src 'nonce-abc'; script-src 'nonce-abc'");
    assert.deepEqual(html.match(/<(?:script|style)\b[^>]*>/g), [
      '<style nonce="abc">',
      '<script nonce="abc">',
    ]);
    assert.equal(html.split('</script>').length, 2);
    assert.ok(!/\b(?:src|href)=|url\(/.test(html));
  });

  it('has a language, a title and a main part for those who hear it', () => {
    assert.match(html, /<html lang="en">/);
    assert.match(html, /<title>G9@702 of &lt;b&gt;\.txt<\/title>/);
    assert.match(html, /<main>\s*<p>What happened<\/p>\s*<\/main>/);
  });

  it('tells nobody the address of a command', () => {
    const link =
      '<a href="command:a.b?%5B%5D" data-href="command:a.b?%5B%5D" title="command:a.b?%5B%5D">line 2</a>';
    const page = textPageHtml({ title: '', body: link, address: '', nonce: '' });
    assert.ok(page.includes('<a href="command:a.b?%5B%5D">line 2</a>'));
  });

  it('has another nonce each time, of 16 bytes', () => {
    const [a, b] = [nonceText(), nonceText()];
    assert.match(a, /^[\da-f]{32}$/);
    assert.notEqual(a, b);
  });
});
