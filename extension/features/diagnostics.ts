/** Findings as diagnostics, published by URI so that they reach files of any size. */
import * as vscode from 'vscode';
import type { TraceSession } from '../analysis/client.js';
import type { EvidenceRole } from '../../model/findings/finding.js';
import type { EvidenceView, FindingView, PlaceView } from '../analysis/job.js';
import type { Feature } from '../app.js';
import { affectsSeverity, shownAs, type ShownAs } from '../config.js';
import { ruleUri } from './rulePages.js';

const SEVERITIES: Readonly<Record<Exclude<ShownAs, 'off'>, vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

const ROLES: Readonly<Record<EvidenceRole, string>> = {
  'witness': 'shows it', 'state': 'state before', 'cause': 'cause', 'missing-since': 'missing since', 'confirms': 'confirms it', 'related': 'related',
};

export const diagnostics: Feature = ({ sessions, suppressions }) => {
  const collection = vscode.languages.createDiagnosticCollection('shimtrace');
  const publish = (session: TraceSession): void => {
    const { uri, state, report } = session;
    if (state.kind === 'done' && report) collection.set(uri, diagnosticsOf(uri, report.findings.filter((finding) => !suppressions.find(uri, finding))));
    if (session.state.kind === 'failed') collection.delete(session.uri);
  };
  return vscode.Disposable.from(
    collection,
    sessions.onDidChange(publish),
    suppressions.onDidChange(() => sessions.all().forEach(publish)),
    sessions.onDidClose((uri) => collection.delete(uri)),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (affectsSeverity(event)) sessions.all().forEach(publish);
    }),
  );
};

/** Range of an event in its line; a place without a line stands at the top of the file. */
export function rangeOf(place: PlaceView): vscode.Range {
  const line = Math.max(0, place.line - 1);
  return new vscode.Range(line, place.startColumn, line, place.endColumn);
}

function diagnosticsOf(uri: vscode.Uri, findings: readonly FindingView[]): vscode.Diagnostic[] {
  return findings.flatMap((finding) => {
    const shown = shownAs(uri, finding.verdict);
    return shown === 'off' ? [] : [diagnosticOf(uri, finding, SEVERITIES[shown])];
  });
}

function diagnosticOf(uri: vscode.Uri, finding: FindingView, severity: vscode.DiagnosticSeverity): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(rangeOf(finding.at), finding.message, severity);
  diagnostic.source = 'shimtrace';
  diagnostic.code = { value: finding.rule, target: ruleUri(finding.rule) };
  // The finding's own event says again what the message says.
  const others = finding.evidence.filter((evidence) => evidence.place.row !== finding.at.row || evidence.note !== finding.message);
  diagnostic.relatedInformation = others.map((evidence) => related(uri, evidence));
  return diagnostic;
}

function related(uri: vscode.Uri, { place, role, note }: EvidenceView): vscode.DiagnosticRelatedInformation {
  const at = place.event === '' ? '' : ` · ${place.event}`;
  return new vscode.DiagnosticRelatedInformation(new vscode.Location(uri, rangeOf(place)), `${ROLES[role]}: ${note}${at}`);
}
