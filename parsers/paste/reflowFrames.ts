/** Frames, and the comments of a header, that stand one behind another in a paragraph. */

/** The heading of a stack, behind which its frames stand. */
const HEADING = /<(?:user )?stack trace>|(?:kernel|user)_stack:/;
const ARROW = /\s(?==>\s)/;
const OF_PERF =
  /\s+(?=[0-9a-f]{1,16}\s+(?:[^\s()=:,]+\+0x[0-9a-f]+|\[unknown\])\s+\((?:\[[\w.]+\]|\/\S*|inlined|[\w.-]+)\))/;
const COMMENT = /\s(?=#(?:\s|$))/;

/** The text of one event in pieces: itself, then the frames of its stack, which begin with a blank or tab. */
export function framesApart(text: string): readonly string[] {
  if (text.startsWith('#')) return cutBefore(text, COMMENT).map((piece) => piece.trimStart());
  if (HEADING.test(text)) return cutBefore(text, ARROW);
  const pieces = cutBefore(text, OF_PERF);
  // Each takes the place of as many characters as it had: the line that it began on is told by them.
  return pieces.map((piece, i) => (i === 0 ? piece : piece.replace(/^\s/, '\t')));
}

/** The pieces that begin with what `before` stands for; together they are the text. */
function cutBefore(text: string, before: RegExp): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const { index } of text.matchAll(new RegExp(before.source, 'g'))) {
    pieces.push(text.slice(from, index));
    from = index;
  }
  pieces.push(text.slice(from));
  return pieces;
}
