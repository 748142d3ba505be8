/**
 * Mutants that survive and change nothing that matters, each with the reason. `line` is the text of the
 * source line that holds the mutant, `to` the replacements meant; without it, all that survive in the line.
 * An explanation that fits no survivor any more is named at the end of the run.
 */
export const EXPLAINED = [];
