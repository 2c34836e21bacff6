/* Boxes, names and labels over the frame that is shown. */

import { shortened, sized } from "./dom.js";
import { percent } from "./format.js";

const TAG_FONT = "600 12px system-ui, sans-serif";
const TAG = 18;
const PAD = 5;
const WIDEST = 220;

export class Overlay {
  #canvas;
  #model;
  #boxes;
  #drawn = [];

  constructor(canvas, model, boxes) {
    this.#canvas = canvas;
    this.#model = model;
    this.#boxes = boxes;
    /** What is enlarged, in pixels of the frame. */
    this.part = { x: 0, y: 0, w: model.video.width, h: model.video.height };
    this.isOn = true;
    /** The event that is judged, whose player stands out; null while looking. */
    this.judged = null;
  }

  /** Draw what there is at `time`. */
  draw(time) {
    const { context, width, height } = sized(this.#canvas);
    context.clearRect(0, 0, width, height);
    this.#drawn = this.isOn ? this.#laidOut(time, width, height) : [];
    context.font = TAG_FONT;
    context.textBaseline = "middle";
    for (const item of this.#drawn) this.#drawBox(context, item);
    const taken = [];
    const byImportance = [...this.#drawn].sort((one, other) => other.weight - one.weight);
    for (const item of byImportance) this.#drawTag(context, item, taken, width, height);
    if (this.isOn) this.#drawCards(context, time, height);
  }

  #laidOut(time, width, height) {
    const { x, y, w, h } = this.part;
    const [across, down] = [width / w, height / h];
    const boxes = this.#boxes.at(time).map((box) => this.#described(box, time));
    return boxes
      .filter((item) => item.role !== "none")
      .map((item) => ({
        ...item,
        left: (item.box.x - x) * across,
        top: (item.box.y - y) * down,
        width: item.box.w * across,
        height: item.box.h * down,
      }))
      .sort((one, other) => one.top + one.height - other.top - other.height);
  }

  #described(box, time) {
    const player = this.#model.players.get(box.id);
    const person = this.#model.personOf(box.id);
    const events = this.#model.activeAt(person, time);
    const isJudged = this.judged !== null && this.#model.personOf(this.judged.player) === person;
    const weight = (isJudged ? 4 : 0) + (this.#model.person === person ? 2 : 0) + (events.length ? 1 : 0);
    return { box, id: box.id, person, events, isJudged, weight, role: player?.role, team: player };
  }

  #drawBox(context, item) {
    const { left, top, width, height, events } = item;
    const isDim = this.judged !== null && !item.isJudged;
    const colour = events.length ? this.#model.label(events[0].label).colour : item.team?.colour;
    context.globalAlpha = isDim ? 0.45 : 1;
    context.lineWidth = item.weight >= 2 ? 5 : events.length ? 4 : 3;
    context.strokeStyle = "rgba(10, 12, 16, 0.75)";
    context.strokeRect(left, top, width, height);
    context.lineWidth = item.weight >= 2 ? 3 : events.length ? 2 : 1;
    context.strokeStyle = colour ?? "#ffffff";
    context.setLineDash(item.role === "other" ? [5, 4] : []);
    context.strokeRect(left, top, width, height);
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  #fields(item) {
    const fields = [{ text: item.person, colour: item.team?.colour ?? "#fafafa", ink: item.team?.ink ?? "#101216" }];
    const isDim = this.judged !== null && !item.isJudged;
    for (const event of isDim ? [] : item.events) fields.push(this.#labelField(event));
    return fields;
  }

  #labelField(event) {
    const { colour, ink } = this.#model.label(event.label);
    const sure = event.state === "proposed" && event.confidence !== null ? ` ${percent(event.confidence)}` : "";
    return { text: event.label + sure, colour, ink };
  }

  #drawTag(context, item, taken, width, height) {
    const fields = this.#fields(item).map((field) => fitted(context, field));
    const wide = fields.reduce((sum, field) => sum + field.width, 0);
    const left = Math.min(Math.max(0, item.left), Math.max(0, width - wide));
    const above = [1, 2, 3].map((lines) => item.top - lines * (TAG + 1));
    const places = [above[0], item.top + item.height + 1, above[1], above[2], item.top + 1];
    const free = places.find((top) => top >= 0 && top + TAG <= height && !hits(taken, left, top, wide));
    if (free === undefined && !item.weight) return;
    const top = free ?? Math.min(Math.max(0, places[0]), height - TAG);
    taken.push({ left, top, right: left + wide });
    drawFields(context, fields, left, top, this.judged !== null && !item.isJudged ? 0.55 : 0.94);
  }

  /** Draw events that nobody's box stands for, in the lower left corner. */
  #drawCards(context, time, height) {
    const seen = new Set(this.#drawn.map((item) => item.person));
    const persons = new Set(["", ...(this.judged ? [this.#model.personOf(this.judged.player)] : [])]);
    let top = height - TAG - 8;
    for (const person of persons) {
      if (person && seen.has(person)) continue;
      for (const event of this.#model.activeAt(person, time)) {
        const name = person ? [{ text: person, colour: "#fafafa", ink: "#101216" }] : [];
        const fields = [...name, this.#labelField(event)].map((field) => fitted(context, field));
        drawFields(context, fields, 8, top, 0.94);
        top -= TAG + 3;
      }
    }
  }

  /** Return the id of the player whose box is at a point of the canvas; of several, the nearest one's. */
  hit(x, y) {
    const under = this.#drawn.filter(
      (item) => x >= item.left && x <= item.left + item.width && y >= item.top && y <= item.top + item.height,
    );
    return under.at(-1)?.id ?? null;
  }

  /** Return the ids of the players who are drawn. */
  get visible() {
    return this.#drawn.map((item) => item.id);
  }
}

function fitted(context, field) {
  const text = shortened(context, field.text, WIDEST);
  return { ...field, text, width: context.measureText(text).width + 2 * PAD };
}

function hits(taken, left, top, width) {
  return taken.some((one) => left < one.right && left + width > one.left && Math.abs(one.top - top) < TAG);
}

function drawFields(context, fields, left, top, opacity) {
  context.globalAlpha = opacity;
  for (const { text, colour, ink, width } of fields) {
    context.fillStyle = colour;
    context.fillRect(left, top, width, TAG);
    context.fillStyle = ink;
    context.fillText(text, left + PAD, top + TAG / 2 + 0.5);
    left += width;
  }
  context.globalAlpha = 1;
}
