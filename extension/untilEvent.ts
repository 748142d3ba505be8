/** Waits for an event that passes a test, but no longer than so many milliseconds. */
import type * as vscode from 'vscode';

export function untilEvent<T>(event: vscode.Event<T>, isIt: (told: T) => boolean, ms: number): Promise<void> {
  return new Promise((done) => {
    const end = (): void => {
      clearTimeout(timer);
      wait.dispose();
      done();
    };
    const timer = setTimeout(end, ms);
    const wait = event((told) => {
      if (isIt(told)) end();
    });
  });
}
