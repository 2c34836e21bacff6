/* The review page: opens the document and joins the parts. */

import { Actions } from "./actions.js";
import { Boxes } from "./boxes.js";
import { Charts } from "./charts.js";
import { bindKeys } from "./commands.js";
import { confirmed, pickLabel } from "./dialogs.js";
import { byId, fill, h } from "./dom.js";
import { Edges } from "./edges.js";
import { openExport, openLearn } from "./export.js";
import { Filters } from "./filters.js";
import { Frames } from "./frames.js";
import { Inspector } from "./inspector.js";
import { Judge } from "./judge.js";
import { Keys, makeThemeSwitch } from "./keys.js";
import { Model } from "./model.js";
import { Naming } from "./naming.js";
import { Notices, showCounts } from "./notices.js";
import { ScoreGraph } from "./scores.js";
import { Editor, fetchJson } from "./server.js";
import { openReviewed } from "./spans.js";
import { Stage } from "./stage.js";
import { Table } from "./table.js";
import { makeTabs } from "./tabs.js";
import { Timeline } from "./timeline.js";

/** Return the document: embedded in a report, else from the server. */
async function openDocument() {
  const embedded = byId("document");
  return embedded ? JSON.parse(embedded.textContent) : fetchJson("api/document");
}

async function frameTimes({ frame_times: times }) {
  return typeof times === "string" ? fetchJson(times) : times;
}

function queueAddress(order, label, player) {
  const asked = new URLSearchParams({ order });
  if (label) asked.set("label", label);
  if (player) asked.set("player", player);
  return `api/queue?${asked}`;
}

/** Join the parts to a page. */
function build(model, frames) {
  const { document: data } = model;
  const notices = new Notices(data);
  const editor = new Editor(model, (state, sentence) => notices.saving(state, sentence));
  const boxes = new Boxes(data.boxes, (number) => fetchJson(`api/boxes/${number}`), () => stage.boxesArrived());
  const stage = new Stage(model, frames, boxes);
  const timeline = new Timeline(model, stage, editor);
  stage.onTime((time) => timeline.setTime(time));
  const loadScores = data.scores.players
    ? async (id) => data.scores.players[id] ?? null
    : (id) => fetchJson(`api/scores?player=${encodeURIComponent(id)}`);
  const scores = new ScoreGraph(model, timeline, stage, loadScores);
  const pick = (title) => pickLabel(title, [...model.labels.values()]);
  const actions = new Actions(model, editor, stage, pick, (sentence) => notices.tip(sentence));
  const edges = new Edges(
    byId("edges"),
    stage,
    ({ label }) => model.label(label).colour,
    (id, edge, time) => actions.change(id, { [edge]: time }),
  );
  const naming = new Naming(model, editor, stage);
  const charts = new Charts(model, async () => data.statistics ?? fetchJson("api/statistics"));
  const table = new Table(model, (event) => stage.seek(event.start));
  new Filters(model, editor, confirmed);
  new Inspector(model, actions);
  const askQueue = (order, label, player) => fetchJson(queueAddress(order, label, player));
  const judge = new Judge({ model, editor, stage, edges, actions, askQueue, pickLabel: pick });
  stage.onPlayer = (id) => naming.open(id);
  const showEdges = () => {
    if (!model.isReadOnly) edges.show(model.mode === "judge" ? judge.event : model.currentEvent());
  };
  model.on("selection mode", showEdges);
  makeTabs(() => {
    charts.draw();
    naming.list();
  });
  const keys = new Keys(model);
  const parts = { model, editor, stage, timeline, actions, edges, naming, table, judge, keys, scores };
  bindKeys(parts);
  bindButtons(parts);
  makeThemeSwitch(() => {
    timeline.renew();
    scores.renew();
  });
  if (!data.read_only) editor.watch();
}

function bindButtons({ model, editor, timeline, actions, judge, keys, stage, scores }) {
  const modes = { look: byId("mode-look"), judge: byId("mode-judge") };
  for (const [mode, button] of Object.entries(modes)) button.addEventListener("click", () => model.setMode(mode));
  const show = () => {
    document.body.dataset.mode = model.mode;
    for (const [mode, button] of Object.entries(modes)) button.setAttribute("aria-pressed", String(mode === model.mode));
    timeline.renew();
  };
  model.on("mode", show);
  const undo = () => (judge.isOn ? judge.undo() : actions.undo());
  byId("undo").addEventListener("click", undo);
  byId("redo").addEventListener("click", () => actions.redo());
  byId("export").addEventListener("click", () => openExport(model.document));
  byId("learn").addEventListener("click", () => openLearn(model.document, async () => {
    await editor.catchUp();
    scores.forget();
    if (judge.isOn) judge.begin("suggest");
  }));
  byId("help").addEventListener("click", () => keys.help());
  for (const id of ["undo", "redo", "export", "learn", "mode-judge"]) byId(id).hidden = model.isReadOnly;
  byId("modes").hidden = model.isReadOnly;
  const counts = () => {
    showCounts(model);
    byId("undo").disabled = !model.canUndo;
    byId("redo").disabled = !model.canRedo;
  };
  model.on("events", counts);
  counts();
  bindTimelineTools(model, editor, timeline, stage);
}

function bindTimelineTools(model, editor, timeline, stage) {
  const rows = ["player", "team", "label"].map((by) => {
    const button = h("button", { type: "button", text: `By ${by}`, "aria-pressed": String(by === timeline.by) });
    button.addEventListener("click", () => {
      timeline.group(by);
      for (const other of byId("group-by").children) other.setAttribute("aria-pressed", String(other === button));
    });
    return button;
  });
  fill(byId("group-by"), ...rows);
  const tool = (text, label, work) => h("button", { type: "button", text, "aria-label": label, title: label, onclick: work });
  const reviewed = tool("Reviewed…", "Mark what was reviewed (R)", () => openReviewed(model, editor, ...timeline.seen()));
  fill(
    byId("zoom"),
    reviewed,
    tool("−", "Zoom out (-)", () => timeline.zoomBy(0.5)),
    tool("+", "Zoom in (+)", () => timeline.zoomBy(2)),
    tool("All", "Show the whole video (f)", () => timeline.fit()),
  );
  byId("timeline-canvas").setAttribute("aria-valuemax", model.video.duration.toFixed(1));
  stage.seek(0);
}

async function begin() {
  try {
    const data = await openDocument();
    const frames = new Frames(data.video.fps, data.video.duration, await frameTimes(data.video));
    build(new Model(data), frames);
    document.title = `${data.title} – bball-tag review`;
    byId("title").textContent = data.title;
  } catch (error) {
    byId("notices").append(h("p", { class: "notice is-bad", text: `The page could not be opened: ${error.message}` }));
    throw error;
  }
}

begin();
