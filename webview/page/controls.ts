/**
 * Buttons, drop-downs, check boxes, text fields and panels. The only module that knows which library they
 * come from: @vscode/webview-ui-toolkit is archived upstream, and `@vscode-elements/elements`, which has the
 * same kinds of elements, takes its place by changing this file alone: styles and tests know the elements by
 * the classes given here (`field`, `choice`, `check`, `panels`) and by their roles.
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';

/** Defines the elements; call once, before any is made. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeCheckbox(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodePanels(),
    vsCodePanelTab(),
    vsCodePanelView(),
    vsCodeTextField(),
  );
}

type ValueElement = HTMLElement & { value: string };
type SwitchElement = HTMLElement & { disabled: boolean };

export interface Button {
  readonly element: HTMLElement;
  enable(on: boolean): void;
}

/** A button with a sign on it; `title` says what it does. */
export function button(sign: Element, title: string, act: () => void): Button {
  const element = document.createElement('vscode-button') as SwitchElement;
  element.setAttribute('appearance', 'icon');
  element.setAttribute('aria-label', title);
  element.title = title;
  element.append(sign);
  element.addEventListener('click', act);
  return { element, enable: (on) => (element.disabled = !on) };
}

export interface Choice {
  readonly element: HTMLElement;
  set(value: string): void;
  /** Replaces the options. */
  fill(options: readonly { readonly value: string; readonly text: string }[], value: string): void;
}

export function dropdown(
  title: string,
  options: readonly { readonly value: string; readonly text: string }[],
  act: (value: string) => void,
): Choice {
  const element = document.createElement('vscode-dropdown') as ValueElement;
  element.className = 'choice';
  element.setAttribute('aria-label', title);
  element.title = title;
  const fill = (list: readonly { readonly value: string; readonly text: string }[], value: string): void => {
    element.replaceChildren(
      ...list.map((o) => {
        const option = document.createElement('vscode-option') as ValueElement;
        option.value = o.value;
        option.textContent = o.text;
        return option;
      }),
    );
    element.value = value;
  };
  fill(options, options[0]?.value ?? '');
  element.addEventListener('change', () => act(element.value));
  return { element, fill, set: (value) => (element.value = value) };
}

export interface Check {
  readonly element: HTMLElement;
  set(on: boolean): void;
}

export function checkbox(text: string, act: (on: boolean) => void): Check {
  const element = document.createElement('vscode-checkbox') as HTMLElement & { checked: boolean };
  element.className = 'check';
  element.textContent = text;
  element.setAttribute('aria-label', text);
  let quiet = false;
  element.addEventListener('change', () => {
    if (!quiet) act(element.checked);
  });
  return {
    element,
    set: (on) => {
      quiet = true;
      element.checked = on;
      quiet = false;
    },
  };
}

export interface Field {
  readonly element: HTMLElement;
  focus(): void;
}

/** A line of text that acts on Enter. */
export function textField(title: string, placeholder: string, act: (text: string) => void): Field {
  const element = document.createElement('vscode-text-field') as ValueElement;
  element.className = 'field';
  element.setAttribute('placeholder', placeholder);
  // The toolkit calls a field without a visible label `Text field` once it
  // is in the document: its name comes after that.
  queueMicrotask(() => element.setAttribute('aria-label', title));
  element.title = title;
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') act(element.value);
    event.stopPropagation();
  });
  return { element, focus: () => element.focus() };
}

export interface Panels {
  readonly element: HTMLElement;
  show(name: string): void;
}

/** Contents of which one is shown, with a tab each. */
export function panels(
  title: string,
  contents: readonly { readonly name: string; readonly text: string; readonly element: HTMLElement }[],
  shown: (name: string) => void,
): Panels {
  const element = document.createElement('vscode-panels') as HTMLElement & { activeid: string };
  element.className = 'panels';
  element.setAttribute('aria-label', title);
  for (const { name, text } of contents) {
    const tab = document.createElement('vscode-panel-tab');
    tab.id = `tab-${name}`;
    tab.textContent = text;
    element.append(tab);
  }
  for (const { name, element: content } of contents) {
    const view = document.createElement('vscode-panel-view');
    view.id = `view-${name}`;
    view.append(content);
    element.append(view);
  }
  element.addEventListener('change', () => shown(element.activeid.replace('tab-', '')));
  return { element, show: (name) => (element.activeid = `tab-${name}`) };
}
