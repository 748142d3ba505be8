/** The extension's settings, read where they are needed and never kept. */
import * as vscode from 'vscode';
import { PROFILES, type ProfileId, type Verdict } from '../model/findings/finding.js';
import { CLOCKS, PAGE_SIZES } from '../parsers/events/table.js';
import type { CheckOptions } from './protocol/options.js';

export const SECTION = 'shimtrace';

export type ShownAs = 'error' | 'warning' | 'information' | 'hint' | 'off';
const SHOWN_AS: readonly ShownAs[] = ['error', 'warning', 'information', 'hint', 'off'];
const DEFAULT_SHOWN: Readonly<Record<Verdict, ShownAs>> = {
  violation: 'error',
  suspicious: 'warning',
  undecidable: 'information',
};

function section(uri: vscode.Uri): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration(SECTION, uri);
}

/** What the worker judges by. A value of a wrong type counts as not set. */
export function checkOptions(uri: vscode.Uri): CheckOptions {
  const config = section(uri);
  const wanted: unknown = config.get('profiles');
  const profiles = PROFILES.filter(
    (id) => Array.isArray(wanted) && wanted.includes(id),
  ) satisfies readonly ProfileId[];
  const skew: unknown = config.get('skewMicroseconds');
  const clock = CLOCKS.find((name) => name === config.get('clock'));
  const pageSize = PAGE_SIZES.find(({ word }) => word === config.get('pageSize'));
  return {
    ...(profiles.length > 0 ? { profiles } : {}),
    ...(typeof skew === 'number' && skew >= 0 ? { skewNs: skew * 1000 } : {}),
    ...(clock === undefined ? {} : { clock }),
    ...(pageSize === undefined ? {} : { pageBytes: pageSize.bytes }),
  };
}

export function shownAs(uri: vscode.Uri, verdict: Verdict): ShownAs {
  const wanted: unknown = section(uri).get(`severity.${verdict}`);
  return SHOWN_AS.find((name) => name === wanted) ?? DEFAULT_SHOWN[verdict];
}

export function checksOnOpen(uri: vscode.Uri): boolean {
  return section(uri).get('checkOnOpen') !== false;
}

/** Path of QEMU's trace-events file; undefined when it is not set. */
export function traceEventsFile(uri: vscode.Uri): string | undefined {
  const path: unknown = section(uri).get('qemu.traceEvents');
  return typeof path === 'string' && path !== '' ? path : undefined;
}

/** True when `event` changes how traces are read. */
export function affectsReading(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${SECTION}.qemu.traceEvents`);
}

/** True when `event` changes what the worker is asked, so that the verdicts are judged again. */
export function affectsVerdicts(event: vscode.ConfigurationChangeEvent): boolean {
  return ['profiles', 'skewMicroseconds', 'clock', 'pageSize'].some((name) =>
    event.affectsConfiguration(`${SECTION}.${name}`),
  );
}

export function affectsSeverity(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration(`${SECTION}.severity`);
}
