/* The scores of the chosen player, under the timeline and on its scale: a ridge for each label. */

import { byId, shortened, themeColour } from "./dom.js";
import { lastAtMost } from "./format.js";
import { Layers } from "./layers.js";
import { GUTTER } from "./timeline_paint.js";

const RIDGE = 17;
const GAP_S = 0.5;
const SCORES_FONT = "11px system-ui, sans-serif";

export class ScoreGraph {
  #model;
  #timeline;
  #stage;
  #load;
  #layers;
  #scores = [];
  #known = new Map();

  /** `load(id)` promises the scores of a player's track. */
  constructor(model, timeline, stage, load) {
    this.#model = model;
    this.#timeline = timeline;
    this.#stage = stage;
    this.#load = load;
    const { has, labels } = model.document.scores;
    byId("scores").hidden = !has;
    if (!has) return;
    const canvas = byId("scores-canvas");
    canvas.style.height = `${labels.length * RIDGE + 2}px`;
    this.#layers = new Layers(
      canvas,
      (context, width) => this.#drawStill(context, width),
      (context, _width, height) => this.#drawMoving(context, height),
    );
    model.on("person", () => this.#choose());
    stage.onTime(() => this.#layers.draw());
    timeline.onView = () => this.renew();
    this.#choose();
  }

  /** Paint anew, as the theme or the timeline's part changed. */
  renew() {
    this.#layers?.renew();
  }

  async #choose() {
    const person = this.#model.person;
    const found = this.#model.persons().find((one) => one.person === person);
    const ids = found?.ids ?? [];
    byId("scores-title").textContent = person === null ? "Scores: choose a player" : `Scores of ${person || "the whole frame"}`;
    const scores = await Promise.all(ids.map((id) => this.#of(id)));
    if (this.#model.person !== person) return;
    this.#scores = scores.filter(Boolean);
    this.#layers.renew();
  }

  /** Ask for all scores anew, as another checkpoint gave others. */
  forget() {
    this.#known.clear();
    this.#choose();
  }

  async #of(id) {
    const scores = this.#known.get(id) ?? (await this.#load(id).catch(() => null));
    // What could not be had is asked for again the next time.
    if (scores) this.#known.set(id, scores);
    return scores;
  }

  #drawStill(context, width) {
    const { labels } = this.#model.document.scores;
    context.clearRect(0, 0, width, labels.length * RIDGE + 2);
    context.font = SCORES_FONT;
    context.textBaseline = "middle";
    const view = this.#timeline.view;
    labels.forEach((label, row) => this.#drawLabel(context, label, row * RIDGE, width, view));
  }

  #drawLabel(context, label, top, width, view) {
    const floor = top + RIDGE - 1;
    context.fillStyle = themeColour("--line");
    context.fillRect(0, floor, width, 1);
    context.fillStyle = this.#model.label(label).colour;
    for (const { start, end, p } of this.#scores) ridge(context, { start, end, values: p[label] ?? [] }, floor, view);
    context.fillStyle = themeColour("--panel");
    context.fillRect(0, top, GUTTER - 1, RIDGE - 1);
    context.fillStyle = this.#model.label(label).colour;
    context.fillRect(9, top + 4, 9, 9);
    context.fillStyle = themeColour("--ink");
    context.fillText(shortened(context, label, GUTTER - 64), 25, top + RIDGE / 2);
  }

  /** Paint the playhead, and beside each label how likely it is there. */
  #drawMoving(context, height) {
    const { time } = this.#stage;
    const view = this.#timeline.view;
    const left = GUTTER + (time - view.from) * view.scale;
    context.fillStyle = themeColour("--playhead");
    if (left >= GUTTER) context.fillRect(Math.round(left) - 1, 0, 2, height);
    context.font = SCORES_FONT;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.fillStyle = themeColour("--muted");
    for (const { start, end, p } of this.#scores) {
      const at = lastAtMost(start, time);
      if (at < 0 || end[at] <= time) continue;
      this.#model.document.scores.labels.forEach((label, row) =>
        context.fillText(`${p[label]?.[at] ?? 0} %`, GUTTER - 8, row * RIDGE + RIDGE / 2),
      );
    }
    context.textAlign = "left";
  }
}

/** Fill a ridge over `floor`: the highest value of each pixel, down to the floor where there are no clips. */
function ridge(context, { start, end, values }, floor, view) {
  const to = view.from + view.plot / view.scale;
  context.beginPath();
  let before = null;
  let high = floor;
  for (let at = Math.max(0, lastAtMost(start, view.from) - 2); at < values.length && start[at] <= to; at += 1) {
    const x = Math.max(GUTTER, GUTTER + ((start[at] + end[at]) / 2 - view.from) * view.scale);
    const y = floor - (values[at] / 100) * (RIDGE - 3);
    if (before === null) context.moveTo(x, floor);
    else if (start[at] > end[at - 1] + GAP_S) {
      context.lineTo(before, floor);
      context.lineTo(x, floor);
    } else if (x - before < 1) {
      high = Math.min(high, y);
      continue;
    }
    context.lineTo(x, Math.min(high, y));
    high = floor;
    before = x;
  }
  if (before !== null) context.lineTo(before, floor);
  context.fill();
}
