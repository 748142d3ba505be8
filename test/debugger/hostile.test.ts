/** What a trace has of escapes and control characters reaches no debug client. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Dialogue } from './dialogue.js';

const PINNED = 'sample-traces/labelled/inplace/M2.p.txt';
const EVIL = '\u001b]0;x\u0007\u001b[31m\u001b[1A\u009b2J\u007f\u202e\u2066';
/** Anything that a terminal or a list acts on, but tabs and line ends. */
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}\u2028\u2029]/u;
const DEPTH_MAX = 3;

/** Every string of a message, by where it is. */
function* stringsOf(value: unknown, at: string): Generator<readonly [at: string, text: string]> {
  if (typeof value === 'string') yield [at, value];
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* stringsOf(inner, `${at}.${key}`);
}

/** What a client is shown; what names something to us is given back as it is. */
function shown(body: unknown, what: string): void {
  for (const [at, text] of stringsOf(body, what))
    if (!/\.(?:path|evaluateName|dataId)$/.test(at))
      assert.equal(UNSEEN.exec(text)?.[0], undefined, `${at}: ${JSON.stringify(text)}`);
}

describe('a debug session on a hostile trace', function () {
  this.timeout(60_000);
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  it('shows escapes as what they are', async () => {
    const trace = path.join(folder, `evil${EVIL}.txt`);
    const text = fs.readFileSync(PINNED, 'utf8');
    fs.writeFileSync(trace, text.replace(/^ *([^ #]+?)-(\d+) /gm, `$1${EVIL}-$2 `));
    const session = new Dialogue();
    await session.start({ trace, stopOnFindings: true });
    let seen = 0;
    const look = async (reference: number, depth: number): Promise<void> => {
      if (reference === 0 || depth > DEPTH_MAX) return;
      const children = await session.children(reference);
      shown([...children.values()], 'variables');
      for (const { variablesReference } of children.values()) {
        seen++;
        await look(variablesReference, depth + 1);
      }
    };
    for (const move of ['next', 'continue', 'stepBack']) {
      await session.ask(move, { threadId: 1 });
      shown(await session.ask('threads'), 'threads');
      const stack = await session.where();
      shown(stack, 'stackTrace');
      const frameId = stack.stackFrames[0]!.id;
      const { scopes } = await session.ask<{ scopes: DebugProtocol.Scope[] }>('scopes', { frameId });
      for (const { variablesReference } of scopes) await look(variablesReference, 1);
      for (const expression of ['event', 'task', `"${EVIL}"`, EVIL])
        shown(await session.ask('evaluate', { expression, frameId, context: 'repl' }), 'evaluate');
      if (session.lastFailure !== undefined) shown(session.lastFailure, 'failure');
    }
    shown(await session.ask('setFunctionBreakpoints', { breakpoints: [{ name: EVIL }] }), 'breakpoints');
    shown(
      session.events.map(({ body }) => body as unknown),
      'events',
    );
    assert.ok(seen > 50, `${seen} variables`);
  });
});
