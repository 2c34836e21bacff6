/* The keys: one table for what they do and for the help. */

import { byId, fill, forgetTheme, h, icon } from "./dom.js";
import { openDialog } from "./dialogs.js";

const FIELDS = "input:not([type=range]), textarea, select, [contenteditable]";
const PRESSED_BY_THEMSELVES = new Set([" ", "Enter"]);

export class Keys {
  #model;
  #commands = [];
  isOn = true;

  constructor(model) {
    this.#model = model;
    addEventListener("keydown", (event) => this.#press(event));
  }

  /**
   * Add a command: `keys` as `event.key` names them, `mode` look, judge or both, `run(event)`.
   *
   * `shown` is what the help shows in place of the keys.
   */
  add(keys, mode, text, run, shown = keys) {
    this.#commands.push({ keys, mode, text, run, shown });
  }

  #press(event) {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.target.closest?.(FIELDS) || event.altKey) return;
    if (PRESSED_BY_THEMSELVES.has(event.key) && event.target.closest?.("button, a, summary")) return;
    const key = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + keyName(event);
    const command = this.#commands.find(({ keys, mode }) => keys.includes(key) && (mode === "both" || mode === this.#model.mode));
    if (!command || (!this.isOn && key !== "?")) return;
    event.preventDefault();
    command.run(event);
  }

  /** Show all keys. */
  help() {
    const groups = [
      ["judge", "While judging"],
      ["look", "While looking"],
      ["both", "Always"],
    ];
    return openDialog(
      "Keys",
      () => [
        h("div", { class: "help" }, ...groups.map(([mode, title]) => this.#group(mode, title))),
        this.#switch(),
      ],
      "is-wide",
    );
  }

  #group(mode, title) {
    const rows = this.#commands
      .filter((command) => command.mode === mode && command.text)
      .map(({ text, shown }) =>
        h("tr", {}, h("th", { scope: "row" }, ...shown.map((key) => h("kbd", { text: key === " " ? "Space" : key }))), h("td", { text })),
      );
    return h("table", {}, h("caption", { text: title }), h("tbody", {}, ...rows));
  }

  #switch() {
    const box = h("input", { type: "checkbox", id: "keys-on" });
    box.checked = this.isOn;
    box.addEventListener("change", () => (this.isOn = box.checked));
    return h("label", { class: "check" }, box, "Keys are on (? always works)");
  }
}

/** Return the name of a pressed key: digits by their place, as some keyboards have them with Shift. */
function keyName(event) {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  if (digit && !event.shiftKey) return digit[1];
  return event.key.length === 1 && (event.ctrlKey || event.metaKey) ? event.key.toLowerCase() : event.key;
}

/** Let the theme follow the system, or be light or dark; what was chosen is remembered. */
export function makeThemeSwitch(onChange) {
  const names = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
  const button = byId("theme");
  const change = () => {
    forgetTheme();
    onChange();
  };
  const show = (theme) => {
    document.documentElement.dataset.theme = theme;
    fill(button, icon(theme));
    button.setAttribute("aria-label", names[theme]);
    button.title = names[theme];
    change();
  };
  button.addEventListener("click", () => {
    const all = Object.keys(names);
    const theme = all[(all.indexOf(document.documentElement.dataset.theme) + 1) % all.length];
    remember("theme", theme);
    show(theme);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", change);
  show(names[recall("theme")] ? recall("theme") : "auto");
}

/** Keep a setting of this browser; where it may not keep anything, it is forgotten. */
function remember(name, value) {
  try {
    localStorage.setItem(`bball-tag.${name}`, value);
  } catch {
    // Private windows and pages from a file may have no storage.
  }
}

/** Return a setting that was kept, else "". */
function recall(name) {
  try {
    return localStorage.getItem(`bball-tag.${name}`) ?? "";
  } catch {
    return "";
  }
}
