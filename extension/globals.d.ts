// What both extension hosts have beside ECMAScript and the vscode module.
declare function setTimeout(callback: () => void, ms: number): number;
declare function clearTimeout(handle: number | undefined): void;
