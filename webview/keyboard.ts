/** Keys of the picture, as actions by name. One table, which the help shows too. */
export type Action =
  | 'zoomIn'
  | 'zoomOut'
  | 'left'
  | 'right'
  | 'up'
  | 'down'
  | 'moreRows'
  | 'fewerRows'
  | 'whole'
  | 'nextFinding'
  | 'previousFinding'
  | 'undo'
  | 'redo'
  | 'jump'
  | 'table'
  | 'start'
  | 'end'
  | 'compress'
  | 'clear'
  | 'open'
  | 'lanes'
  | 'lanesUp'
  | 'lanesDown'
  | 'activeLanes';

export interface Key {
  readonly keys: readonly string[];
  readonly action: Action;
  readonly help: string;
}

/** `Mod+` is Control, or Command on a Mac. */
export const KEYS: readonly Key[] = [
  { keys: ['w', 'W', '+', '=', 'Mod+ArrowUp'], action: 'zoomIn', help: 'zoom in' },
  { keys: ['s', 'S', '-', 'Mod+ArrowDown'], action: 'zoomOut', help: 'zoom out' },
  { keys: ['a', 'A', 'ArrowLeft'], action: 'left', help: 'earlier' },
  { keys: ['d', 'D', 'ArrowRight'], action: 'right', help: 'later' },
  { keys: ['ArrowUp'], action: 'up', help: 'rows above' },
  { keys: ['ArrowDown'], action: 'down', help: 'rows below' },
  { keys: ['e', 'E'], action: 'moreRows', help: 'fewer pages per row' },
  { keys: ['q', 'Q'], action: 'fewerRows', help: 'more pages per row' },
  { keys: ['0', 'f', 'F'], action: 'whole', help: 'whole trace' },
  { keys: ['n', 'N'], action: 'nextFinding', help: 'next finding' },
  { keys: ['p', 'P'], action: 'previousFinding', help: 'previous finding' },
  { keys: ['Mod+z'], action: 'undo', help: 'undo the last change of view' },
  { keys: ['Mod+Z', 'Mod+y'], action: 'redo', help: 'redo' },
  { keys: ['g', '/'], action: 'jump', help: 'jump to a time, line or page' },
  { keys: ['t', 'T'], action: 'table', help: 'move to the table' },
  { keys: ['Home'], action: 'start', help: 'start of the trace' },
  { keys: ['End'], action: 'end', help: 'end of the trace' },
  { keys: ['c', 'C'], action: 'compress', help: 'compress empty time' },
  { keys: ['['], action: 'lanesUp', help: 'threads above' },
  { keys: [']'], action: 'lanesDown', help: 'threads below' },
  { keys: ['o', 'O'], action: 'activeLanes', help: 'threads active in view first' },
  { keys: ['l', 'L'], action: 'lanes', help: 'fold or show the threads' },
  { keys: ['Escape'], action: 'clear', help: 'clear the selection and the measurement' },
  { keys: ['Enter'], action: 'open', help: 'show the selected event in the editor' },
];

export function actionOf(event: {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}): Action | undefined {
  if (event.altKey) return undefined;
  const key = event.ctrlKey || event.metaKey ? `Mod+${event.key}` : event.key;
  return KEYS.find((k) => k.keys.includes(key))?.action;
}
