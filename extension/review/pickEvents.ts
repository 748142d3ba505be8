/** Events as a list; walking over them walks over the recordings. */
import * as vscode from 'vscode';
import type { Spot } from '../protocol/place.js';
import { revealSpot } from '../tabs.js';

/** Events that are listed at once. */
const EVENTS_AT_ONCE = 200;

interface PickedEvent {
  readonly uri: vscode.Uri;
  readonly spot: Spot;
  readonly text: string;
}

interface Entry extends vscode.QuickPickItem {
  readonly event?: PickedEvent;
}

export async function pickEvents(
  title: string,
  ask: (
    first: number,
    count: number,
  ) => Promise<{ readonly total: number; readonly events: readonly PickedEvent[] }>,
): Promise<void> {
  const list = vscode.window.createQuickPick<Entry>();
  list.title = title;
  let shown: readonly PickedEvent[] = [];
  const more = async (): Promise<void> => {
    list.busy = true;
    const { total, events } = await ask(shown.length, EVENTS_AT_ONCE);
    shown = [...shown, ...events];
    list.busy = false;
    const rest: Entry[] =
      shown.length < total
        ? [{ label: `$(ellipsis) ${vscode.l10n.t('Show more: {0} of {1} shown', shown.length, total)}` }]
        : [];
    list.placeholder = vscode.l10n.t('Each of the {0} entries leads to its event', shown.length);
    list.items = [
      ...shown.map((event) => ({
        label: event.text,
        description: vscode.l10n.t('line {0}', event.spot.line),
        event,
      })),
      ...rest,
    ];
  };
  list.onDidChangeActive(([entry]) => void revealSpot(entry?.event?.uri, entry?.event?.spot));
  list.onDidAccept(() => {
    const [entry] = list.activeItems;
    if (entry && !entry.event) void more();
    else list.hide();
  });
  list.onDidHide(() => list.dispose());
  list.show();
  await more();
}
