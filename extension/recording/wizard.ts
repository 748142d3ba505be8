/** Asks what is to be recorded, question by question; Escape ends it. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import { ASKED } from '../features/ask.js';
import { ruleTitles } from '../features/rulePages.js';
import { recentWays, sshHosts, type Way } from './hosts.js';
import type { RecordRequest } from './request.js';

type Purpose = Pick<RecordRequest, 'for' | 'patch'>;

/** `known`: what needs no asking. */
export async function askFor(app: App, known: RecordRequest = {}): Promise<RecordRequest | undefined> {
  const way = await askWay(app);
  if (!way) return undefined;
  const isKnown = known.for !== undefined || known.patch !== undefined;
  const purpose = isKnown ? {} : await askPurpose(app);
  if (!purpose) return undefined;
  const workload = await vscode.window.showInputBox({
    title: vscode.l10n.t('Record a Trace'),
    prompt: vscode.l10n.t('Command that runs on the host meanwhile; empty: until you stop it'),
    value: known.workload ?? '',
    ignoreFocusOut: true,
  });
  return workload === undefined ? undefined : { ...known, ...way, ...purpose, workload };
}

type Item<T> = vscode.QuickPickItem & { readonly pick?: () => Thenable<T | undefined> | T };

async function pickOne<T>(items: readonly Item<T>[], placeHolder: string): Promise<T | undefined> {
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Record a Trace'),
    placeHolder,
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  return picked?.pick?.();
}

async function askWay(app: App): Promise<Way | undefined> {
  const recent = recentWays(app);
  const recentHosts = recent.map(({ host }) => host);
  const hosts = (await sshHosts(app)).filter((host) => !recentHosts.includes(host));
  const item = (way: Way, description: string): Item<Way> => ({
    label: way.host ?? way.via ?? vscode.l10n.t('This machine'),
    description,
    pick: () => way,
  });
  return pickOne(
    [
      ...recent.map((way) => item(way, vscode.l10n.t('recorded before'))),
      item({}, vscode.l10n.t('where this window runs; Linux with KVM')),
      ...hosts.map((host) => item({ host }, vscode.l10n.t('of your ssh configuration'))),
      {
        label: vscode.l10n.t('Another Host…'),
        description: 'ssh USER@HOST',
        pick: () => askText('host', vscode.l10n.t('USER@HOST, as ssh takes it; keys, not passwords')),
      },
      {
        label: vscode.l10n.t('A Command…'),
        description: 'docker exec -i NAME sh',
        pick: () => askText('via', vscode.l10n.t('A command that runs a shell on its input')),
      },
    ],
    vscode.l10n.t('On which host?'),
  );
}

async function askText(name: 'host' | 'via', prompt: string): Promise<Way | undefined> {
  const text = await vscode.window.showInputBox({ prompt, ignoreFocusOut: true });
  return text === undefined || text.trim() === '' ? undefined : { [name]: text.trim() };
}

function askPurpose(app: App): Promise<Purpose | undefined> {
  return pickOne<Purpose>(
    [
      { label: vscode.l10n.t('All Rules of guest_memfd'), pick: () => ({}) },
      { label: vscode.l10n.t('Some Rules…'), pick: () => askRules(app) },
      { label: vscode.l10n.t('The Answer to a Question about a Page…'), pick: askQuestion },
      { label: vscode.l10n.t('What a Patch Touches…'), pick: askPatch },
    ],
    vscode.l10n.t('What do you want to know?'),
  );
}

async function askRules(app: App): Promise<Purpose | undefined> {
  const rules = await ruleTitles(app);
  const picked = await vscode.window.showQuickPick(
    rules.map(({ id, title }) => ({ label: id, description: title })),
    { canPickMany: true, placeHolder: vscode.l10n.t('Which rules?'), ignoreFocusOut: true },
  );
  return picked && picked.length > 0 ? { for: picked.map(({ label }) => label) } : undefined;
}

function askQuestion(): Promise<Purpose | undefined> {
  const items = Object.entries(ASKED).map(([id, label]) => ({ label, pick: () => ({ for: [id] }) }));
  return pickOne<Purpose>(items, vscode.l10n.t('Which question?'));
}

async function askPatch(): Promise<Purpose | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('A patch, a mail, or a mailbox of a series'),
      canSelectMany: false,
    })) ?? [];
  return file && { patch: file.fsPath };
}
