/** Asks what is to be recorded, question by question; Escape ends it. */
import * as vscode from 'vscode';
import type { App } from '../app.js';
import { ASKED } from '../features/ask.js';
import { ruleTitles } from '../features/rulePages.js';
import { recentWays, sshHosts } from './hosts.js';
import type { RecordRequest, Way } from './request.js';

/** Which hosts, and what else of the first. */
type Place = Pick<RecordRequest, 'host' | 'via' | 'guest' | 'qemu'>;
type Purpose = Pick<RecordRequest, 'for' | 'patch'>;

/** `known`: what needs no asking. */
export async function askFor(app: App, known: RecordRequest = {}): Promise<RecordRequest | undefined> {
  const place = await askPlace(app);
  if (!place) return undefined;
  const isKnown = known.for !== undefined || known.patch !== undefined;
  const purpose = isKnown ? {} : await askPurpose(app);
  if (!purpose) return undefined;
  const workload = await vscode.window.showInputBox({
    title: vscode.l10n.t('Record a Trace'),
    prompt: vscode.l10n.t('Command that runs on the host meanwhile; empty: until you stop it'),
    value: known.workload ?? '',
    ignoreFocusOut: true,
  });
  return workload === undefined ? undefined : { ...known, ...place, ...purpose, workload };
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

async function askPlace(app: App): Promise<Place | undefined> {
  const withGuest: Item<Place> = {
    label: vscode.l10n.t('A Host and a Guest of It…'),
    description: vscode.l10n.t('and what QEMU writes of itself, as one run'),
    pick: () => askBoth(app),
  };
  return pickOne([...(await hostItems(app)), withGuest], vscode.l10n.t('On which host?'));
}

/** A host; then a guest of it, what QEMU writes there, or both. */
async function askBoth(app: App): Promise<Place | undefined> {
  const items = await hostItems(app);
  const way = await pickOne(items, vscode.l10n.t('On which host?'));
  if (!way) return undefined;
  const none: Item<Way> = {
    label: vscode.l10n.t('No Guest'),
    description: vscode.l10n.t('the host, with what QEMU writes of itself'),
    pick: () => ({}),
  };
  const others = items.filter(({ label }) => label !== thisMachine());
  const guest = await pickOne([...others, none], vscode.l10n.t('Which guest of it?'));
  if (!guest) return undefined;
  const hasGuest = guest.host !== undefined || guest.via !== undefined;
  const qemu = await vscode.window.showInputBox({
    title: vscode.l10n.t('Record a Trace'),
    prompt: hasGuest
      ? vscode.l10n.t(
          "File on the host that QEMU writes of itself: its log, or its simple backend's; empty: none",
        )
      : vscode.l10n.t("File on the host that QEMU writes of itself: its log, or its simple backend's"),
    ignoreFocusOut: true,
  });
  if (qemu === undefined || (qemu.trim() === '' && !hasGuest)) return undefined;
  return { ...way, ...(hasGuest && { guest }), ...(qemu.trim() !== '' && { qemu: qemu.trim() }) };
}

const thisMachine = (): string => vscode.l10n.t('This machine');

async function hostItems(app: App): Promise<readonly Item<Way>[]> {
  const recent = recentWays(app);
  const recentHosts = recent.map(({ host }) => host);
  const hosts = (await sshHosts(app)).filter((host) => !recentHosts.includes(host));
  const item = (way: Way, description: string): Item<Way> => ({
    label: way.host ?? way.via ?? thisMachine(),
    description,
    pick: () => way,
  });
  return [
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
  ];
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
