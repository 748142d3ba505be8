/** How payloads end: the name before the last values. What ../../events/payload.ts makes of it. */
import { COLON, COMMA, BLANK, DASH, EQUALS, isDigit, same } from './bytes';
import { hexRun } from './numbers';
import { Plan } from './plan';

/** Numbers that may stand behind the last name. */
const LAST_NUMBERS: i32 = 4;

function separates(c: u32): bool {
  return c === BLANK || c === EQUALS || c === COLON || c === COMMA;
}

function startOfWord(start: usize, wordEnd: usize): usize {
  let p = wordEnd;
  while (p > start && !separates(load<u8>(p - 1))) p--;
  return p;
}

function isNumber(start: usize, end: usize): bool {
  const c = <u32>load<u8>(start);
  return c === DASH || isDigit(c) || (end > start && hexRun(start, end) === end - start);
}

/**
 * End of the word before the last numbers of bytes [start, end), or before the `=` of a last word that is no
 * number; `start` where there is none.
 */
function endOfLastName(start: usize, end: usize): usize {
  let p = end;
  for (let numbers = 0; numbers <= LAST_NUMBERS; numbers++) {
    while (p > start && separates(load<u8>(p - 1))) p--;
    const wordEnd = p;
    p = startOfWord(start, wordEnd);
    if (isNumber(p, wordEnd)) continue;
    if (numbers > 0) return wordEnd;
    return p > start && load<u8>(p - 1) === EQUALS ? p - 1 : start;
  }
  return start;
}

/** True where the payload at bytes [start, end) ends with a name and values as its event did before. */
export function hasKnownEnding(plan: Plan, start: usize, end: usize): bool {
  if (plan.endings === 0) return true;
  const nameEnd = endOfLastName(start, end);
  const count = load<u32>(plan.endings);
  for (let i: usize = 0; i < count; i++) {
    const length = load<u32>(plan.endings + 8 + 8 * i);
    // As much as the payload holds is compared, at most.
    if (length > <u32>(nameEnd - start)) continue;
    const from = nameEnd - length;
    if (!same(load<u32>(plan.endings + 4 + 8 * i), from, length)) continue;
    if (length > 0 ? from === start || separates(load<u8>(from - 1)) : nameEnd === start) return true;
  }
  return false;
}

/** True where the line ends with the same label before its last values as the line before. */
export function endsAsBefore(plan: Plan, start: usize, end: usize): bool {
  const label = plan.lastLabel;
  const length = plan.lastLabelLength;
  if (label === 0) return false;
  const at = end - plan.labelFromEnd;
  if (plan.labelFromEnd < <u32>(end - start) && same(label, at, length)) return true;
  let p = end;
  for (let numbers = 0; numbers <= LAST_NUMBERS; numbers++) {
    while (p > start && separates(load<u8>(p - 1))) p--;
    const wordEnd = p;
    p = startOfWord(start, wordEnd);
    if (!isNumber(p, wordEnd)) return wordEnd - p === length && same(label, p, length);
  }
  return false;
}
