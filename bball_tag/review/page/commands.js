/* What each key does. */

import { openReviewed } from "./spans.js";
import { openExport } from "./export.js";
import { byId } from "./dom.js";

/** Bind the keys of both modes. */
export function bindKeys({ model, editor, stage, timeline, actions, edges, naming, table, judge, keys }) {
  const both = (names, text, run, shown) => keys.add(names, "both", text, run, shown);
  const look = (names, text, run, shown) => keys.add(names, "look", text, run, shown);
  both([" "], "Play or pause", () => stage.toggle());
  both([","], "One frame back", () => stage.step(-1));
  both(["."], "One frame on", () => stage.step(1));
  both(["<"], "Slower", () => stage.changeRate(-1));
  both([">"], "Faster", () => stage.changeRate(1));
  both(["b"], "Boxes and names on or off", () => stage.toggleBoxes());
  both(["v"], "Sound on or off", () => stage.toggleSound());
  both(["+", "="], "Zoom into the timeline", () => timeline.zoomBy(2), ["+"]);
  both(["-"], "Zoom out", () => timeline.zoomBy(0.5));
  both(["f"], "Show the whole video in the timeline", () => timeline.fit());
  both(["?"], "These keys", () => keys.help());
  look(["ArrowLeft"], "A second back", () => stage.seek(stage.time - 1), ["←"]);
  look(["ArrowRight"], "A second on", () => stage.seek(stage.time + 1), ["→"]);
  look(["j"], "Next event of the table", () => table.move(1));
  look(["k"], "Event before", () => table.move(-1));
  if (model.isReadOnly) return;
  both(["g"], "Turn from looking to judging, and back", () => model.setMode(model.mode === "look" ? "judge" : "look"));
  both(["z", "Ctrl+z"], "Undo", () => (judge.isOn ? judge.undo() : actions.undo()), ["z"]);
  both(["Z", "Ctrl+y"], "Redo", () => actions.redo(), ["Z"]);
  both(["q"], "Start a frame earlier", () => edges.nudge("start", -1));
  both(["w"], "Start a frame later", () => edges.nudge("start", 1));
  both(["e"], "End a frame earlier", () => edges.nudge("end", -1));
  both(["r"], "End a frame later", () => edges.nudge("end", 1));
  both(["i"], "Start at the frame that is shown", () => actions.setEdge("start"));
  both(["o"], "End with the frame that is shown", () => actions.setEdge("end"));
  both(["p"], "Name the chosen player", () => nameChosen(model, naming));
  bindJudging(keys, judge, model);
  bindCorrecting(look, actions, model);
  look(["R"], "What was reviewed", () => openReviewed(model, editor, ...timeline.seen()));
  look(["x"], "Export", () => openExport(model.document));
}

function bindJudging(keys, judge, model) {
  const add = (names, text, run, shown) =>
    keys.add(
      names,
      "judge",
      text,
      (event) => {
        judge.pressed(event);
        run(event);
      },
      shown,
    );
  add(["y", "Enter"], "Yes: the label is right", () => judge.verdict("yes"));
  add(["n"], "No: nothing of the kind", () => judge.verdict("no"));
  add(["u"], "Unclear", () => judge.verdict("unclear"));
  add([..."1234567890"], "It is another label: its digit", (event) => byDigit(model, event, (label) => judge.verdict("relabel", label)), ["1", "…", "0"]);
  add(["l"], "Another label, by typing", () => judge.chooseLabel());
  add(["ArrowRight"], "Next clip, without judging", () => judge.next(), ["→"]);
  add(["ArrowLeft"], "Back to the clip before", () => judge.back(), ["←"]);
  add(["h"], "Enlarge the player, or show the whole frame", () => judge.showAs({ isEnlarged: !judge.isEnlarged }));
}

function bindCorrecting(look, actions, model) {
  look(["y"], "Right: accept the selected events", () => actions.judge("yes"));
  look(["n"], "Wrong: reject them", () => actions.judge("no"));
  look(["u"], "Unclear", () => actions.judge("unclear"));
  look([..."1234567890"], "Give them another label", (event) => byDigit(model, event, (label) => actions.relabel(label)), ["1", "…", "0"]);
  look(["l"], "Another label, by typing", () => actions.chooseLabel());
  look(["a"], "Add an event at the frame that is shown", () => actions.add());
  look(["s"], "Split the event at the frame that is shown", () => actions.split());
  look(["m"], "Join the selected events, or one with the next", () => actions.join());
  look(["Delete", "Backspace"], "Delete the selected events", () => actions.remove(), ["Del"]);
}

function byDigit(model, event, run) {
  const digit = /\d$/.exec(event.code)?.[0] ?? event.key;
  const label = model.document.labels.find(({ key }) => key === digit);
  if (label) run(label.name);
}

function nameChosen(model, naming) {
  const found = model.persons().find(({ person }) => person === model.person);
  if (found) naming.open(found.ids[0]);
  else byId("tab-players").click();
}
