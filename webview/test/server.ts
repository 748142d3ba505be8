/**
 * Serves the built page to a browser, with the content security policy that the editor gets, and with themes.
 */
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pageHtml } from '../../extension/timeline/html.js';
import { THEMES } from './themes.js';

/** Tests run at the top of the project. */
const projectRoot = process.cwd();

export interface Served {
  readonly url: string;
  close(): void;
}

async function bundle(entry: string): Promise<string> {
  const built = await esbuild.build({
    absWorkingDir: projectRoot,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    loader: { '.css': 'text' },
    logLevel: 'error',
  });
  return built.outputFiles[0]!.text;
}

/** Starts a server on a free port of this machine. `folder` is where traces are found under /trace/. */
export async function serve(folder = path.join(projectRoot, 'sample-traces')): Promise<Served> {
  const scripts = new Map<string, string>();
  for (const [name, entry] of [
    ['/main.js', 'webview/main.ts'],
    ['/worker.js', 'out/webview/test/worker.js'],
    ['/bridge.js', 'out/webview/test/bridge.js'],
  ] as const) {
    scripts.set(name, await bundle(entry));
  }
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const script = scripts.get(url.pathname);
    if (script !== undefined) respond(response, 'text/javascript', script);
    else if (url.pathname === '/theme.css')
      respond(response, 'text/css', THEMES[url.searchParams.get('theme') ?? 'vscode-dark'] ?? '');
    else if (url.pathname.startsWith('/trace/'))
      sendTrace(response, path.join(folder, url.pathname.slice(7)));
    else if (url.pathname === '/')
      respond(response, 'text/html', testPage(url.searchParams.get('theme') ?? 'vscode-dark'));
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/**
 * The editor's page, with the stand-in for the editor before it; the
 * policy is widened only by what that needs.
 */
function testPage(theme: string): string {
  const html = pageHtml({ nonce: 'test', script: '/main.js', source: "'self'", title: 'Timeline' });
  return html
    .replace("default-src 'none';", "default-src 'none'; worker-src 'self'; connect-src 'self';")
    .replace('</head>', `<link rel="stylesheet" href="/theme.css?theme=${theme}"></head>`)
    .replace('<body>', '<body><script nonce="test" src="/bridge.js"></script>');
}

function respond(response: http.ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
}

function sendTrace(response: http.ServerResponse, file: string): void {
  if (!fs.existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  fs.createReadStream(file).pipe(response);
}
