/** Variables of the editor's own themes, as a webview gets them, by the class of its body. */
type Variables = Readonly<Record<string, string>>;

const DARK: Variables = {
  'editor-background': '#1f1f1f', foreground: '#cccccc', descriptionForeground: '#9d9d9d', 'charts-blue': '#3794ff', 'charts-green': '#89d185', 'charts-yellow': '#cca700',
  'charts-orange': '#d18616', 'charts-purple': '#b180d7', 'charts-red': '#f14c4c', 'editorError-foreground': '#f14c4c', 'editorWarning-foreground': '#cca700',
  'editorInfo-foreground': '#3794ff', focusBorder: '#0078d4', 'sideBarSectionHeader-background': '#252526', 'panel-border': '#2b2b2b', 'textLink-foreground': '#4daafc',
  'editorIndentGuide-background1': '#404040', 'editor-selectionBackground': '#264f78', 'button-secondaryBackground': '#313131', 'button-secondaryForeground': '#cccccc',
  'button-secondaryHoverBackground': '#3c3c3c', 'dropdown-background': '#313131', 'dropdown-border': '#3c3c3c', 'dropdown-foreground': '#cccccc', 'input-background': '#313131',
  'input-foreground': '#cccccc', 'input-placeholderForeground': '#989898', 'checkbox-background': '#313131', 'checkbox-border': '#3c3c3c', 'editorHoverWidget-background': '#202020',
  'editorHoverWidget-border': '#454545', 'panelTitle-activeForeground': '#cccccc', 'panelTitle-activeBorder': '#0078d4', 'panelTitle-inactiveForeground': '#9d9d9d',
};
const LIGHT: Variables = {
  'editor-background': '#ffffff', foreground: '#3b3b3b', descriptionForeground: '#616161', 'charts-blue': '#1a85ff', 'charts-green': '#388a34', 'charts-yellow': '#bf8803',
  'charts-orange': '#d18616', 'charts-purple': '#652d90', 'charts-red': '#e51400', 'editorError-foreground': '#e51400', 'editorWarning-foreground': '#bf8803',
  'editorInfo-foreground': '#1a85ff', focusBorder: '#005fb8', 'sideBarSectionHeader-background': '#f3f3f3', 'panel-border': '#e5e5e5', 'textLink-foreground': '#005fb8',
  'editorIndentGuide-background1': '#d3d3d3', 'editor-selectionBackground': '#add6ff', 'button-secondaryBackground': '#e5e5e5', 'button-secondaryForeground': '#3b3b3b',
  'button-secondaryHoverBackground': '#cccccc', 'dropdown-background': '#ffffff', 'dropdown-border': '#cecece', 'dropdown-foreground': '#3b3b3b', 'input-background': '#ffffff',
  'input-foreground': '#3b3b3b', 'input-placeholderForeground': '#767676', 'checkbox-background': '#f8f8f8', 'checkbox-border': '#cecece', 'editorHoverWidget-background': '#f8f8f8',
  'editorHoverWidget-border': '#c8c8c8', 'panelTitle-activeForeground': '#3b3b3b', 'panelTitle-activeBorder': '#005fb8', 'panelTitle-inactiveForeground': '#616161',
};
const CONTRAST: Variables = {
  'editor-background': '#000000', foreground: '#ffffff', descriptionForeground: '#d4d4d4', contrastBorder: '#6fc3df', focusBorder: '#f38518', 'charts-blue': '#3794ff',
  'charts-green': '#89d185', 'charts-yellow': '#cca700', 'charts-orange': '#d18616', 'charts-purple': '#b180d7', 'charts-red': '#f48771', 'editorError-foreground': '#f48771',
  'editorWarning-foreground': '#ffd370', 'editorInfo-foreground': '#3794ff', 'textLink-foreground': '#21a6ff', 'button-secondaryForeground': '#ffffff', 'dropdown-background': '#000000',
  'dropdown-border': '#6fc3df', 'dropdown-foreground': '#ffffff', 'input-background': '#000000', 'input-foreground': '#ffffff', 'input-placeholderForeground': '#b3b3b3',
  'editorHoverWidget-background': '#0c141f', 'editorHoverWidget-border': '#6fc3df', 'panelTitle-activeForeground': '#ffffff', 'panelTitle-inactiveForeground': '#ffffff',
  'editor-selectionBackground': '#ffffff', 'button-secondaryBackground': '#000000', 'checkbox-background': '#000000', 'checkbox-border': '#6fc3df', 'button-border': '#6fc3df',
};
const CONTRAST_LIGHT: Variables = {
  ...CONTRAST, 'editor-background': '#ffffff', foreground: '#292929', descriptionForeground: '#292929', contrastBorder: '#0f4a85', focusBorder: '#006bbd', 'charts-blue': '#1a5dab',
  'charts-green': '#374e06', 'charts-yellow': '#895503', 'charts-orange': '#9a3c00', 'charts-purple': '#652d90', 'editorError-foreground': '#b5200d', 'editorWarning-foreground': '#895503',
  'editorInfo-foreground': '#0063d3', 'textLink-foreground': '#0f4a85', 'button-secondaryForeground': '#292929', 'button-secondaryBackground': '#ffffff', 'dropdown-background': '#ffffff',
  'dropdown-border': '#0f4a85', 'dropdown-foreground': '#292929', 'input-background': '#ffffff', 'input-foreground': '#292929', 'input-placeholderForeground': '#505050',
  'editorHoverWidget-background': '#ffffff', 'editorHoverWidget-border': '#0f4a85', 'panelTitle-activeForeground': '#292929', 'panelTitle-inactiveForeground': '#292929',
  'editor-selectionBackground': '#0f4a85', 'checkbox-background': '#ffffff', 'checkbox-border': '#0f4a85',
};

const FONT = '--vscode-font-family: system-ui, "DejaVu Sans", sans-serif; --vscode-font-size: 13px; --vscode-font-weight: normal; --vscode-editor-font-family: monospace;';

function sheet(variables: Variables): string {
  return `:root { ${FONT} ${Object.entries(variables).map(([name, value]) => `--vscode-${name}: ${value};`).join(' ')} }`;
}

export const THEMES: Readonly<Record<string, string>> = {
  'vscode-dark': sheet(DARK), 'vscode-light': sheet(LIGHT), 'vscode-high-contrast': sheet(CONTRAST), 'vscode-high-contrast vscode-high-contrast-light': sheet(CONTRAST_LIGHT),
};
