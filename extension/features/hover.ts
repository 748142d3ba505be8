/** Hover on an event: its decoded fields, and its pages' state before and after it. A finding on it is in VS Code's own part of the hover. */
import * as vscode from 'vscode';
import type { EventView, PageStateView } from '../analysis/job.js';
import type { Feature } from '../app.js';
import { code, escapeMarkdown } from '../markdown.js';
import { traceLine } from '../window.js';
import { orNothing, sessionOf } from './navigation.js';
import { LANGUAGE } from './recognise.js';

/** A hover lists no more fields than this. */
const FIELDS_SHOWN = 24;

export const hover: Feature = (app) => vscode.languages.registerHoverProvider({ language: LANGUAGE }, {
  async provideHover(document, position) {
    const session = sessionOf(app, document);
    const at = traceLine(document, position.line);
    const event = session && at && (await orNothing(session.request('eventAtLine', { line: at.line })));
    return event ? new vscode.Hover(hoverText(event), document.lineAt(position.line).range) : undefined;
  },
});

export function hoverText(event: EventView): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  const { place } = event;
  const actor = [place.time === '' ? '' : `${place.time}`, place.cpu < 0 ? '' : `CPU ${place.cpu}`, taskText(place.comm, place.tid)];
  text.appendMarkdown(`**${escapeMarkdown(event.name)}** — ${escapeMarkdown(actor.filter((part) => part !== '').join(' · '))}\n\n`);
  if (!event.understood) text.appendMarkdown('$(question) Not in the vocabulary: kept and counted, never judged.\n\n');
  if (event.pages.length > 0) text.appendMarkdown(pageTable(event.pages));
  if (event.fields.length > 0) text.appendMarkdown(fieldTable(event.fields));
  return text;
}

function taskText(comm: string, tid: number): string {
  if (tid < 0) return comm;
  return comm === '' ? `tid ${tid}` : `${comm}-${tid}`;
}

function pageTable(pages: readonly PageStateView[]): string {
  const rows = pages.map(({ label, before, after }) =>
    `| ${escapeMarkdown(label)} | ${escapeMarkdown(before)} | ${before === after ? '*unchanged*' : escapeMarkdown(after)} |`);
  return `| pages | before | after |\n|---|---|---|\n${rows.join('\n')}\n\n`;
}

function fieldTable(fields: EventView['fields']): string {
  const rows = fields.slice(0, FIELDS_SHOWN).map(({ name, value }) => `| ${escapeMarkdown(name)} | ${code(value.replace(/\|/g, '¦'))} |`);
  if (fields.length > FIELDS_SHOWN) rows.push(`| … | ${fields.length - FIELDS_SHOWN} more |`);
  return `| field | value |\n|---|---|\n${rows.join('\n')}\n`;
}
