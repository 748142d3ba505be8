/** What the lowering of one kind of event is, and how a family of them says what it listens to. */
import type { EventKind } from '../../parsers/events/vocabulary.js';
import type { Ev } from '../world/event.js';
import type { Thread } from '../world/state.js';
import type { World } from '../world/world.js';

/** Turns an event into page operations and facts. */
export type Lowering = (w: World, ev: Ev, t: Thread) => void;
/** Registers the lowering of a kind; several run in the order of registration. */
export type On = (kind: EventKind, lowering: Lowering) => void;
