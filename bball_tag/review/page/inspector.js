/* The selected event: what it is, and everything that can be done to it. */

import { byId, choices, fill, h, named } from "./dom.js";
import { clock, counted, gameTime, percent, secondsOf } from "./format.js";

export class Inspector {
  #model;
  #actions;
  #host = byId("inspector");

  constructor(model, actions) {
    this.#model = model;
    this.#actions = actions;
    model.on("selection", () => this.#show());
    this.#show();
  }

  #show() {
    const held = this.#host.contains(document.activeElement) ? document.activeElement.dataset.part : "";
    const event = this.#model.currentEvent();
    const count = this.#model.selected.size;
    const canEdit = !this.#model.isReadOnly;
    if (!event) {
      const hint = canEdit ? "Select an event to change it, or press a to add one." : "Select an event to see what is known of it.";
      fill(this.#host, h("p", { class: "hint", text: hint }), canEdit ? this.#tools(false) : null);
      return;
    }
    const about = count > 1 ? h("p", { class: "about", text: `${counted(count, "event")} selected` }) : this.#about(event);
    fill(this.#host, about, canEdit && count === 1 ? this.#fields(event) : null, canEdit ? this.#tools(true) : null);
    // The panel is made anew by each answer of the server; focus stays where it was.
    if (held) this.#host.querySelector(`[data-part="${held}"]`)?.focus();
  }

  #about(event) {
    const { label, start, end } = event.proposed ?? event;
    const isChanged = event.proposed && (label !== event.label || start !== event.start || end !== event.end);
    const parts = [
      event.state,
      gameTime(event, true),
      event.confidence === null ? "" : `confidence ${percent(event.confidence)}`,
      event.source === "person" ? "added by a person" : "",
      isChanged ? `proposed: ${label}, ${clock(start, 2)} – ${clock(end, 2)}` : "",
      event.remark,
    ];
    return h(
      "p",
      { class: "about" },
      h("b", {}, named(event.label, this.#model.label(event.label).colour)),
      h("span", { class: "name", text: this.#model.personOf(event.player) || "whole frame" }),
      h("span", { class: "muted", text: parts.filter(Boolean).join(" · ") }),
    );
  }

  #fields(event) {
    const time = (edge) => {
      const field = h("input", { type: "text", class: "time", inputmode: "decimal", value: clock(event[edge], 3), data: { part: edge } });
      field.addEventListener("change", () => {
        const seconds = secondsOf(field.value);
        const moved = { start: event.start, end: event.end, [edge]: seconds };
        field.setAttribute("aria-invalid", String(!(moved.start < moved.end)));
        if (moved.start < moved.end) this.#actions.change(event.id, { [edge]: seconds });
      });
      return field;
    };
    const players = this.#model.persons().flatMap(({ ids, person }) => ids.map((id) => [id, id === person ? id : `${person} (${id})`]));
    const player = choices({ data: { part: "player" } }, players, event.player);
    player.addEventListener("change", () => this.#actions.change(event.id, { player: player.value }));
    const field = (text, control) => h("label", { class: "field is-inline" }, h("span", { text }), control);
    return h(
      "div",
      { class: "fields" },
      field("Start", time("start")),
      field("End", time("end")),
      this.#model.players.size ? field("Player", player) : null,
    );
  }

  #tools(hasEvent) {
    const tool = (text, key, work, part) =>
      h("button", { type: "button", title: `${text} (${key})`, "aria-keyshortcuts": key, data: { part }, onclick: work }, text, h("kbd", { text: key }));
    const actions = this.#actions;
    const onEvent = [
      tool("Right", "y", () => actions.judge("yes"), "yes"),
      tool("Wrong", "n", () => actions.judge("no"), "no"),
      tool("Unclear", "u", () => actions.judge("unclear"), "unclear"),
      tool("Label…", "l", () => actions.chooseLabel(), "label"),
      tool("Split here", "s", () => actions.split(), "split"),
      tool("Join", "m", () => actions.join(), "join"),
      tool("Delete", "Del", () => actions.remove(), "delete"),
    ];
    return h("div", { class: "tools" }, ...(hasEvent ? onEvent : []), tool("Add…", "a", () => actions.add(), "add"));
  }
}
