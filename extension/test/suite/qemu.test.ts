import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { SimpleFile } from '../../../test/support/simpleFile.js';
import { app, closeAll, until, withSetting, workspaceFile } from '../support.js';

const FAULT_FORMAT = '"start 0x%" PRIx64 " size 0x%" PRIx64 " flags 0x%" PRIx64';
/** As QEMU's build leaves it: the event's number is its place. */
const TRACE_EVENTS = `# kvm-all.c
kvm_ioctl(unsigned long type, void *arg) "type 0x%lx, arg %p"
kvm_memory_fault(uint64_t start, uint64_t size, uint64_t flags) ${FAULT_FORMAT}
`;

describe('a recording of QEMU with numbers for names', () => {
  afterEach(closeAll);

  it('has its names once the setting says where they are', async () => {
    const { sessions } = await app();
    const file = new SimpleFile(false, 3n);
    for (let i = 0n; i < 3n; i++) file.record(1n, 7n + i, [0x1000n * i, 0x1000n, 8n], false);
    const uri = vscode.Uri.file(path.join(vscode.workspace.workspaceFolders![0]!.uri.fsPath, 'qemu.trace'));
    fs.writeFileSync(uri.fsPath, file.bytes);
    await vscode.commands.executeCommand('vscode.open', uri);
    const issues = (): string[] | undefined => sessions.find(uri)?.report?.issues.map(({ code }) => code);
    assert.ok((await until('the report', issues)).includes('needs-trace-events'));
    const events = workspaceFile('trace-events-all', TRACE_EVENTS);
    await withSetting('shimtrace.qemu.traceEvents', events.fsPath, async () => {
      await until('the names', () => (issues()?.includes('needs-trace-events') === false ? true : undefined));
      await until('the listing with them', () =>
        vscode.window.visibleTextEditors.find(({ document }) =>
          /qemu:kvm_memory_fault: start 0x1000 size 0x1000 flags 0x8/.test(document.getText()),
        ),
      );
    });
  });
});
