/**
 * Stands in for the window that VS Code gives the page: posts go to a
 * worker, and are kept for the tests to read.
 */
interface Posted {
  readonly type: string;
  readonly name: string;
  readonly params: unknown;
}
const posted: Posted[] = [];
const times: Record<string, number> = {};
const url = new URL(location.href);
document.body.className = url.searchParams.get('theme') ?? 'vscode-dark';
let state: unknown;

const worker = new Worker(`/worker.js?${encodeURIComponent(url.searchParams.get('what') ?? 'scene')}`);
worker.onmessage = ({ data }: MessageEvent<{ readonly built?: number; readonly failed?: string }>) => {
  if (data.built !== undefined) {
    times['built'] = data.built;
    times['ready'] = performance.now();
    Object.assign(times, data);
  } else if (data.failed !== undefined) times[data.failed] = 1;
  else {
    window.postMessage(data, '*');
    const { type, result } = data as {
      readonly type?: string;
      readonly result?: { readonly laneActors?: Uint8Array } | null;
    };
    // The first tile that has lanes is that of the picture itself: two frames later it is on the screen.
    if (type === 'reply' && (result?.laneActors?.length ?? 0) > 0 && times['drawn'] === undefined) {
      requestAnimationFrame(() => requestAnimationFrame(() => (times['drawn'] ??= performance.now())));
    }
  }
};

Object.assign(window, {
  posted,
  times,
  acquireVsCodeApi: () => ({
    postMessage: (message: Posted) => {
      if (message.type === 'request') posted.push(message);
      worker.postMessage(message);
    },
    getState: () => state,
    setState: (next: unknown) => (state = next),
  }),
});
