/** The tree of a review: claims; patch, hunk, function, evidence. */
import * as vscode from 'vscode';
import { plural } from '../../parsers/base/plural.js';
import { ROWS_AT_ONCE } from '../protocol/shapes.js';
import type {
  ReviewedClaim,
  ReviewedFile,
  ReviewedFunction,
  ReviewedHunk,
  ReviewedPatch,
} from '../protocol/review.js';
import { TreeList, type ListNode } from '../views/list.js';
import { EVENTS, GO, goTarget } from '../links.js';
import { MARK_ICONS, MARK_WORDS } from './marks.js';
import type { Reviews, ReviewShown } from './reviews.js';
import { fileName } from '../../parsers/base/fileName.js';

export const SHOW_LINE = 'shimtrace.internal.reviewLine';
const MORE = 'shimtrace.internal.reviewMore';

export class ReviewList implements vscode.Disposable {
  private readonly list = new TreeList('shimtrace.review');
  private readonly disposables: vscode.Disposable[];
  /** Entries that are shown of the patches, and of the hunks of each. */
  private shown = ROWS_AT_ONCE;

  constructor(private readonly reviews: Reviews) {
    this.disposables = [
      this.list,
      reviews.onDidChange(() => this.show()),
      vscode.commands.registerCommand(MORE, () => {
        this.shown += ROWS_AT_ONCE;
        this.show();
      }),
    ];
  }

  private show(): void {
    const { current } = this.reviews;
    if (!current) {
      this.shown = ROWS_AT_ONCE;
      this.list.set(undefined, []);
      return;
    }
    const { view, document } = current;
    const nodes = view.patches.map((patch, i) => patchNode(patch, i, current, this.shown));
    const claims = claimNodes(view.claims);
    const note = [view.summary, view.tree].filter((part) => part !== '').join(' · ');
    this.list.set(document, [...claims, ...withMore(nodes, 'patches', this.shown)], note);
    const count = view.patches.length;
    this.list.view.description = count === 1 ? '1 patch' : `${count} patches`;
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

function claimNodes(claims: readonly ReviewedClaim[]): readonly ListNode[] {
  return claims.map(({ text, verdict, sentence }) => ({
    id: `claim ${text}`,
    label: text,
    description: sentence,
    tooltip: `${text}: ${sentence}`,
    icon: CLAIM_ICONS[verdict],
    context: 'claim',
  }));
}

const CANNOT_TELL = new vscode.ThemeIcon('question', new vscode.ThemeColor('problemsWarningIcon.foreground'));
const CLAIM_ICONS: Readonly<Record<ReviewedClaim['verdict'], vscode.ThemeIcon>> = {
  supports: new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed')),
  'supports-weakly': new vscode.ThemeIcon('pass', new vscode.ThemeColor('problemsWarningIcon.foreground')),
  contradicts: new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground')),
  'cannot-tell': CANNOT_TELL,
  'no-claim': CANNOT_TELL,
};

function withMore(nodes: readonly ListNode[], id: string, shown: number): readonly ListNode[] {
  if (nodes.length <= shown) return nodes;
  const more: ListNode = {
    id: `${id} more`,
    label: vscode.l10n.t('Show {0} more', Math.min(ROWS_AT_ONCE, nodes.length - shown)),
    description: vscode.l10n.t('{0} of {1} shown', shown, nodes.length),
    icon: new vscode.ThemeIcon('ellipsis'),
    go: { command: MORE, argument: id },
  };
  return [...nodes.slice(0, shown), more];
}

function patchNode(patch: ReviewedPatch, index: number, shown: ReviewShown, count: number): ListNode {
  const id = `patch ${index}`;
  const hunks = patch.files.flatMap((file, f) =>
    file.hunks.map((hunk, h) => hunkNode(hunk, file, `${id} ${f} ${h}`, shown)),
  );
  return {
    id,
    label: patch.title,
    description: plural(hunks.length, 'hunk'),
    icon: new vscode.ThemeIcon('git-commit'),
    open: true,
    children: withMore(hunks, id, count),
    go: { command: SHOW_LINE, argument: patch.line },
    context: 'patch',
  };
}

function hunkNode(hunk: ReviewedHunk, file: ReviewedFile, id: string, shown: ReviewShown): ListNode {
  const { mark } = hunk;
  return {
    id,
    label: `${fileName(file.path)} ${hunk.head.replace(/ @@.*$/, ' @@')}`,
    description: mark === undefined ? vscode.l10n.t('no function') : MARK_WORDS[mark],
    tooltip: `${file.path}\n${hunk.head}`,
    icon: mark === undefined ? new vscode.ThemeIcon('dash') : MARK_ICONS[mark],
    open: mark === 'violation' || mark === 'ran',
    children: hunk.functions.map(({ index, line }) => functionNode(index, line, id, shown)),
    go: { command: SHOW_LINE, argument: hunk.line },
    context: 'hunk',
  };
}

function functionNode(index: number, line: number, parent: string, shown: ReviewShown): ListNode {
  const { view } = shown;
  const f = view.functions[index]!;
  const id = `${parent} ${index}`;
  return {
    id,
    label: `${f.name}()`,
    description: f.touch === 'changed' ? f.short : `${f.touch} · ${f.short}`,
    icon: MARK_ICONS[f.mark],
    open: f.mark === 'violation',
    children: evidenceNodes(f, index, id, shown),
    go: { command: SHOW_LINE, argument: line },
    context: 'function',
  };
}

function evidenceNodes(f: ReviewedFunction, index: number, id: string, shown: ReviewShown): ListNode[] {
  const { view, review } = shown;
  return f.inSets.flatMap(({ text, mark, events, findings }, set) => [
    {
      id: `${id} set ${set}`,
      label: view.sets[set]!.title,
      description: text,
      icon: MARK_ICONS[mark],
      context: 'evidence',
      ...(events > 0 && { go: { command: EVENTS, argument: { function: index, set } } }),
    },
    ...findings.map(
      ({ id: finding, rule, verdict, message, file, spot }): ListNode => ({
        id: `${id} set ${set} ${file} ${finding}`,
        label: message,
        description: `${rule} ${verdict} · ${view.sets[set]!.name}`,
        icon: verdict === 'violation' ? MARK_ICONS.violation : new vscode.ThemeIcon('warning'),
        context: 'reviewFinding',
        go: { command: GO, argument: goTarget(review.recordings[file]!, spot) },
      }),
    ),
  ]);
}
