// What both extension hosts have beside ECMAScript and the vscode module.
declare function setTimeout(callback: () => void, ms: number): number;
declare function clearTimeout(handle: number | undefined): void;
declare function btoa(bytes: string): string;
declare function atob(text: string): string;
declare const crypto: { getRandomValues(into: Uint8Array): Uint8Array };
declare function structuredClone<T>(value: T, options: { readonly transfer: ArrayBuffer[] }): T;
