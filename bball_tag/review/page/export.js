/* Writing what was done to a file, and learning from it. */

import { buttons, labelled, openDialog } from "./dialogs.js";
import { choices, fill, h } from "./dom.js";
import { percent } from "./format.js";
import { fetchJson } from "./server.js";

const ASK_MS = 700;

/** Ask for a file and write it. */
export function openExport(document) {
  return openDialog("Export", (close) => {
    const name = h("input", { type: "text", value: document.export_name, id: "export-name", spellcheck: "false", autocomplete: "off" });
    const formats = document.formats.map((one) => [one.name, `${one.name} – ${one.description}`]);
    const suffix = (of) => document.formats.find((one) => one.name === of)?.suffix ?? "";
    const first = document.formats.find((one) => document.export_name.endsWith(one.suffix))?.name;
    const format = choices({ id: "export-format" }, formats, first ?? formats[0][0]);
    format.addEventListener("change", () => {
      const known = document.formats.map((one) => one.suffix).sort((one, other) => other.length - one.length);
      const ends = known.find((one) => name.value.endsWith(one)) ?? "";
      name.value = name.value.slice(0, name.value.length - ends.length) + suffix(format.value);
    });
    const which = choices({ id: "export-which" }, [["accepted", "What was accepted, changed or added"], ["all", "That, and what is proposed or unclear"]], "accepted");
    const overwrite = h("input", { type: "checkbox", id: "export-overwrite" });
    const result = h("div", { class: "result", role: "status" });
    const write = async () => {
      fill(result, h("p", { text: "Writing …" }));
      const wish = { name: name.value.trim(), format: format.value, which: which.value, overwrite: overwrite.checked };
      try {
        fill(result, ...exported(await fetchJson("api/export", wish)));
      } catch (error) {
        fill(result, h("p", { class: "is-bad", text: error.message }));
      }
    };
    return [
      h(
        "form",
        { onsubmit: (event) => { event.preventDefault(); write(); } },
        labelled("File, beside the actions", name),
        labelled("Format", format),
        labelled("Events", which),
        h("label", { class: "check" }, overwrite, "Replace the file if it exists"),
        result,
        buttons(h("button", { type: "button", text: "Close", onclick: () => close(null) }), h("button", { type: "submit", class: "is-main", text: "Write" })),
      ),
    ];
  }, "exporting");
}

function exported({ files, folder, next }) {
  const parts = [h("p", { class: "is-good", text: `Written: ${files.join(", ")}` }), h("p", { class: "muted", text: `In ${folder}` })];
  if (next) parts.push(h("p", {}, "Next: ", h("code", { text: next })));
  return parts;
}

/** Learn from what was judged; show the result. `onDone(ids)` gets the refilled queue. */
export function openLearn(document, onDone) {
  return openDialog("Learn from what was judged", (close) => {
    const result = h("div", { class: "result", role: "status" });
    const start = h("button", { type: "button", class: "is-main", text: "Learn" });
    const cannot = document.can.learn ? "" : document.why_not?.learn || "This page cannot learn.";
    start.disabled = Boolean(cannot);
    if (cannot) fill(result, h("p", { text: cannot }));
    start.addEventListener("click", async () => {
      start.disabled = true;
      try {
        await fetchJson("api/learn", {});
        const answer = await untilDone((step) => fill(result, h("p", { text: step })));
        fill(result, ...learned(answer));
        if (answer.state === "done") onDone(answer.ids ?? []);
      } catch (error) {
        fill(result, h("p", { class: "is-bad", text: error.message }));
      }
      start.disabled = false;
      start.textContent = "Learn again";
    });
    return [
      h("p", { text: "Fits the last layers of the checkpoint to what you judged, tests them on clips that they did not see, and proposes what to judge next." }),
      result,
      buttons(h("button", { type: "button", text: "Close", onclick: () => close(null) }), start),
    ];
  }, "is-wide learning");
}

async function untilDone(show) {
  for (;;) {
    const answer = await fetchJson("api/learn");
    if (answer.state !== "running") return answer;
    show(`${answer.step || "Learning …"} (${Math.round(answer.seconds ?? 0)} s)`);
    await new Promise((again) => setTimeout(again, ASK_MS));
  }
}

function learned({ state, error, better, figures, report, checkpoint, ids }) {
  if (state !== "done") return [h("p", { class: "is-bad", text: error || "Learning failed." })];
  const { macro_f1: after, start_macro_f1: before, num_clips: count } = figures ?? {};
  const verdict = better ? "It got better" : "It did not get better";
  const numbers = after === undefined ? "" : `: macro F1 ${percent(before)} → ${percent(after)} on ${count} judged clips, each tested unseen`;
  return [
    h("p", { class: better ? "is-good" : "is-bad", text: `${verdict}${numbers}.` }),
    h("p", {}, "Checkpoint: ", h("code", { text: checkpoint })),
    ids?.length ? h("p", { text: `The queue has ${ids.length} new clips to judge.` }) : null,
    h("details", {}, h("summary", { text: "The whole report" }), h("pre", { text: report, tabindex: "0" })),
  ].filter(Boolean);
}
