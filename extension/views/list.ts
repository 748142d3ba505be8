/** A native tree of plain nodes: what every list of ours is made of. */
import * as vscode from 'vscode';
import type { Stale } from '../../model/findings/suppress.js';
import type { Spot } from '../protocol/place.js';

export interface ListNode {
  /** Stable within its list, so that what is open and selected stays so. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  readonly tooltip?: string;
  readonly icon?: vscode.ThemeIcon;
  readonly children?: readonly ListNode[];
  readonly open?: boolean;
  /** Where selecting it goes. */
  readonly spot?: Spot;
  /** For menus. */
  readonly context?: string;
  /** The finding that it is about. */
  readonly finding?: string;
  /** The entry of a .shimtrace.json that it is about, which sets nothing of this trace aside. */
  readonly stale?: { readonly trace: vscode.Uri; readonly of: Stale };
  /** Selecting it brings more of this part of the list. */
  readonly more?: string;
  /** What selecting it runs, where it goes to no place of the list's trace. */
  readonly go?: { readonly command: string; readonly argument: unknown };
}

/** What a list holds altogether, where not all of it was made into nodes. */
export interface Counts {
  readonly matching: number;
  readonly total: number;
}

export class TreeList implements vscode.TreeDataProvider<ListNode>, vscode.Disposable {
  readonly view: vscode.TreeView<ListNode>;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private all: readonly ListNode[] = [];
  private shown: readonly ListNode[] = [];
  private readonly parents = new Map<string, ListNode>();
  private filter = '';
  private note = '';
  private counts: Counts | undefined;
  private isEmpty = false;
  trace: vscode.Uri | undefined;

  /** `filteredBefore`: whoever sets the nodes has filtered them, and says how many there are. */
  constructor(
    readonly id: string,
    private readonly filteredBefore = false,
  ) {
    this.view = vscode.window.createTreeView(id, { treeDataProvider: this, showCollapseAll: true });
  }

  /** Shows these nodes of a trace; `note` stands above them. */
  set(trace: vscode.Uri | undefined, nodes: readonly ListNode[], note = '', counts?: Counts): void {
    this.trace = trace;
    this.all = nodes;
    this.note = note;
    this.counts = counts;
    this.sayEmpty(counts?.total === 0);
    this.refresh();
  }

  /** That there is nothing is said only where it is known: not while a list is asked for, nor of a filter. */
  private sayEmpty(isEmpty: boolean): void {
    if (isEmpty === this.isEmpty) return;
    this.isEmpty = isEmpty;
    void vscode.commands.executeCommand('setContext', `${this.id}.empty`, isEmpty);
  }

  setFilter(filter: string): void {
    this.filter = filter.trim().toLowerCase();
    this.refresh();
  }

  private refresh(): void {
    this.shown = this.filter === '' || this.filteredBefore ? this.all : filtered(this.all, this.filter);
    this.parents.clear();
    this.remember(this.shown);
    const { matching, total } = this.counts ?? { matching: count(this.shown), total: count(this.all) };
    const filtering = this.filter === '' ? '' : `“${this.filter}”: ${matching} of ${total}`;
    const text = [filtering, this.note].filter((part) => part !== '').join(' · ');
    // An empty list shows its welcome instead of a note.
    this.view.message = total === 0 ? '' : text;
    this.changed.fire();
  }

  private remember(nodes: readonly ListNode[], parent?: ListNode): void {
    for (const node of nodes) {
      if (parent) this.parents.set(node.id, parent);
      if (node.children) this.remember(node.children, node);
    }
  }

  getTreeItem(node: ListNode): vscode.TreeItem {
    // What was filtered node by node is shown down to the match; a list that was filtered before, down to its
    // entries.
    const open = this.filter === '' ? node.open === true : !this.filteredBefore || node.open !== undefined;
    const item = new vscode.TreeItem(node.label, collapsible(node, open));
    item.id = `${this.filter === '' ? '' : 'filtered '}${node.id}`;
    if (node.description !== undefined) item.description = node.description;
    item.tooltip = node.tooltip ?? [node.label, node.description].filter((part) => part).join(' — ');
    if (node.icon) item.iconPath = node.icon;
    item.contextValue = node.context ?? 'node';
    item.accessibilityInformation = {
      label: [node.label, node.description].filter((part) => part).join(', '),
    };
    if (node.more !== undefined) {
      item.command = {
        command: 'shimtrace.internal.showMore',
        title: 'Show More',
        arguments: [this.id, node.more],
      };
    } else if (node.go) {
      item.command = { command: node.go.command, title: 'Show', arguments: [node.go.argument] };
    } else if (node.spot && node.spot.row >= 0 && this.trace) {
      item.command = { command: 'shimtrace.reveal', title: 'Reveal', arguments: [this.trace, node.spot] };
    }
    return item;
  }

  getChildren(node?: ListNode): ListNode[] {
    return [...(node ? (node.children ?? []) : this.shown)];
  }

  getParent(node: ListNode): ListNode | undefined {
    return this.parents.get(node.id);
  }

  /** Takes the focus to an entry of a part of the list: the first one that *Show more* has brought. */
  async focusOn(part: string, index: number): Promise<void> {
    const node = (find(this.shown, part)?.children ?? this.shown)[index];
    if (node) await this.view.reveal(node, { select: false, focus: true });
  }

  /** Selects the first node that stands at a line, without taking the focus, when the list is in sight. */
  follow(line: number): void {
    if (!this.view.visible) return;
    const node = atLine(this.shown, line);
    if (node && this.view.selection[0]?.id !== node.id)
      void this.view.reveal(node, { select: true, focus: false });
  }

  dispose(): void {
    this.view.dispose();
    this.changed.dispose();
  }
}

function collapsible({ children }: ListNode, open: boolean): vscode.TreeItemCollapsibleState {
  const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  if (!children?.length) return None;
  return open ? Expanded : Collapsed;
}

function find(nodes: readonly ListNode[], id: string): ListNode | undefined {
  for (const node of nodes) {
    const found = node.id === id ? node : find(node.children ?? [], id);
    if (found) return found;
  }
  return undefined;
}

function atLine(nodes: readonly ListNode[], line: number): ListNode | undefined {
  for (const node of nodes) {
    if (node.spot?.line === line) return node;
    const inside = node.children && atLine(node.children, line);
    if (inside) return inside;
  }
  return undefined;
}

function matches(node: ListNode, filter: string): boolean {
  return `${node.label} ${node.description ?? ''}`.toLowerCase().includes(filter);
}

/** Nodes that match, with all that is in them, and those that hold one that does. */
function filtered(nodes: readonly ListNode[], filter: string): readonly ListNode[] {
  return nodes.flatMap((node) => {
    if (matches(node, filter)) return [node];
    const children = filtered(node.children ?? [], filter);
    return children.length > 0 ? [{ ...node, children }] : [];
  });
}

/** Leaves. */
function count(nodes: readonly ListNode[]): number {
  return nodes.reduce((sum, node) => sum + (node.children?.length ? count(node.children) : 1), 0);
}
