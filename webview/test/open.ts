/** A browser on the served page. */
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Served } from './server.js';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ARGS });
}

export interface Opened {
  readonly page: Page;
  /** Script errors, and what the content security policy refused. */
  readonly errors: readonly string[];
}

/** Opens the page on `what` (see worker.ts) and waits for its first tile. */
export async function openPage(
  browser: Browser,
  served: Served,
  what: string,
  theme = 'vscode-dark',
  size = { width: 1400, height: 860 },
): Promise<Opened> {
  const page = await browser.newPage({ viewport: size, reducedMotion: 'reduce' });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) errors.push(message.text());
  });
  await page.goto(`${served.url}/?what=${encodeURIComponent(what)}&theme=${encodeURIComponent(theme)}`);
  await page.waitForFunction(
    () => (window as unknown as { readonly times: Record<string, number> }).times['drawn'] !== undefined,
    undefined,
    { timeout: 120000 },
  );
  return { page, errors };
}
