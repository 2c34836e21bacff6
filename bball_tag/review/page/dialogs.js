/* Dialogs: a title, what `fill` puts into them, and buttons. */

import { h, named } from "./dom.js";

/**
 * Open a dialog and promise the value that it was closed with; null where it was dismissed.
 *
 * `makeContent(close)` returns its elements. Focus goes to the first field and back to where it was.
 */
export function openDialog(title, makeContent, className = "") {
  return new Promise((done) => {
    let value = null;
    const before = document.activeElement;
    const heading = h("h2", { id: "dialog-title", text: title });
    const dismiss = h("button", { type: "button", class: "close", text: "✕", "aria-label": "Close", onclick: () => close(null) });
    const dialog = h("dialog", { class: className, "aria-labelledby": "dialog-title" }, h("header", {}, heading, dismiss));
    function close(chosen) {
      value = chosen;
      dialog.close();
    }
    dialog.append(...makeContent(close).filter(Boolean));
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement) before.focus();
      done(value);
    });
    document.body.append(dialog);
    dialog.showModal();
    (dialog.querySelector("[autofocus], input, select, .is-main") ?? dismiss).focus();
  });
}

/** Ask; promise whether the person agrees. */
export async function confirmed(sentence, agree) {
  const answer = await openDialog("Please confirm", (close) => [
    h("p", { text: sentence }),
    buttons(
      h("button", { type: "button", text: "Cancel", onclick: () => close(null) }),
      h("button", { type: "button", class: "is-main", text: agree, autofocus: true, onclick: () => close(true) }),
    ),
  ]);
  return answer === true;
}

/** Return a row of buttons. */
export function buttons(...children) {
  return h("div", { class: "buttons" }, ...children);
}

/** Return a field with its label above. */
export function labelled(text, control) {
  return h("label", { class: "field" }, h("span", { text }), control);
}

/**
 * Ask for a label by typing a part of its name; promise its name, or null.
 *
 * What is typed may be a new label.
 */
export function pickLabel(title, labels) {
  return openDialog(
    title,
    (close) => {
      let found = [];
      let at = 0;
      const list = h("ul", { role: "listbox", id: "label-list", "aria-label": "Labels" });
      const input = h("input", {
        type: "text",
        role: "combobox",
        "aria-label": "Label",
        "aria-expanded": "true",
        "aria-controls": "label-list",
        "aria-autocomplete": "list",
        autocomplete: "off",
        placeholder: "Type a label, or a new one",
        autofocus: true,
      });
      const show = () => {
        const typed = input.value.trim();
        const known = labels.filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase()));
        const starts = ({ name }) => (name.toLowerCase().startsWith(typed.toLowerCase()) ? 0 : 1);
        found = known.sort((one, other) => starts(one) - starts(other));
        if (typed && !labels.some(({ name }) => name === typed)) found = [...found, { name: typed, isNew: true }];
        at = Math.min(at, Math.max(0, found.length - 1));
        list.replaceChildren(...found.map((label, index) => option(label, index === at, () => close(label.name))));
        input.setAttribute("aria-activedescendant", found.length ? "label-chosen" : "");
        list.querySelector("#label-chosen")?.scrollIntoView({ block: "nearest" });
      };
      input.addEventListener("input", () => {
        at = 0;
        show();
      });
      input.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) at = Math.min(Math.max(0, at + step), found.length - 1);
        else if (event.key === "Enter" && found[at]) close(found[at].name);
        else return;
        event.preventDefault();
        show();
      });
      show();
      return [input, list];
    },
    "label-picker",
  );
}

function option({ name, colour, key, isNew }, isChosen, choose) {
  return h(
    "li",
    { role: "option", id: isChosen ? "label-chosen" : null, "aria-selected": String(isChosen), onclick: choose },
    named(isNew ? `New label: ${name}` : name, colour ?? "transparent"),
    key ? h("kbd", { text: key }) : null,
  );
}
