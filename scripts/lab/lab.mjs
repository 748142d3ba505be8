// What `shimtrace lab` takes of the laboratory; it lies in the packages with what it works by.
export { bootMachine } from './machine.mjs';
export { MACHINES } from './machines.mjs';
export { needsOf } from './needs.mjs';
