import assert from 'node:assert/strict';
import { QUESTIONS, type QuestionId } from '../../model/answers/index.js';
import { SAMPLE, workerOn, type AskedWorker } from '../test/askWorker.js';

describe("a question about an event's page", () => {
  let worker: AskedWorker;
  before(async () => {
    worker = await workerOn(SAMPLE);
  });
  const answers = (question: QuestionId, line = 702): string[] =>
    worker
      .ask('answer', { line, question })!
      .statements.map(({ text, spots }) => [text, ...spots.map((spot) => spot.line)].join(' | '));

  it('is answered with the lines that show it', () => {
    assert.deepEqual(answers('holds'), [
      'A long-term or DMA pin of CPU 0/KVM-275, held for 952 µs; released 1.87 ms later. | 662 | 778',
    ]);
    assert.deepEqual(answers('progress'), [
      'Progressing (2 of 2 zaps after a conversion or a punched hole).',
      '2 faults by 1 vCPU(s), over 3.78 ms. | 615 | 722',
      '2 attempts to map it, with 2 distinct sequence counts. | 623 | 730',
      'The last install maps pfn 0x102a73. | 732',
    ]);
    assert.deepEqual(answers('huge'), ['No huge SPTE covers this page now.']);
    assert.deepEqual(answers('retry'), ['No conversion of this page is seen to be refused. | 682']);
    assert.equal(answers('ownership')[0], 'shared (qemu-system-x86-274) | 353');
    assert.ok(answers('ownership').includes('1 pin (CPU 0/KVM-275) | 662'));
  });

  it('names the page and says the question', () => {
    for (const question of Object.keys(QUESTIONS) as QuestionId[]) {
      const answer = worker.ask('answer', { line: 702, question })!;
      assert.equal(answer.page, 'gfn 0x100004 (page 0x4 of inode 268)', question);
      assert.match(answer.question, /\?$/, question);
      assert.ok(answer.statements.length > 0, question);
      assert.deepEqual(answer.missing, [], question);
    }
  });

  it('is about the guest frame where the event is of one', () =>
    assert.match(
      worker.ask('answer', { line: 627, question: 'huge' })!.page,
      /^gfn 0x100004 \(page 0x4 of inode 268\)$/,
    ));

  it('says what was not recorded that it would need', async () => {
    const without = await workerOn('sample-traces/scenarios/21-install-without-invalidation-probes.txt');
    const [conversion] = without.ask('conversions', {});
    const answer = without.ask('answer', { line: conversion!.line, question: 'brackets' });
    assert.ok(answer!.missing.length > 0);
  });

  it('has no answer where the event names no page', () =>
    assert.equal(worker.ask('answer', { line: 1, question: 'holds' }), null));
});
