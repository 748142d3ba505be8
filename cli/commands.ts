/** All commands, in the order of the help. Each is loaded when it is asked for. */
import type { Command } from './command.js';

const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  check: async () => (await import('./commands/check.js')).check,
  events: async () => (await import('./commands/events.js')).events,
  timeline: async () => (await import('./commands/timeline.js')).timeline,
  storms: async () => (await import('./commands/storms.js')).storms,
  life: async () => (await import('./commands/life.js')).life,
  explain: async () => (await import('./commands/explain.js')).explain,
  review: async () => (await import('./commands/review.js')).review,
  suppress: async () => (await import('./commands/suppress.js')).suppress,
  sql: async () => (await import('./commands/sql.js')).sql,
  export: async () => (await import('./commands/export.js')).exportCommand,
  fleet: async () => (await import('./commands/fleet.js')).fleet,
  info: async () => (await import('./commands/info.js')).info,
  record: async () => (await import('./commands/record.js')).record,
  lab: async () => (await import('./commands/lab.js')).lab,
  cache: async () => (await import('./commands/cache.js')).cache,
  rules: async () => (await import('./commands/rules.js')).rules,
  lsp: async () => (await import('./commands/lsp.js')).lsp,
  dap: async () => (await import('./commands/dap.js')).dap,
  completion: async () => (await import('./commands/completion.js')).completion(allCommands),
  man: async () => (await import('./commands/man.js')).man(allCommands),
};

export const COMMAND_NAMES: readonly string[] = Object.keys(LOADERS);

/** The command of a name; undefined where there is none. */
export async function commandNamed(name: string): Promise<Command | undefined> {
  return Object.hasOwn(LOADERS, name) ? LOADERS[name]!() : undefined;
}

export async function allCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(LOADERS).map((load) => load()));
}
