/* Reviewed spans: where a person looked at everything, so that silence there is a "no". */

import { buttons, labelled, openDialog } from "./dialogs.js";
import { choices, fill, h } from "./dom.js";
import { clock, secondsOf } from "./format.js";

/** Show the reviewed spans, add one (from `start` to `end` at first), and take some away. */
export function openReviewed(model, editor, start, end) {
  return openDialog("What was reviewed", (close) => {
    const from = h("input", { type: "text", class: "time", value: clock(start, 2), id: "reviewed-start" });
    const to = h("input", { type: "text", class: "time", value: clock(end, 2), id: "reviewed-end" });
    const players = [...model.players.values()].map(({ id, name }) => [id, name && name !== id ? `${name} (${id})` : id]);
    const player = choices({ id: "reviewed-player" }, [["", "everybody"], ...players], "");
    const wrong = h("p", { class: "is-bad", role: "status" });
    const list = h("ul", { class: "spans" });
    const show = () => fill(list, ...model.document.reviewed.map((span) => item(span, model, () => remove(span))));
    const remove = async ({ start: at, end: until, player: of, labels }) => {
      await editor.edit({ op: "not_reviewed", start: at, end: until, player: of, labels });
      show();
    };
    const add = async () => {
      const span = { start: secondsOf(from.value), end: secondsOf(to.value) };
      wrong.textContent = span.start < span.end ? "" : "The end has to be after the start; times are such as 1:02.5.";
      if (!(span.start < span.end)) return;
      await editor.edit({ op: "reviewed", ...span, player: player.value, labels: [] });
      show();
    };
    show();
    return [
      model.isReadOnly ? null : h("p", { text: "Mark a part of the video once you have judged every event in it. Only there, the absence of an event means that nothing happened." }),
      model.isReadOnly ? null : h(
        "form",
        { class: "is-row", onsubmit: (event) => { event.preventDefault(); add(); } },
        labelled("From", from),
        labelled("To", to),
        labelled("Player", player),
        h("button", { type: "submit", class: "is-main", text: "I judged everything here" }),
      ),
      wrong,
      list,
      buttons(h("button", { type: "button", text: "Close", onclick: () => close(null) })),
    ];
  }, "is-wide");
}

function item(span, model, remove) {
  const parts = [`${clock(span.start, 2)} – ${clock(span.end, 2)}`, span.player ? model.personOf(span.player) : "everybody", span.labels.join(", "), span.by];
  return h(
    "li",
    {},
    h("span", { class: "name", text: parts.filter(Boolean).join(" · ") }),
    model.isReadOnly ? null : h("button", { type: "button", text: "Take away", onclick: remove }),
  );
}
