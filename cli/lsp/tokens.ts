/** Semantic tokens of a trace's text: what a client without a grammar of it colours by. */

export const TOKEN_TYPES = ['comment', 'function', 'property', 'number', 'variable'] as const;
const [COMMENT, EVENT, PROPERTY, NUMBER, TASK] = [0, 1, 2, 3, 4] as const;

/** A longer document is coloured up to here: a client asks for the whole at once. */
const LINES_MAX = 20_000;

/** `   task-pid [cpu] flags time: event:`, whatever of it is there. */
const HEAD = /^(\s*\S.*?-\d+)?\s+(?:\(\s*[\d-]+\)\s+)?\[\d+\][^:]*?\s(\d+\.?\d*):\s+([\w.:-]+):/;
const FIELD = /([A-Za-z_]\w*)=|(?<![\w.])(0x[0-9a-f]+|-?\d+)\b/gi;

/** Five numbers for each token, as the protocol has them: relative to the one before. */
export function semanticTokens(text: string): readonly number[] {
  const data: number[] = [];
  let [lastLine, lastColumn] = [0, 0];
  const push = (line: number, column: number, length: number, type: number): void => {
    if (length <= 0) return;
    data.push(line - lastLine, line === lastLine ? column - lastColumn : column, length, type, 0);
    [lastLine, lastColumn] = [line, column];
  };
  text.split('\n', LINES_MAX).forEach((raw, line) => {
    const content = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (content.startsWith('#')) push(line, 0, content.length, COMMENT);
    else lineTokens(content, (column, length, type) => push(line, column, length, type));
  });
  return data;
}

function lineTokens(content: string, push: (column: number, length: number, type: number) => void): void {
  const head = HEAD.exec(content);
  if (!head) return;
  const [whole, task = '', time = '', event = ''] = head;
  const indent = task.length - task.trimStart().length;
  push(indent, task.length - indent, TASK);
  push(whole.lastIndexOf(`${time}:`, whole.length - event.length - 1), time.length, NUMBER);
  push(whole.length - event.length - 1, event.length, EVENT);
  FIELD.lastIndex = whole.length;
  for (let found = FIELD.exec(content); found; found = FIELD.exec(content)) {
    const [, name, number] = found;
    if (name !== undefined) push(found.index, name.length, PROPERTY);
    else push(found.index, number!.length, NUMBER);
  }
}
