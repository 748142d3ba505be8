// Starts code-server on a free port with its own folders, opens it in
// Chromium, and runs tests inside its extension host.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { hostNode, serverEntry } from './setup.mjs';

/**
 * What a test or a demonstration does not want on the screen; the large-file limit is a desktop's (a remote
 * window asks from 10 MB on).
 */
export const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.editorLargeFileConfirmation': 1024,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'typescript.disableAutomaticTypeAcquisition': true,
};

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

function freePort() {
  return new Promise((found, failed) => {
    const probe = net.createServer().once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}

/** What the editor would write down at its end goes with its folders, so the whole group may end at once. */
async function stopGroup(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

async function untilHealthy(child, base, logFile) {
  for (let i = 0; i < 300; i++) {
    if (child.exitCode !== null) break;
    if (
      await fetch(`${base}/healthz`).then(
        (reply) => reply.ok,
        () => false,
      )
    )
      return;
    await wait(100);
  }
  throw new Error(`code-server did not start:\n${fs.readFileSync(logFile, 'utf8')}`);
}

/** A process of the editor finds nothing of the user's, and leaves nothing there. */
function envOf(home) {
  const { SHIMTRACE_CACHE: _, ...env } = process.env;
  return { ...env, HOME: home, XDG_DATA_HOME: '', XDG_CONFIG_HOME: '', XDG_CACHE_HOME: '' };
}

function install(vsix, extensions, env) {
  const args = ['--extensions-dir', extensions, '--install-extension', vsix, '--force'];
  const installed = spawnSync(hostNode, [serverEntry, ...args], { env, encoding: 'utf8' });
  if (installed.status !== 0) throw new Error(`installing ${vsix}:\n${installed.stdout}${installed.stderr}`);
}

/**
 * Installs an extension for all editors that this process and those below it start with it. Returns what
 * removes it.
 */
export function installOnce(vsix) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-installed-'));
  const extensions = path.join(home, 'extensions');
  install(vsix, extensions, envOf(home));
  Object.assign(process.env, { SHIMTRACE_INSTALLED_FROM: vsix, SHIMTRACE_EXTENSIONS: extensions });
  return () => fs.rmSync(home, { recursive: true, force: true });
}

/**
 * Starts the editor. `vsix` is installed first; `settings` are added to {@link SETTINGS}, `machine` are those
 * of the machine; `port` 0 takes a free one. `forTests` lets a window load an extension and its tests from a
 * folder; such a window shows no notifications. The result's `stop()` ends every process of the editor and
 * removes its folders.
 */
export async function startEditor({
  vsix,
  settings = {},
  machine = {},
  port = 0,
  trust = true,
  forTests = false,
} = {}) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'shimtrace-editor-'));
  const user = path.join(home, 'user');
  fs.mkdirSync(path.join(user, 'User'), { recursive: true });
  const all = { ...SETTINGS, 'security.workspace.trust.enabled': !trust, ...settings };
  fs.writeFileSync(path.join(user, 'User/settings.json'), JSON.stringify(all, null, 2));
  fs.mkdirSync(path.join(user, 'Machine'));
  fs.writeFileSync(path.join(user, 'Machine/settings.json'), JSON.stringify(machine, null, 2));
  fs.writeFileSync(path.join(home, 'config.yaml'), '');
  const isThere = vsix && process.env.SHIMTRACE_INSTALLED_FROM === vsix;
  const extensions = isThere ? process.env.SHIMTRACE_EXTENSIONS : path.join(home, 'extensions');
  const folders = [
    ...['--config', path.join(home, 'config.yaml')],
    ...['--user-data-dir', user, '--extensions-dir', extensions],
  ];
  const env = envOf(home);
  if (vsix && !isThere) install(vsix, extensions, env);
  const address = `127.0.0.1:${port || (await freePort())}`;
  const logFile = path.join(home, 'server.log');
  const log = fs.openSync(logFile, 'w');
  const flags = [
    '--auth',
    'none',
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-getting-started-override',
  ];
  // Older versions do not know it.
  if (!process.env.SHIMTRACE_EDITOR_HOST) flags.push('--reconnection-grace-time', '1');
  if (forTests && !process.env.SHIMTRACE_EDITOR_HOST)
    flags.push('--vscode-option', 'enable-smoke-test-driver');
  if (trust) flags.push('--disable-workspace-trust');
  const child = spawn(hostNode, [serverEntry, ...folders, '--bind-addr', address, ...flags], {
    env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  const base = `http://${address}`;
  try {
    await untilHealthy(child, base, logFile);
  } catch (error) {
    await stopGroup(child);
    throw error;
  }
  return {
    base,
    address,
    home,
    userDir: user,
    async stop() {
      await stopGroup(child);
      fs.closeSync(log);
      fs.rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

/** Opens a browser window; close it with `context.close()`. */
export async function openBrowser(editor, chromiumPath, { width = 1400, height = 900, ...more } = {}) {
  // Imported here so that `npm run editor` needs no browser.
  const { chromium } = await import('playwright-core');
  const context = await chromium.launchPersistentContext(fs.mkdtempSync(path.join(editor.home, 'browser-')), {
    executablePath: chromiumPath,
    headless: true,
    viewport: { width, height },
    ...more,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  // What comes at all comes in seconds; on a machine with more to do it may take a minute.
  context.setDefaultTimeout(90_000);
  return { context, page: context.pages()[0] ?? (await context.newPage()) };
}

/** The editor's address for a folder, with workbench payload entries such as `['openFile', uri]`. */
export function editorUrl(editor, folder, payload = []) {
  const query = payload.length > 0 ? `&payload=${encodeURIComponent(JSON.stringify(payload))}` : '';
  return `${editor.base}/?folder=${encodeURIComponent(folder)}${query}`;
}

async function untilFile(file, timeoutMs) {
  for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
    if (fs.existsSync(file)) return true;
    await wait(200);
  }
  return false;
}

/**
 * Loads `development` as the extension under development and `tests` (a module with `run()`) in its extension
 * host. Returns the exit code, 'reported' when the tests left their report first (a run with failures exits
 * late or never), or 'timeout'; console output of the window goes to `logFile`.
 */
export async function runInExtensionHost(
  editor,
  chromiumPath,
  { folder, development, tests, env, reportFile, logFile, timeoutMs },
) {
  const remote = (file) => `vscode-remote://${editor.address}${file}`;
  // Nobody looks at it: the smaller, the less there is to paint.
  const { context, page } = await openBrowser(editor, chromiumPath, { width: 900, height: 600 });
  const lines = [];
  try {
    const exited = new Promise((done) => {
      void page.exposeFunction('codeAutomationLog', (type, args) => {
        lines.push(`${type} ${args.join(' ')}`);
      });
      void page.exposeFunction('codeAutomationExit', (code) => done(code));
    });
    await page.goto(
      editorUrl(editor, folder, [
        ['extensionEnvironment', JSON.stringify(env)],
        ['extensionDevelopmentPath', remote(development)],
        ['extensionTestsPath', remote(tests)],
      ]),
    );
    const code = await Promise.race([
      exited,
      untilFile(reportFile, timeoutMs).then((there) => (there ? 'reported' : 'timeout')),
    ]);
    if (code === 'timeout' && !page.isClosed()) await page.screenshot({ path: `${logFile}.png` });
    return code;
  } finally {
    fs.writeFileSync(logFile, `${lines.join('\n')}\n`);
    await context.close();
  }
}
