import assert from 'node:assert/strict';
import { Tasks } from './tasks.js';

describe('tasks', () => {
  it('counts the events of tasks that have to do with no VM', () => {
    const tasks = new Tasks();
    for (let i = 0; i < 10; i++) tasks.saw(7, 1, i === 9);
    for (let i = 0; i < 3; i++) tasks.saw(8, 1, false);
    tasks.saw(-1, 1, false);
    assert.equal(tasks.unrelated(), 4);
  });

  it('keeps tasks apart whose numbers end alike', () => {
    const tasks = new Tasks();
    for (let i = 0; i < 5; i++) {
      tasks.saw(1024 + 7, 1, false);
      tasks.saw(7, 1, i === 0);
      tasks.saw(2048 + 7, 1, false);
    }
    assert.equal(tasks.unrelated(), 10);
  });
});
