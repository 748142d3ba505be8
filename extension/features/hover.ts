/**
 * Hover on an event: its decoded fields, and its pages' state before and after it. A finding on it is in VS
 * Code's own part of the hover.
 */
import * as vscode from 'vscode';
import type { EventDetails, PageChange } from '../protocol/shapes.js';
import type { Feature } from '../app.js';
import { code, escapeMarkdown } from '../escape.js';
import { askedAt, orNothing } from './navigation.js';
import { LANGUAGE } from './recognise.js';

const STOP_ON_CHANGE = 'shimtrace.replay.stopOnChange';
/** A hover lists no more fields than this. */
const FIELDS_SHOWN = 24;
/** Nor more frames of a stack. */
const FRAMES_SHOWN = 16;

export const hover: Feature = (app) =>
  vscode.languages.registerHoverProvider(
    { language: LANGUAGE },
    {
      async provideHover(document, position) {
        const asked = askedAt(app, document, position.line);
        const event = asked && (await orNothing(asked.session.request('eventAtLine', asked.at)));
        return event
          ? new vscode.Hover(hoverText(event, asked.session.uri), document.lineAt(position.line).range)
          : undefined;
      },
    },
  );

export function hoverText(event: EventDetails, trace: vscode.Uri): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  // What the trace says is escaped: the only links are ours, and they can run nothing else.
  text.isTrusted = { enabledCommands: [STOP_ON_CHANGE] };
  const { place } = event;
  const actor = [place.time, place.cpu < 0 ? '' : `CPU ${place.cpu}`, taskText(place.comm, place.tid)];
  const who = escapeMarkdown(actor.filter((part) => part !== '').join(' · '));
  text.appendMarkdown(`**${escapeMarkdown(event.name)}** — ${who}\n\n`);
  if (event.ofGuest)
    text.appendMarkdown("$(info) Of a guest's own kernel: shown among its host's, never judged.\n\n");
  else if (!event.understood)
    text.appendMarkdown('$(question) Not in the vocabulary: kept and counted, never judged.\n\n');
  if (event.pages.length > 0) text.appendMarkdown(pageTable(event.pages, trace, place.row));
  if (event.fields.length > 0) text.appendMarkdown(fieldTable(event.fields));
  if (event.words.length > 0) text.appendMarkdown(wordList(event.words));
  for (const stack of event.stacks) text.appendMarkdown(stackList(stack));
  return text;
}

function taskText(comm: string, tid: number): string {
  if (tid < 0) return comm;
  return comm === '' ? `tid ${tid}` : `${comm}-${tid}`;
}

function pageTable(pages: readonly PageChange[], trace: vscode.Uri, row: number): string {
  const rows = pages.map(({ label, before, after, dataId }) => {
    const then = before === after ? '*unchanged*' : escapeMarkdown(after);
    const link = dataId === '' ? '' : stopLink(trace, row, dataId);
    return `| ${escapeMarkdown(label)} | ${escapeMarkdown(before)} | ${then} | ${link} |`;
  });
  return `| pages | before | after | |\n|---|---|---|---|\n${rows.join('\n')}\n\n`;
}

/** The data breakpoint of a hover: the editor has no such thing on a place in a text. */
function stopLink(trace: vscode.Uri, row: number, dataId: string): string {
  const target = encodeURIComponent(JSON.stringify([{ trace: trace.toString(), row, dataId }]));
  const label = vscode.l10n.t('Break on change');
  const title = vscode.l10n.t('Stop the replay of this trace wherever the state of these pages changes');
  return `[$(debug-breakpoint-data) ${label}](command:${STOP_ON_CHANGE}?${target} "${title}")`;
}

function wordList(words: EventDetails['words']): string {
  return `\n${words.map((line) => `- ${escapeMarkdown(line)}\n`).join('')}`;
}

function stackList({ user, frames }: EventDetails['stacks'][number]): string {
  const shown = frames.slice(0, FRAMES_SHOWN).map((frame) => `- ${code(frame)}\n`);
  if (frames.length > FRAMES_SHOWN) shown.push(`- ${frames.length - FRAMES_SHOWN} more\n`);
  const title = user ? vscode.l10n.t('User stack') : vscode.l10n.t('Kernel stack');
  return `\n${title}\n\n${shown.join('')}`;
}

function fieldTable(fields: EventDetails['fields']): string {
  const rows = fields
    .slice(0, FIELDS_SHOWN)
    .map(({ name, value }) => `| ${escapeMarkdown(name)} | ${code(value.replace(/\|/g, '¦'))} |`);
  if (fields.length > FIELDS_SHOWN) rows.push(`| … | ${fields.length - FIELDS_SHOWN} more |`);
  return `| field | value |\n|---|---|\n${rows.join('\n')}\n`;
}
