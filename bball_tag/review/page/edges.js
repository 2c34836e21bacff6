/* The edges of one event: a bar with the time around it and two handles, moved by drag or by keys. */

import { fill, h } from "./dom.js";
import { clock, lasting } from "./format.js";

const MARGIN = 0.35;
const LEAST_AROUND_S = 0.6;

export class Edges {
  #bar;
  #span;
  #head;
  #text;
  #handles;
  #event = null;
  #latest = null;
  #numUnanswered = 0;
  #range = [0, 1];
  #drag = null;
  #frames;
  #stage;
  #colourOf;
  #onChange;

  /** `onChange(id, edge, time)` is called when an edge was moved; it promises to be answered. */
  constructor(host, stage, colourOf, onChange) {
    this.#stage = stage;
    this.#colourOf = colourOf;
    this.#frames = stage.frames;
    this.#onChange = onChange;
    this.#span = h("div", { class: "edges-span" });
    this.#head = h("div", { class: "edges-head" });
    this.#text = h("span", { class: "edges-text" });
    this.#handles = { start: this.#handle("start"), end: this.#handle("end") };
    this.#bar = h("div", { class: "edges-bar" }, this.#span, this.#head, this.#handles.start, this.#handles.end);
    this.#bar.addEventListener("pointerdown", (event) => this.#press(event));
    this.#bar.addEventListener("pointermove", (event) => this.#move(event));
    this.#bar.addEventListener("pointerup", () => this.#drop());
    fill(host, this.#text, this.#bar);
    stage.onTime((time) => (this.#head.style.left = this.#percent(time)));
  }

  #handle(edge) {
    return h("div", {
      class: `edges-handle is-${edge}`,
      role: "slider",
      tabindex: "0",
      "aria-label": edge === "start" ? "Start of the event" : "End of the event",
      data: { edge },
      onkeydown: (event) => this.#key(event, edge),
    });
  }

  /** Show an event; null hides the bar. */
  show(event) {
    this.#latest = event;
    // Keys may be pressed faster than the server answers: what it says of an earlier one is old by then.
    if (this.#numUnanswered && event?.id === this.#event?.id) return;
    this.#bar.parentElement.hidden = !event;
    const isOther = event?.id !== this.#event?.id;
    this.#event = event;
    if (!event) return;
    if (isOther || event.start < this.#range[0] || event.end > this.#range[1]) {
      const around = Math.max(LEAST_AROUND_S, MARGIN * (event.end - event.start));
      this.#range = [Math.max(0, event.start - around), event.end + around];
    }
    this.#span.style.background = this.#colourOf(event);
    this.#lay(event.start, event.end);
  }

  #percent(time) {
    const [from, to] = this.#range;
    return `${Math.min(100, Math.max(0, (100 * (time - from)) / (to - from)))}%`;
  }

  #lay(start, end) {
    this.#span.style.left = this.#percent(start);
    this.#span.style.width = `calc(${this.#percent(end)} - ${this.#percent(start)})`;
    const [from, to] = this.#range;
    for (const [edge, time] of [["start", start], ["end", end]]) {
      const handle = this.#handles[edge];
      handle.style.left = this.#percent(time);
      handle.setAttribute("aria-valuemin", from.toFixed(2));
      handle.setAttribute("aria-valuemax", to.toFixed(2));
      handle.setAttribute("aria-valuenow", time.toFixed(2));
      handle.setAttribute("aria-valuetext", `${clock(time, 2)}, frame ${this.#frames.nearest(time)}`);
    }
    this.#text.textContent = `${clock(start, 2)} – ${clock(end, 2)}  ·  ${lasting(end - start)}`;
  }

  /** Move an edge of the event by frames, and show the frame there. */
  nudge(edge, by) {
    if (!this.#event) return;
    this.set(edge, this.#frames.moved(this.#event[edge], by));
  }

  /** Set an edge of the event, at a frame that leaves it at least a frame long. */
  set(edge, time) {
    if (!this.#event) return;
    const { id, start, end } = { ...this.#event, [edge]: time };
    if (end - start < 0.5 / this.#frames.fps) return;
    this.#stage.deck.pause();
    this.#stage.seek(edge === "end" ? this.#frames.moved(time, -1) : time);
    this.#event = { ...this.#event, start, end };
    this.#lay(start, end);
    this.#send(id, edge, time);
  }

  async #send(id, edge, time) {
    this.#numUnanswered += 1;
    await this.#onChange(id, edge, time);
    this.#numUnanswered -= 1;
    if (!this.#numUnanswered) this.show(this.#latest);
  }

  #key(event, edge) {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.nudge(edge, by);
  }

  #timeAt(pointer) {
    const frame = this.#bar.getBoundingClientRect();
    const [from, to] = this.#range;
    const part = Math.min(Math.max(0, (pointer.clientX - frame.left) / frame.width), 1);
    return this.#frames.timeOf(this.#frames.nearest(from + part * (to - from)));
  }

  #press(pointer) {
    const edge = pointer.target.dataset?.edge;
    this.#bar.setPointerCapture(pointer.pointerId);
    this.#stage.deck.pause();
    if (!edge) this.#stage.seek(this.#timeAt(pointer));
    this.#drag = edge ? { edge, start: this.#event.start, end: this.#event.end, isMoved: false } : { edge: "" };
  }

  #move(pointer) {
    if (!this.#drag) return;
    const time = this.#timeAt(pointer);
    if (this.#drag.edge) {
      const moved = { ...this.#drag, [this.#drag.edge]: time };
      if (moved.end - moved.start < 0.5 / this.#frames.fps) return;
      this.#drag = { ...moved, isMoved: true };
      this.#lay(moved.start, moved.end);
    }
    this.#stage.seek(this.#drag.edge === "end" ? this.#frames.moved(time, -1) : time);
  }

  #drop() {
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.isMoved) this.set(drag.edge, drag[drag.edge]);
  }
}
