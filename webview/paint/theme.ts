/**
 * The editor's theme as fill and stroke styles. Patterns tell apart what
 * colour alone would: each has its own hatch.
 */
import { Style, STYLE_COUNT, type StyleId } from './style.js';

export type Pattern = 'none' | 'diagonal' | 'backslash' | 'cross' | 'dots' | 'horizontal' | 'vertical';

export interface Look {
  /** CSS colour. */
  readonly color: string;
  /** 0..1 */
  readonly alpha: number;
  readonly pattern: Pattern;
}

export interface Theme {
  readonly looks: readonly Look[];
  readonly font: string;
  readonly highContrast: boolean;
}

/** Reads a CSS variable; '' when it is not set. */
export type Variable = (name: string) => string;

interface Rule {
  readonly variables: readonly string[];
  readonly light: string;
  readonly dark: string;
  readonly alpha?: number;
  readonly pattern?: Pattern;
}

const RULES: Readonly<Record<keyof typeof Style, Rule>> = {
  Background: { variables: ['--vscode-editor-background'], light: '#ffffff', dark: '#1e1e1e' },
  Shared: { variables: ['--vscode-charts-blue'], light: '#1a85ff', dark: '#3794ff', pattern: 'dots' },
  Private: { variables: ['--vscode-charts-green'], light: '#388a34', dark: '#89d185' },
  Converting: {
    variables: ['--vscode-charts-yellow'],
    light: '#bf8803',
    dark: '#e2c08d',
    pattern: 'diagonal',
  },
  Unconverted: { variables: ['--vscode-charts-orange'], light: '#d18616', dark: '#d18616', pattern: 'cross' },
  Unknown: {
    variables: ['--vscode-descriptionForeground'],
    light: '#717171',
    dark: '#9d9d9d',
    alpha: 0.5,
    pattern: 'backslash',
  },
  Spte4K: { variables: ['--vscode-foreground'], light: '#3b3b3b', dark: '#cccccc' },
  Spte2M: { variables: ['--vscode-foreground'], light: '#3b3b3b', dark: '#cccccc', pattern: 'vertical' },
  Spte1G: { variables: ['--vscode-foreground'], light: '#3b3b3b', dark: '#cccccc', pattern: 'horizontal' },
  Mapped: { variables: ['--vscode-charts-purple'], light: '#652d90', dark: '#b180d7' },
  Referenced: { variables: ['--vscode-charts-orange'], light: '#d18616', dark: '#d18616' },
  Guest: { variables: ['--vscode-charts-green'], light: '#388a34', dark: '#89d185' },
  Vmm: { variables: ['--vscode-charts-blue'], light: '#1a85ff', dark: '#3794ff' },
  Kvm: { variables: ['--vscode-charts-yellow'], light: '#bf8803', dark: '#cca700' },
  Mm: { variables: ['--vscode-charts-purple'], light: '#652d90', dark: '#b180d7' },
  Other: { variables: ['--vscode-descriptionForeground'], light: '#717171', dark: '#9d9d9d' },
  Violation: {
    variables: ['--vscode-editorError-foreground', '--vscode-charts-red'],
    light: '#e51400',
    dark: '#f14c4c',
  },
  Suspicious: { variables: ['--vscode-editorWarning-foreground'], light: '#bf8803', dark: '#cca700' },
  Undecidable: { variables: ['--vscode-editorInfo-foreground'], light: '#1a85ff', dark: '#3794ff' },
  Text: { variables: ['--vscode-foreground'], light: '#3b3b3b', dark: '#cccccc' },
  Dim: { variables: ['--vscode-descriptionForeground'], light: '#6b6b6b', dark: '#9d9d9d' },
  Strong: { variables: ['--vscode-foreground'], light: '#1f1f1f', dark: '#e7e7e7' },
  Grid: {
    variables: [
      '--vscode-contrastBorder',
      '--vscode-editorIndentGuide-background1',
      '--vscode-tree-indentGuidesStroke',
    ],
    light: '#d3d3d3',
    dark: '#404040',
    alpha: 0.5,
  },
  Header: {
    variables: ['--vscode-sideBarSectionHeader-background', '--vscode-editorWidget-background'],
    light: '#f3f3f3',
    dark: '#252526',
    alpha: 0.8,
  },
  Selected: { variables: ['--vscode-focusBorder'], light: '#0090f1', dark: '#007fd4' },
  Loss: {
    variables: ['--vscode-editorWarning-foreground'],
    light: '#bf8803',
    dark: '#cca700',
    pattern: 'backslash',
  },
  Cursor: {
    variables: ['--vscode-editorCursor-foreground', '--vscode-foreground'],
    light: '#000000',
    dark: '#aeafad',
    alpha: 0.5,
  },
  Effect: {
    variables: ['--vscode-editorLink-activeForeground', '--vscode-foreground'],
    light: '#0000ff',
    dark: '#4e94ce',
  },
  Window: { variables: ['--vscode-focusBorder'], light: '#0090f1', dark: '#007fd4', alpha: 0.18 },
  Mark: { variables: ['--vscode-foreground'], light: '#1f1f1f', dark: '#f0f0f0' },
  Trouble: { variables: ['--vscode-charts-orange'], light: '#b5200d', dark: '#f48771' },
  Edge: { variables: ['--vscode-foreground'], light: '#3b3b3b', dark: '#cccccc', alpha: 0.6 },
  Halo: { variables: ['--vscode-editor-background'], light: '#ffffff', dark: '#1e1e1e', alpha: 0.9 },
  Outside: { variables: ['--vscode-editor-background'], light: '#ffffff', dark: '#1e1e1e', alpha: 0.6 },
  Shade: {
    variables: ['--vscode-editor-selectionBackground'],
    light: '#add6ff',
    dark: '#264f78',
    alpha: 0.3,
  },
};

/** High contrast themes want full colours: a tint there is neither seen nor wanted. */
const TINTS: ReadonlySet<string> = new Set(['Window', 'Shade', 'Header', 'Outside', 'Unknown', 'Grid']);

export function readTheme(
  variable: Variable,
  kind: { readonly light: boolean; readonly highContrast: boolean },
): Theme {
  const looks: Look[] = new Array<Look>(STYLE_COUNT);
  for (const [name, id] of Object.entries(Style) as [keyof typeof Style, StyleId][]) {
    const rule = RULES[name];
    const color =
      rule.variables.map((v) => variable(v).trim()).find((v) => v !== '') ??
      (kind.light ? rule.light : rule.dark);
    const alpha = kind.highContrast && !TINTS.has(name) ? 1 : (rule.alpha ?? 1);
    looks[id] = { color: name === 'Shade' ? color : opaque(color), alpha, pattern: rule.pattern ?? 'none' };
  }
  const family = variable('--vscode-font-family').trim();
  return { looks, font: family === '' ? 'system-ui, sans-serif' : family, highContrast: kind.highContrast };
}

/** Some chart colours of the editor are see-through, which would make a band look like its neighbour. */
function opaque(color: string): string {
  if (/^#[0-9a-f]{8}$/i.test(color)) return color.slice(0, 7);
  const rgba = color.match(/^rgba\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)[\s,/]+[\d.]+\s*\)$/);
  return rgba ? `rgb(${rgba[1]}, ${rgba[2]}, ${rgba[3]})` : color;
}
