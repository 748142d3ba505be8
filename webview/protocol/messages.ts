/**
 * What the timeline's page and its host say to each other: two unions of requests, one per
 * direction. Both ends are typed from this file; endpoint.ts carries the requests and sees to it
 * that each ends in a reply, an error or a cancel. Messages cross a process as JSON with typed
 * arrays, so there are no bigints, maps or functions in them.
 */
import type { PageRange } from '../../model/findings/finding.js';
import type { AskName, TimelineAsks } from '../../model/timeline/asks.js';

/** What the page is told when it starts. */
export interface Opening {
  /** Name of the trace, for titles. */
  readonly trace: string;
  /** Address of the trace, kept with the window's state. */
  readonly uri: string;
  /** False for a binary trace, which has no lines to show. */
  readonly hasLines: boolean;
  /** A view from a link, as webview/state.ts writes it; '' for none. */
  readonly view: string;
  /** The last view of the trace that was kept, null for none: for a page that comes back, see KeptView. */
  readonly kept: KeptView | null;
}

/**
 * A view and when it was the page's, in milliseconds since 1970. The editor saves the state of its pages once
 * a minute and when it ends in good order; when its own page is reloaded it does not, and then the view that
 * the host keeps is the newer.
 */
export interface KeptView {
  readonly view: string;
  readonly at: number;
}

type Asks = { readonly [K in AskName]: TimelineAsks[K] };

/** Requests of the page, by name. */
export interface PageRequests extends Asks {
  /** The page is up. */
  open: { params: Record<string, never>; result: Opening };
  /** Select this event in the editor and the trees. */
  reveal: { params: { readonly row: number; readonly line: number; readonly finding: string }; result: null };
  /** Take the replay of the trace to this event, or begin one there. */
  replay: { params: { readonly row: number; readonly finding: string }; result: null };
  /**
   * Have a replay of the trace stop wherever these pages change, or no
   * longer; without one, one begins at the event.
   */
  watch: { params: { readonly row: number; readonly pages: PageRange }; result: null };
  /** Put text on the clipboard. */
  copy: { params: { readonly text: string }; result: null };
  /** Keep the page's view. */
  keep: { params: KeptView; result: null };
  /** Put a link to this view on the clipboard. */
  copyLink: { params: { readonly view: string }; result: null };
  /** Ask for a file name and write a picture. */
  save: {
    params: { readonly name: string; readonly bytes: Uint8Array };
    result: { readonly saved: boolean };
  };
}

/** Requests of the host, by name. */
export interface HostRequests {
  /** An event was selected elsewhere. */
  select: { params: { readonly row: number; readonly finding: string }; result: null };
  /** The trace was judged anew: what the page holds is old. */
  renew: { params: Record<string, never>; result: null };
  /** Go to a view, as webview/state.ts writes it. */
  show: { params: { readonly view: string }; result: null };
}

/** Why a request ended without a result. `busy`: the trace is being read; ask again when renewed. */
export type FailureCode = 'cancelled' | 'busy' | 'failed';
