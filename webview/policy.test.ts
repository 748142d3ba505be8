import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { pageHtml } from '../extension/timeline/html.js';

describe('the document of the page', () => {
  const html = pageHtml({
    nonce: 'abc',
    script: 'https://local/main.js?a="b"',
    source: 'https://local',
    title: '<trace>',
  });
  const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/
    .exec(html)![1]!
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
  const directives = new Map(
    policy.split('; ').map((text) => [text.split(' ')[0]!, text.split(' ').slice(1)]),
  );

  it('allows scripts by nonce only, and nothing inline but an empty style', () => {
    assert.deepEqual(directives.get('default-src'), ["'none'"]);
    assert.deepEqual(directives.get('script-src'), ["'nonce-abc'"]);
    const empty = crypto.createHash('sha256').update('').digest('base64');
    assert.deepEqual(directives.get('style-src'), ['https://local', `'sha256-${empty}'`]);
    assert.ok(!policy.includes('unsafe') && !policy.includes('*'));
    assert.deepEqual(
      [...directives.keys()],
      ['default-src', 'script-src', 'style-src', 'img-src', 'font-src'],
    );
  });

  it('has one script, with the nonce, and no text that could end an attribute', () => {
    assert.deepEqual(html.match(/<script[^>]*>/g), [
      '<script nonce="abc" src="https://local/main.js?a=&quot;b&quot;">',
    ]);
    assert.ok(html.includes('<title>&lt;trace&gt;</title>'));
    assert.ok(!/ on\w+=|style=|javascript:/.test(html));
  });
});
