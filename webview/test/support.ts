/** Steps that the page's browser tests share: what was posted, what the view is, what is said. */
import type { Locator, Page } from 'playwright-core';
import type { View } from '../state.js';

export interface Posted {
  readonly type: string;
  readonly name: string;
  readonly params: Record<string, unknown>;
}

export function posted(page: Page, name: string): Promise<Posted[]> {
  return page.evaluate(
    (n) => (window as unknown as { readonly posted: Posted[] }).posted.filter((p) => p.name === n),
    name,
  );
}

/** The last request of a name, once there are that many. */
export async function lastPosted(page: Page, name: string, atLeast: number): Promise<Posted> {
  await page.waitForFunction(
    ([n, count]) =>
      (window as unknown as { readonly posted: Posted[] }).posted.filter((p) => p.name === n).length >=
      (count as number),
    [name, atLeast] as const,
  );
  return (await posted(page, name)).at(-1)!;
}

/** The view as the page keeps it for the window. */
export function viewOf(page: Page): Promise<View> {
  return page.evaluate(() => {
    const api = (
      window as unknown as { acquireVsCodeApi(): { getState(): { readonly view: string } } }
    ).acquireVsCodeApi();
    return JSON.parse(api.getState().view) as View;
  });
}

/** The view once a step has changed it; throws when it never does. */
export async function changedView(
  page: Page,
  step: () => Promise<unknown>,
): Promise<{ readonly before: View; readonly after: View }> {
  const before = await viewOf(page);
  await step();
  let last = JSON.stringify(before);
  let changed = false;
  for (let i = 0; i < 60; i++) {
    const now = JSON.stringify(await viewOf(page));
    // A wheel may arrive in several steps: the view has changed when it does so no more.
    if (changed && now === last) return { before, after: JSON.parse(now) as View };
    changed ||= now !== last;
    last = now;
    await page.waitForTimeout(40);
  }
  throw new Error('the view did not change');
}

/** The text of an element as it is seen: line breaks between blocks, nothing of what is hidden. */
export function visibleText(locator: Locator): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: what is seen is asked for, and this is no DOM node
  return locator.innerText();
}

/** Places of signs in the picture, by kind. */
export interface Sign {
  readonly kind: string;
  readonly x: number;
  readonly y: number;
  readonly index: number;
}

export function signs(page: Page, kind: string): Promise<Sign[]> {
  return page.evaluate(
    (k) => (window as unknown as { shimtraceSigns(): Sign[] }).shimtraceSigns().filter((s) => s.kind === k),
    kind,
  );
}
