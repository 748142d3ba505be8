/** Lines of a `.review` file that stand for events lead to them. */
import * as vscode from 'vscode';
import { commandAddress, GO, goTarget } from '../links.js';
import type { Remarks } from './remarks.js';
import type { Reviews } from './reviews.js';
import { fileName } from '../../parsers/base/fileName.js';

/** ` [M2.p.txt:702 G9@702]`, as model/review/notes.ts writes it. */
const EVIDENCE = /^ \[(\S+):(\d+)(?: \S+)?\]$/;

export function evidenceLinks(reviews: Reviews, remarks: Remarks): vscode.Disposable {
  return vscode.languages.registerDocumentLinkProvider(
    { pattern: '**/*.review' },
    {
      provideDocumentLinks: (document) => {
        if (document.uri.toString() !== remarks.uri?.toString()) return [];
        const recordings = reviews.current?.review.recordings ?? [];
        const links: vscode.DocumentLink[] = [];
        for (let i = 0; i < document.lineCount; i++) {
          const { text, range } = document.lineAt(i);
          const [, name, line] = EVIDENCE.exec(text) ?? [];
          const trace = recordings.find((uri) => encodeURIComponent(fileName(uri.path)) === name);
          if (trace) links.push(linkTo(trace, Number(line), range));
        }
        return links;
      },
    },
  );
}

function linkTo(trace: vscode.Uri, line: number, range: vscode.Range): vscode.DocumentLink {
  const target = goTarget(trace, { line, column: 0, row: -1 });
  const inner = new vscode.Range(range.start.translate(0, 2), range.end.translate(0, -1));
  return new vscode.DocumentLink(inner, vscode.Uri.parse(commandAddress(GO, target)));
}
