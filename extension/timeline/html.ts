/** The document of the timeline's page: one script with a nonce, nothing inline, nothing from elsewhere. */

import { escapeHtml } from '../textPageHtml.js';

export interface PageParts {
  readonly nonce: string;
  /** Address of the page's script, as the webview sees it. */
  readonly script: string;
  /** Source of local resources for the content security policy. */
  readonly source: string;
  readonly title: string;
}

/**
 * SHA-256 of the empty text. The toolkit tries whether the browser knows :focus-visible with a
 * style element that it leaves empty; this allows that element and no other, since a style with a
 * single letter has another hash.
 */
const EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/** Styles are constructed in script, which the policy allows without an exception. */
export function pageHtml({ nonce, script, source, title }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${source} ${EMPTY_STYLE}`,
    `img-src ${source} data: blob:`,
    `font-src ${source}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
</head>
<body>
<script nonce="${nonce}" src="${escapeHtml(script)}"></script>
</body>
</html>
`;
}
