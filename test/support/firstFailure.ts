/**
 * Loaded before the tests by scripts/mutate: there one counterexample is enough, and to look for the smallest
 * takes many seconds.
 */
import fc from 'fast-check';

fc.configureGlobal({ endOnFailure: true });
