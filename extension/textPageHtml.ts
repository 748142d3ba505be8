/**
 * The page around a rendered text: one style and one script with a nonce, and nothing from elsewhere. A text
 * that is written anew stays where it was scrolled to.
 */
import { bytesHex } from '../parsers/base/bytes.js';

export interface TextPage {
  readonly title: string;
  /** HTML of what the page says, rendered from our own Markdown. */
  readonly body: string;
  /** Address of the document, by which the page comes back with its window. */
  readonly address: string;
  readonly nonce: string;
}

const NONCE_BYTES = 16;

/** A page that could guess it could run scripts of its own. */
export function nonceText(): string {
  return bytesHex(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
}

const STYLE = `
body { background: var(--vscode-editor-background); padding: 0 26px 40px; line-height: 1.5; font-size: 14px; overflow-wrap: anywhere; }
main { max-width: 1000px; }
h1 { font-size: 1.7em; line-height: 1.25; font-weight: 600; margin: 18px 0 12px; }
h2 { font-size: 1.3em; font-weight: 600; margin: 24px 0 10px; }
h3 { font-size: 1.1em; font-weight: 600; }
h1, h2 { border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
  padding-bottom: 4px; }
a { color: var(--vscode-textLink-foreground); text-decoration: underline; }
a:hover { color: var(--vscode-textLink-activeForeground); }
a:focus { outline: 1px solid var(--vscode-focusBorder); }
code { font-family: var(--vscode-editor-font-family, monospace); color: inherit; background: none; padding: 0; }
blockquote { margin: 8px 0; padding: 2px 14px; border-left: 4px solid var(--vscode-textBlockQuote-border);
  background: var(--vscode-textBlockQuote-background); }
table { border-collapse: collapse; margin: 8px 0; }
th, td { text-align: left; vertical-align: top; padding: 3px 14px 3px 0;
  border-bottom: 1px solid var(--vscode-editorIndentGuide-background1, transparent); }
th { font-weight: 600; }
@media (max-width: 420px) { body { padding: 0 12px 30px; } }
`;

/** The renderer has the address of a link once more, and as what a pointer is told of it. */
const TOLD_ADDRESSES = / (?:data-href|title)="command:[^"]*"/g;

export function textPageHtml({ title, body, address, nonce }: TextPage): string {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
${body.replace(TOLD_ADDRESSES, '')}
</main>
<script nonce="${nonce}">
const api = acquireVsCodeApi();
const keep = () => api.setState({ ...${inScript({ uri: address })}, top: scrollY });
scrollTo(0, api.getState()?.top ?? 0);
addEventListener('scroll', keep);
keep();
</script>
</body>
</html>
`;
}

/** As a literal of JavaScript that cannot end its script. */
function inScript(value: object): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
}
