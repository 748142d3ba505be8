/** Findings as diagnostics, published by URI so that they reach files of any size. */
import * as vscode from 'vscode';
import type { TraceSession } from '../analysis/client.js';
import type { EvidenceRole } from '../../model/findings/finding.js';
import type { EventPlace } from '../protocol/place.js';
import type { Report, ReportedEvidence, ReportedFinding } from '../protocol/report.js';
import type { Feature } from '../app.js';
import { affectsSeverity, shownAs, type ShownAs } from '../config.js';
import {
  entriesOf,
  problemMessage,
  problemsOf,
  unlistedMessage,
  type Entry,
  type Problem,
} from '../problems.js';
import { fileOf } from '../tabs.js';
import { documentLine, shownAt, windowAddress } from '../window.js';
import { ruleUri } from './rulePages.js';

type Rules = Pick<Report, 'rules'>;

const SEVERITIES: Readonly<Record<Exclude<ShownAs, 'off'>, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

const ROLES: Readonly<Record<EvidenceRole, string>> = {
  witness: 'shows it',
  state: 'state before',
  cause: 'cause',
  'missing-since': 'missing since',
  confirms: 'confirms it',
  related: 'related',
};

export const diagnostics: Feature = ({ sessions, suppressions }) => {
  const collection = vscode.languages.createDiagnosticCollection('shimtrace');
  const runs = new Map<string, readonly vscode.Uri[]>();
  /** Documents that have diagnostics of ours, by session and file. */
  const published = new Map<string, readonly vscode.Uri[]>();
  const publish = (session: TraceSession): void => {
    const { uri, state, report, first } = session;
    const found = state.kind === 'done' ? report : first?.report;
    if (session.files.length > 0) publishRun(session);
    else if (sessions.runOf(uri)?.report) return;
    else if (found) publishIn(uri, uri, found, entriesOf(suppressions.sort(uri, found).open));
    if (state.kind === 'failed') publishNothing(uri, uri);
    for (const document of vscode.workspace.textDocuments)
      if (windowAddress(document.uri)?.trace.toString() === uri.toString()) publishWindow(document);
  };
  // Findings stand where their file is shown: in itself, or in the parts of its listing.
  const publishIn = (
    session: vscode.Uri,
    file: vscode.Uri,
    report: Rules,
    entries: readonly Entry[],
  ): void => {
    const key = `${session.toString()} ${file.toString()}`;
    const shown = new Map<string, { readonly uri: vscode.Uri; readonly found: Entry[] }>([
      [file.toString(), { uri: file, found: [] }],
    ]);
    for (const uri of published.get(key) ?? []) shown.set(uri.toString(), { uri, found: [] });
    for (const entry of entries) {
      const { uri } = shownAt(file, entry.lead.at.line);
      const at = shown.get(uri.toString()) ?? { uri, found: [] };
      at.found.push(entry);
      shown.set(uri.toString(), at);
    }
    published.set(
      key,
      [...shown.values()].map(({ uri }) => uri),
    );
    for (const { uri, found } of shown.values()) collection.set(uri, diagnosticsOf(file, report, found));
  };
  const publishNothing = (session: vscode.Uri, file: vscode.Uri): void =>
    publishIn(session, file, { rules: [] }, []);
  // The findings of a run stand in its files, in place of what these show by themselves.
  const publishRun = ({ uri, files, state, report }: TraceSession): void => {
    if (state.kind !== 'done' || !report) return;
    runs.set(uri.toString(), files);
    const entries = entriesOf(suppressions.sort(uri, report).open);
    for (const file of files)
      publishIn(
        uri,
        file,
        report,
        entries.filter(({ lead }) => lead.at.file === file.toString()),
      );
  };
  // A window shows the findings that lie within it, at its own lines.
  const publishWindow = (document: vscode.TextDocument): void => {
    const address = windowAddress(document.uri);
    const report = address && sessions.find(address.trace)?.found;
    if (!address || 'part' in address || !report) return;
    const entries = entriesOf(suppressions.sort(address.trace, report).open);
    const inside = entries.filter(({ lead }) => documentLine(document, lead.at.line) !== undefined);
    collection.set(
      document.uri,
      diagnosticsOf(address.trace, report, inside).map((diagnostic) => moved(diagnostic, document)),
    );
  };
  return vscode.Disposable.from(
    collection,
    sessions.onDidChange(publish),
    suppressions.onDidChange(() => sessions.all().forEach(publish)),
    vscode.workspace.onDidOpenTextDocument(publishWindow),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      const address = windowAddress(uri);
      if (address && 'around' in address) collection.delete(uri);
    }),
    sessions.onDidClose((uri) => {
      for (const file of [uri, ...(runs.get(uri.toString()) ?? [])]) publishNothing(uri, file);
      runs.delete(uri.toString());
      sessions.all().forEach(publish);
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (affectsSeverity(event)) sessions.all().forEach(publish);
    }),
  );
};

/** Where an event of a file is shown; one without a line stands at the top. */
function locationOf(file: vscode.Uri, place: EventPlace): vscode.Location {
  const { uri, line } = shownAt(file, place.line);
  return new vscode.Location(uri, new vscode.Range(line, place.startColumn, line, place.endColumn));
}

/** A diagnostic of a trace, at the line of a window that shows it. */
function moved(diagnostic: vscode.Diagnostic, window: vscode.TextDocument): vscode.Diagnostic {
  const line = documentLine(window, diagnostic.range.start.line + 1) ?? 0;
  diagnostic.range = new vscode.Range(
    line,
    diagnostic.range.start.character,
    line,
    diagnostic.range.end.character,
  );
  return diagnostic;
}

function diagnosticsOf(uri: vscode.Uri, report: Rules, entries: readonly Entry[]): vscode.Diagnostic[] {
  const severityOf = ({ lead }: Pick<Entry, 'lead'>): vscode.DiagnosticSeverity | undefined => {
    const shown = shownAs(uri, lead.verdict);
    return shown === 'off' ? undefined : SEVERITIES[shown];
  };
  const shown = entries.filter((entry) => severityOf(entry) !== undefined);
  const { listed, unlisted } = problemsOf(report, shown);
  const diagnostics = listed.map((problem) => diagnosticOf(uri, problem, severityOf(problem)!));
  if (unlisted > 0) diagnostics.push(unlistedDiagnostic(unlisted));
  return diagnostics;
}

function unlistedDiagnostic(unlisted: number): vscode.Diagnostic {
  const top = new vscode.Range(0, 0, 0, 0);
  const { Information } = vscode.DiagnosticSeverity;
  const diagnostic = new vscode.Diagnostic(top, unlistedMessage(unlisted), Information);
  diagnostic.source = 'shimtrace';
  return diagnostic;
}

function diagnosticOf(
  uri: vscode.Uri,
  problem: Problem,
  severity: vscode.DiagnosticSeverity,
): vscode.Diagnostic {
  const { lead, rules, evidence, others } = problem;
  const diagnostic = new vscode.Diagnostic(locationOf(uri, lead.at).range, problemMessage(problem), severity);
  diagnostic.source = 'shimtrace';
  diagnostic.code = { value: rules, target: ruleUri(lead.rule) };
  diagnostic.relatedInformation = [
    ...evidence.map((one) => related(uri, one)),
    ...others.map((other) => again(uri, other)),
  ];
  return diagnostic;
}

/** The same fault at another event. */
function again(uri: vscode.Uri, { at, title }: ReportedFinding): vscode.DiagnosticRelatedInformation {
  return new vscode.DiagnosticRelatedInformation(
    locationOf(fileOf(uri, at.file), at),
    vscode.l10n.t('the same fault: {0}', title),
  );
}

function related(
  uri: vscode.Uri,
  { place, role, note }: ReportedEvidence,
): vscode.DiagnosticRelatedInformation {
  const at = place.event === '' ? '' : ` · ${place.event}`;
  return new vscode.DiagnosticRelatedInformation(
    locationOf(fileOf(uri, place.file), place),
    `${ROLES[role]}: ${note}${at}`,
  );
}
