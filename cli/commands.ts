/** All commands, in the order of the help. */
import type { Command } from './command.js';
import { check } from './commands/check.js';
import { completion } from './commands/completion.js';
import { dap } from './commands/dap.js';
import { events } from './commands/events.js';
import { explain } from './commands/explain.js';
import { info } from './commands/info.js';
import { life } from './commands/life.js';
import { man } from './commands/man.js';
import { record } from './commands/record.js';
import { review } from './commands/review.js';
import { rules } from './commands/rules.js';
import { storms } from './commands/storms.js';
import { suppress } from './commands/suppress.js';
import { timeline } from './commands/timeline.js';

export const COMMANDS: readonly Command[] = [
  check,
  events,
  timeline,
  storms,
  life,
  explain,
  review,
  suppress,
  info,
  record,
  rules,
  dap,
  completion(() => COMMANDS),
  man(() => COMMANDS),
];
