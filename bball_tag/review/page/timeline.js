/* The timeline: all events on a canvas that is as large as what is seen of it, however many there are. */

import { byId, h, themeColour } from "./dom.js";
import { clock } from "./format.js";
import { Layers } from "./layers.js";
import { rowKey, timelineRows } from "./rows.js";
import { drawTimeline, GUTTER, RULER } from "./timeline_paint.js";

const MOST_PIXELS_A_SECOND = 400;
const GRIP = 6;

export class Timeline {
  #model;
  #stage;
  #editor;
  #box = byId("timeline");
  #canvas = byId("timeline-canvas");
  #spacer = byId("timeline-spacer");
  #tip = byId("timeline-tip");
  #zoom = 1;
  #drag = null;
  #layers;
  #rows = [];
  by = "player";

  constructor(model, stage, editor) {
    this.#model = model;
    this.#stage = stage;
    this.#editor = editor;
    this.#layers = new Layers(
      this.#canvas,
      (context, width, height) =>
        drawTimeline(context, { width, height, view: this.view, rows: this.#rows, model, preview: this.#drag?.span }),
      (context, _width, height) => this.#paintHead(context, height),
    );
    this.renew = () => {
      this.#layers.renew();
      this.onView?.();
    };
    model.on("shown selection", () => this.#layOut());
    model.on("person", () => {
      this.#layOut();
      this.#revealRow();
    });
    new ResizeObserver(() => this.#layOut()).observe(this.#box);
    this.#box.addEventListener("scroll", this.renew);
    this.#box.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#canvas.addEventListener("pointerdown", (event) => this.#press(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#move(event));
    this.#canvas.addEventListener("pointerup", (event) => this.#release(event));
    this.#canvas.addEventListener("pointercancel", () => (this.#drag = null));
    this.#canvas.addEventListener("pointerleave", () => (this.#tip.hidden = true));
    this.#canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Group the rows by "player", "team" or "label". */
  group(by) {
    this.by = by;
    this.#layOut();
  }

  /** What is seen: seconds at the left edge, pixels a second, and the rows' offset. */
  get view() {
    const plot = Math.max(50, this.#box.clientWidth - GUTTER);
    const scale = Math.min((plot / this.#model.end) * this.#zoom, Math.max(MOST_PIXELS_A_SECOND, plot / this.#model.end));
    return { scale, from: this.#box.scrollLeft / scale, top: this.#box.scrollTop, plot };
  }

  #layOut() {
    this.#rows = timelineRows(this.#model, this.by);
    const last = this.#rows.at(-1);
    this.#spacer.style.width = `${GUTTER + this.#model.end * this.view.scale}px`;
    this.#spacer.style.height = `${RULER + (last ? last.top + last.height : 0) + 4}px`;
    this.#canvas.style.width = `${this.#box.clientWidth}px`;
    this.#canvas.style.height = `${this.#box.clientHeight}px`;
    this.renew();
  }

  /** Zoom by a factor about the playhead, or about `at` seconds. */
  zoomBy(factor, at = this.#stage.time) {
    const { from, scale, plot } = this.view;
    const most = Math.max(1, (MOST_PIXELS_A_SECOND * this.#model.end) / plot);
    const offset = Math.min(Math.max((at - from) * scale, 0), plot);
    this.#zoom = Math.min(most, Math.max(1, this.#zoom * factor));
    this.#layOut();
    this.#box.scrollLeft = at * this.view.scale - offset;
  }

  /** Show the whole video. */
  fit() {
    this.#zoom = 1;
    this.#layOut();
  }

  /** Return the seconds at which what is seen begins and ends. */
  seen() {
    const { from, scale, plot } = this.view;
    return [from, Math.min(from + plot / scale, this.#model.video.duration)];
  }

  /** Scroll so that `time` is seen. */
  reveal(time) {
    const { from, scale, plot } = this.view;
    const left = (time - from) * scale;
    if (left < 0 || left > plot) this.#box.scrollLeft = time * scale - 0.1 * plot;
  }

  /** Scroll so that the row of the chosen person is seen. */
  #revealRow() {
    const row = this.by === "player" && this.#rows.find(({ key }) => key === this.#model.person);
    if (!row) return;
    const least = row.top + row.height + RULER - this.#box.clientHeight;
    this.#box.scrollTop = Math.min(row.top, Math.max(this.#box.scrollTop, least));
  }

  /** Move the playhead. */
  setTime(time) {
    if (!this.#stage.isPaused && !this.#drag) this.reveal(time);
    this.#canvas.setAttribute("aria-valuenow", time.toFixed(1));
    this.#canvas.setAttribute("aria-valuetext", clock(time));
    this.#layers.draw();
  }

  #paintHead(context, height) {
    const { from, scale } = this.view;
    const left = GUTTER + (this.#stage.time - from) * scale;
    if (left < GUTTER) return;
    context.fillStyle = themeColour("--playhead");
    context.fillRect(Math.round(left) - 1, 0, 2, height);
    context.beginPath();
    context.moveTo(left - 6, 0);
    context.lineTo(left + 6, 0);
    context.lineTo(left, 8);
    context.fill();
  }

  #wheel(event) {
    if (!(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.zoomBy(Math.exp(-event.deltaY / 200), this.#at(event).time);
  }

  /** Return what is under the pointer. */
  #at(event) {
    const frame = this.#canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    const { from, scale, top } = this.view;
    const time = Math.min(Math.max(0, from + (x - GUTTER) / scale), this.#model.end);
    const down = y - RULER + top;
    const row = y < RULER ? null : this.#rows.find((one) => down >= one.top && down < one.top + one.height);
    const slack = 3 / scale;
    const under = (row?.bars ?? []).filter(
      ({ event: bar }) => time >= bar.start - slack && time < Math.max(bar.end, bar.start + 2 / scale) + slack,
    );
    const lane = row ? Math.floor((down - row.top - 2) / row.lane) : 0;
    const bar = under.find((one) => one.lane === lane) ?? under[0] ?? null;
    return { x, time, row, isGutter: x < GUTTER, event: bar?.event ?? null };
  }

  #gripAt(place) {
    const event = this.#model.currentEvent();
    if (!event || this.#model.isReadOnly || !place.row || place.row.key !== rowKey(this.#model, this.by, event)) return "";
    const { scale } = this.view;
    if ((event.end - event.start) * scale < 3 * GRIP) return "";
    if (Math.abs(place.time - event.start) * scale <= GRIP) return "start";
    return Math.abs(place.time - event.end) * scale <= GRIP ? "end" : "";
  }

  #press(pointer) {
    if (pointer.button !== 0) return;
    const place = this.#at(pointer);
    if (place.isGutter) {
      if (place.row && this.by === "player") this.#model.choosePerson(place.row.key);
      return;
    }
    this.#canvas.setPointerCapture(pointer.pointerId);
    const grip = this.#gripAt(place);
    if (grip) {
      const { id, start, end } = this.#model.currentEvent();
      this.#drag = { grip, span: { id, start, end } };
    } else if (place.event) {
      const isMore = pointer.ctrlKey || pointer.metaKey || pointer.shiftKey;
      this.#model.select(isMore ? [...this.#model.selected, place.event.id] : [place.event.id]);
      this.#stage.seek(place.event.start);
    } else {
      this.#drag = { grip: "playhead" };
      if (place.row && this.by === "player") this.#model.choosePerson(place.row.key);
      this.#stage.seek(place.time);
    }
  }

  #move(pointer) {
    const place = this.#at(pointer);
    if (!this.#drag) {
      this.#hover(place);
      return;
    }
    if (this.#drag.grip === "playhead") this.#stage.seek(place.time);
    else {
      const { span, grip } = this.#drag;
      const frame = this.#stage.frames.timeOf(this.#stage.frames.nearest(place.time));
      if (grip === "start" ? frame < span.end : frame > span.start) span[grip] = frame;
      this.#stage.seek(span[grip]);
      this.renew();
    }
  }

  #release() {
    const drag = this.#drag;
    this.#drag = null;
    if (drag?.span) this.#editor.edit({ op: "change", id: drag.span.id, [drag.grip]: drag.span[drag.grip] });
  }

  #hover(place) {
    const { event } = place;
    this.#canvas.style.cursor = place.isGutter ? "pointer" : this.#gripAt(place) ? "ew-resize" : "crosshair";
    this.#tip.hidden = !event || place.isGutter;
    if (this.#tip.hidden) return;
    const who = this.#model.personOf(event.player);
    this.#tip.replaceChildren(
      h("b", { text: event.label }),
      ` ${who ? `${who} · ` : ""}${clock(event.start, 2)} – ${clock(event.end, 2)} · ${event.state}`,
    );
    this.#tip.style.left = `${Math.min(place.x + 12, this.#box.clientWidth - 260)}px`;
  }

  #key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
    const rowSteps = { ArrowUp: -1, ArrowDown: 1 };
    if (event.key in steps) this.#stage.seek(this.#stage.time + steps[event.key]);
    else if (event.key === "Home") this.#stage.seek(0);
    else if (event.key === "End") this.#stage.seek(this.#model.video.duration);
    else if (event.key in rowSteps && this.by === "player" && this.#rows.length) {
      const at = this.#rows.findIndex(({ key }) => key === this.#model.person);
      const next = this.#rows[Math.min(Math.max(0, at + rowSteps[event.key]), this.#rows.length - 1)];
      this.#model.choosePerson(next.key);
    } else return;
    event.preventDefault();
  }
}
