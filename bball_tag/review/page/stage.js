/* The stage: the video, what is drawn over it, and the controls under it. */

import { Deck } from "./deck.js";
import { byId, choices, fill, h, icon, onceAFrame } from "./dom.js";
import { clock } from "./format.js";
import { Overlay } from "./overlay.js";

const RATES = [0.25, 0.5, 0.75, 1, 1.5, 2];
const MOST_ENLARGED = 4;
const ROOM_AROUND = 2.2;

export class Stage {
  #model;
  #listeners = [];
  #play;
  #clock;
  #rates;
  #sound;
  #loopShown = null;
  #shownTime = 0;
  /** Where the playhead is: the frame that is shown, or that is being looked for. */
  time = 0;

  constructor(model, frames, boxes) {
    this.#model = model;
    this.frames = frames;
    this.boxes = boxes;
    const { width, height } = model.video;
    const frame = byId("frame");
    frame.style.setProperty("--ratio", String(width && height ? width / height : 16 / 9));
    this.deck = new Deck(byId("deck"), model.video, frames, (time) => this.#shown(time));
    this.overlay = new Overlay(byId("overlay"), model, boxes);
    this.redraw = onceAFrame(() => this.overlay.draw(this.#shownTime));
    new ResizeObserver(() => this.#enlarge()).observe(frame);
    model.on("events selection person", this.redraw);
    for (const name of ["play", "pause"]) this.deck.host.addEventListener(name, () => this.#showPlaying());
    this.deck.host.addEventListener("error", () => (byId("no-video").hidden = false));
    byId("overlay").addEventListener("click", (event) => this.#click(event));
    this.#makeControls();
  }

  /** Call `listener(time)` whenever another frame is shown. */
  onTime(listener) {
    this.#listeners.push(listener);
  }

  #shown(time) {
    this.#shownTime = time;
    this.overlay.draw(time);
    // A frame from before the jump may still come: the next step is counted from where it leads to.
    if (this.deck.isSeeking) return;
    this.time = time;
    this.#announce();
  }

  #announce() {
    this.#clock.textContent = `${clock(this.time, 2)} / ${clock(this.#model.video.duration, 0)}`;
    for (const listener of this.#listeners) listener(this.time);
  }

  #makeControls() {
    const button = (content, label, work) => h("button", { type: "button", "aria-label": label, title: label, onclick: work }, content);
    this.#play = button(icon("play"), "Play (Space)", () => this.toggle());
    this.#play.classList.add("is-main");
    this.#clock = h("span", { class: "clock", text: "0:00.00" });
    this.#rates = choices({ "aria-label": "Speed", title: "Speed (< and >)" }, RATES.map((rate) => [rate, `${rate}×`]), "1");
    this.#rates.addEventListener("change", () => this.setRate(Number(this.#rates.value)));
    this.#sound = button("Sound", "Sound", () => this.toggleSound());
    this.#sound.hidden = !this.#model.video.has_audio;
    this.#sound.setAttribute("aria-pressed", "false");
    const boxes = button("Boxes", "Boxes and names (b)", () => this.toggleBoxes());
    boxes.setAttribute("aria-pressed", "true");
    boxes.id = "boxes-button";
    fill(
      byId("transport"),
      button(icon("back"), "Frame before (,)", () => this.step(-1)),
      this.#play,
      button(icon("next"), "Next frame (.)", () => this.step(1)),
      this.#clock,
      this.#rates,
      boxes,
      this.#sound,
    );
  }

  toggleBoxes() {
    this.overlay.isOn = !this.overlay.isOn;
    byId("boxes-button").setAttribute("aria-pressed", String(this.overlay.isOn));
    this.redraw();
  }

  toggleSound() {
    this.deck.isMuted = !this.deck.isMuted;
    this.#sound.setAttribute("aria-pressed", String(!this.deck.isMuted));
  }

  get isPaused() {
    return this.deck.isPaused;
  }

  toggle() {
    if (this.isPaused) this.deck.play();
    else this.deck.pause();
  }

  #showPlaying() {
    const label = this.isPaused ? "Play (Space)" : "Pause (Space)";
    fill(this.#play, icon(this.isPaused ? "play" : "pause"));
    this.#play.setAttribute("aria-label", label);
    this.#play.title = label;
  }

  setRate(rate) {
    this.deck.rate = rate;
    this.#rates.value = String(rate);
  }

  /** Play faster or slower by a number of steps. */
  changeRate(by) {
    const at = RATES.indexOf(this.deck.rate);
    this.setRate(RATES[Math.min(Math.max(0, at + by), RATES.length - 1)]);
  }

  /** Show the frame at `time`. */
  seek(time) {
    this.time = this.frames.timeOf(this.frames.nearest(time));
    this.deck.seek(this.time);
    this.#announce();
  }

  /** Pause, and show the frame that is `by` frames later. */
  step(by) {
    this.deck.pause();
    this.seek(this.frames.moved(this.time, by));
  }

  /** Return the time of the playhead's frame. */
  get frameTime() {
    return this.frames.timeOf(this.frames.nearest(this.time));
  }

  /** Loop a clip `{id, start, end}` of `event`, its player enlarged if `isEnlarged`. */
  loop(clip, event, isEnlarged) {
    this.overlay.judged = event;
    this.#loopShown = isEnlarged ? { ...clip, player: event.player } : null;
    this.deck.loop(clip);
    this.#enlarge();
  }

  /** Stop looping, and show whole frames. */
  endLoop() {
    this.overlay.judged = null;
    this.#loopShown = null;
    this.deck.setLoop(null);
    this.deck.pause();
    this.#enlarge();
  }

  /** Enlarge the part of the frame in which the looped player moves. */
  #enlarge() {
    const { width, height } = this.#model.video;
    const clip = this.#loopShown;
    const around = clip && this.boxes.around(clip.player, clip.start, clip.end);
    const scale = around
      ? Math.min(MOST_ENLARGED, Math.max(1, Math.min(width / (around.w * ROOM_AROUND), height / (around.h * ROOM_AROUND))))
      : 1;
    const [w, high] = [width / scale, height / scale];
    const middle = around ?? { x: 0, y: 0, w: width, h: height };
    const x = Math.min(Math.max(0, middle.x + middle.w / 2 - w / 2), width - w);
    const y = Math.min(Math.max(0, middle.y + middle.h / 2 - high / 2), height - high);
    this.overlay.part = { x, y, w, h: high };
    this.deck.host.style.transform = scale === 1 ? "none" : `scale(${scale}) translate(${(-100 * x) / width}%, ${(-100 * y) / height}%)`;
    this.redraw();
  }

  /** Enlarge again, as boxes have arrived. */
  boxesArrived() {
    if (this.#loopShown) this.#enlarge();
    this.redraw();
  }

  #click(event) {
    const frame = event.target.getBoundingClientRect();
    const id = this.overlay.hit(event.clientX - frame.left, event.clientY - frame.top);
    if (id === null) {
      this.toggle();
      return;
    }
    this.#model.choosePerson(this.#model.personOf(id));
    this.onPlayer?.(id);
  }
}
