/** Tables and columns where SQL is written in a notebook. */
import * as vscode from 'vscode';
import { TABLE_NAMES, TABLES } from '../../model/tables/schema.js';
import { NOTEBOOK_TYPE } from './serializer.js';

export function completion(): vscode.Disposable {
  return vscode.languages.registerCompletionItemProvider(
    { language: 'sql', notebookType: NOTEBOOK_TYPE },
    { provideCompletionItems: (document) => items(document.getText()) },
  );
}

/** All tables; columns first of the tables that the text names. */
function items(text: string): vscode.CompletionItem[] {
  const named = new Set(text.toLowerCase().match(/\w+/g) ?? []);
  const tables = TABLE_NAMES.map((name) => {
    const item = new vscode.CompletionItem(name, vscode.CompletionItemKind.Struct);
    item.documentation = TABLES[name].help;
    item.sortText = `1 ${name}`;
    return item;
  });
  const columns = new Map<string, vscode.CompletionItem>();
  for (const table of TABLE_NAMES)
    for (const { name, type, help } of TABLES[table].columns) {
      const known = columns.get(name);
      const item = known ?? new vscode.CompletionItem(name, vscode.CompletionItemKind.Field);
      if (!known || named.has(table)) {
        item.detail = `${table}.${name} ${type}`;
        item.documentation = help;
        item.sortText = `${named.has(table) ? 0 : 2} ${name}`;
      }
      columns.set(name, item);
    }
  return [...tables, ...columns.values()];
}
