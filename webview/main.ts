/** The page's entry: connects the app to the window that VS Code gives it. */
import { App } from './app.js';
import { registerControls } from './page/controls.js';
import css from './page.css';
import { readTheme } from './paint/theme.js';

interface CodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): CodeApi;

/** A sheet made in script needs no exception from the content security policy. */
function adoptStyles(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

function start(): void {
  const code = acquireVsCodeApi();
  adoptStyles();
  registerControls();
  const app = new App({
    post: (message) => code.postMessage(message),
    load: () => {
      const state = code.getState();
      if (typeof state !== 'object' || state === null || !('view' in state)) return null;
      return { view: String(state.view), at: 'at' in state ? Number(state.at) : 0 };
    },
    store: (kept, uri) => code.setState({ ...kept, uri }),
    theme: () => {
      const style = getComputedStyle(document.body);
      const kinds = document.body.classList;
      const highContrast =
        kinds.contains('vscode-high-contrast') || kinds.contains('vscode-high-contrast-light');
      const light = kinds.contains('vscode-light') || kinds.contains('vscode-high-contrast-light');
      return readTheme((name) => style.getPropertyValue(name), { light, highContrast });
    },
  });
  window.addEventListener('message', (event) => app.receive(event.data));
  new MutationObserver(() => app.setTheme()).observe(document.body, {
    attributes: true,
    attributeFilter: ['class'],
  });
  new MutationObserver(() => app.setTheme()).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ['style'],
  });
  app.start(document.body);
  // Read by tests and benchmarks only.
  Object.assign(window, {
    shimtraceFrames: app.frameMs,
    shimtraceSigns: () => app.signPlaces(),
    shimtraceView: () => app.view,
  });
}

start();
