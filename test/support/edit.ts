/**
 * Edits recordings line by line, to make from a recording of a correct kernel one of a
 * kernel with a bug. The header's entry counts follow the edit, so that a line taken out is
 * an event that never was, not one that was lost.
 */
const EVENT = /^.{16}-\d+ .*? \[\d{3}\] /;
/** Of an event's line. */
const TIME = /\d+\.\d+(?=: )/;
const COUNTS = /^(# entries-in-buffer\/entries-written: )\d+\/\d+/;

export class Recording {
  private readonly lines: string[];

  constructor(text: string) {
    this.lines = text.split('\n');
  }

  /** Index of the `nth` line from `from` on that holds every text. A line that is not there throws. */
  find(texts: string | readonly string[], from = 0, nth = 0): number {
    const all = typeof texts === 'string' ? [texts] : texts;
    let left = nth;
    for (let i = from; i < this.lines.length; i++)
      if (all.every((t) => this.lines[i]!.includes(t)) && left-- === 0) return i;
    throw new Error(`no line with ${all.join(' and ')}`);
  }

  /** Changes a line in place; what is not there throws. */
  change(index: number, from: string, to: string): this {
    const line = this.lines[index]!;
    if (!line.includes(from)) throw new Error(`line ${index + 1} has no ${from}`);
    this.lines[index] = line.replace(from, to);
    return this;
  }

  /**
   * An event right after line `index`, by the same task and at the same time unless `change` says otherwise.
   */
  insert(index: number, event: string, change: (head: string) => string = (head) => head): this {
    const head = /^(.*?\d: )/.exec(this.lines[index]!)?.[1];
    if (head === undefined) throw new Error(`line ${index + 1} is no event`);
    this.lines.splice(index + 1, 0, change(head) + event);
    return this;
  }

  /** Takes out every line of [from, to) that holds all of the texts; at least one must. */
  remove(texts: string | readonly string[], from = 0, to = Infinity): this {
    const all = typeof texts === 'string' ? [texts] : texts;
    let gone = 0;
    for (let i = Math.min(to, this.lines.length) - 1; i >= from; i--) {
      if (!all.every((t) => this.lines[i]!.includes(t))) continue;
      this.lines.splice(i, 1);
      gone++;
    }
    if (gone === 0) throw new Error(`no line with ${all.join(' and ')}`);
    return this;
  }

  /** Moves one event to just before another, whose time it takes: of one CPU no time goes back. */
  move(index: number, before: number): this {
    const time = TIME.exec(this.lines[before]!)![0];
    const line = this.lines[index]!.replace(TIME, time);
    this.lines.splice(index, 1);
    this.lines.splice(before > index ? before - 1 : before, 0, line);
    return this;
  }

  /** 1-based number of the line that holds every text. */
  lineOf(texts: string | readonly string[], from = 0, nth = 0): number {
    return this.find(texts, from, nth) + 1;
  }

  text(): string {
    const count = this.lines.filter((line) => EVENT.test(line)).length;
    return this.lines.map((line) => line.replace(COUNTS, `$1${count}/${count}`)).join('\n');
  }
}
