/**
 * What the function tracers print of a call: `f <-caller` (function), `1.5 us | f();`, `| f() {` and `| }`
 * (function_graph), and their records by the formats that the kernel has of them: ` f <-- caller`,
 * `--> f (1)` and `<-- f (1) (start: 3df031e54  end: 3df06fdc6) over: 1`.
 *
 * Sources: kernel/trace/trace_output.c and trace_functions_graph.c, Linux 7.2 and 6.12.
 */

export interface FunctionCall {
  /** As printed, with a compiler's suffixes; '' of a return that does not say it. */
  readonly name: string;
  /** '' where it is not said. */
  readonly caller: string;
  /** `begin` of a call that has others in it, `whole` of one that has none, `end`. */
  readonly part: 'begin' | 'whole' | 'end';
  /** Of what is whole or ends, in nanoseconds; -1 where it is not said. */
  readonly durationNs: number;
  /** Blanks before it in a graph, or its depth, which tell what it is within; -1 elsewhere. */
  readonly indent: number;
}

/** Names of their events: the same in the kernel's text and in trace-cmd's files. */
export const FUNCTION = 'function';
export const GRAPH_ENTRY = 'funcgraph_entry';
export const GRAPH_EXIT = 'funcgraph_exit';

/** Blanks in its columns and before a call. Without an end a hostile line takes no end. */
const BLANKS = 20;
const INDENT = 400;
const SYMBOL = String.raw`[A-Za-z_][\w.$]*`;
const PLACE = String.raw`(${SYMBOL})(?:\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?)?(?: \[[^\]]{1,60}\])?(?: <[0-9a-f]{1,16}>)?`;
const CALLED = new RegExp(String.raw`^${PLACE}(?:\(.*\))? <-{1,2} ?${PLACE}\s*$`);
const TAKEN = String.raw`(?:[$@*#!+] {0,${BLANKS}})?(?:(\d{1,12}(?:\.\d{1,3})?) us)?`;
const IN_GRAPH = new RegExp(
  String.raw`^${TAKEN} {0,${BLANKS}}\|?( {0,${INDENT}})(?:(${SYMBOL})(?: \[[^\]]{1,60}\])?\(.*(\{|;)|(\}))`,
);
const ENDED = new RegExp(String.raw`/\* (${SYMBOL})`);
const US = 1000;
/** Depth, and the times in nanoseconds of what ended. */
const RECORDED = new RegExp(
  String.raw`^(-->|<--) ${PLACE} \((\d{1,5})\)(?: \(start: ([0-9a-f]{1,16}) {1,2}end: ([0-9a-f]{1,16})\))?`,
);

/** Reads the text of an event of that name, with or without its system; undefined for what is no call. */
export function functionCall(event: string, text: string): FunctionCall | undefined {
  const name = event.slice(event.indexOf(':') + 1);
  if (name === FUNCTION) {
    const called = CALLED.exec(text.trimStart());
    return called
      ? { name: called[1]!, caller: called[2]!, part: 'begin', durationNs: -1, indent: -1 }
      : undefined;
  }
  if (name !== GRAPH_ENTRY && name !== GRAPH_EXIT) return undefined;
  const drawn = IN_GRAPH.exec(text.trimStart());
  if (!drawn) return recordedCall(text);
  const [, micros, blanks, symbol, mark, brace] = drawn;
  const durationNs = micros === undefined ? -1 : Math.round(Number(micros) * US);
  const indent = blanks!.length;
  if (brace !== undefined)
    return { name: ENDED.exec(text)?.[1] ?? '', caller: '', part: 'end', durationNs, indent };
  return { name: symbol!, caller: '', part: mark === '{' ? 'begin' : 'whole', durationNs, indent };
}

function recordedCall(text: string): FunctionCall | undefined {
  const [, arrow, name, depth, start, end] = RECORDED.exec(text.trimStart()) ?? [];
  if (name === undefined) return undefined;
  const part = arrow === '-->' ? 'begin' : 'end';
  const isTimed = start !== undefined && end !== undefined;
  const durationNs = isTimed ? Number(BigInt(`0x${end}`) - BigInt(`0x${start}`)) : -1;
  return { name, caller: '', part, durationNs: Math.max(-1, durationNs), indent: Number(depth) };
}

/** The same as fields, as every listing shows them. */
export function functionFields(
  event: string,
  text: string,
): readonly { readonly name: string; readonly value: string }[] {
  const call = functionCall(event, text);
  if (!call) return [];
  return [
    { name: 'function', value: call.name },
    { name: 'caller', value: call.caller },
    { name: 'duration_ns', value: call.durationNs < 0 ? '' : String(call.durationNs) },
  ].filter(({ value }) => value !== '');
}
