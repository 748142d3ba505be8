/** The questions that are asked of a page at an event, each with its answer. */
import { brackets, hugeSpte, progress } from './mmu.js';
import { difference, ownership } from './history.js';
import { whichRetry, whoHolds } from './references.js';
import { lifeOfPage } from './lifeText.js';
import { refusals } from './refusals.js';
import type { Answer, Asked } from './answer.js';

export type { Answer, Asked, Statement } from './answer.js';

/** In the order in which they are offered. */
export const QUESTIONS = {
  holds: whoHolds,
  brackets,
  progress,
  huge: hugeSpte,
  ownership,
  retry: whichRetry,
  refused: refusals,
  difference,
  life: lifeOfPage,
} as const satisfies Readonly<Record<string, (asked: Asked) => Answer>>;
export type QuestionId = keyof typeof QUESTIONS;
