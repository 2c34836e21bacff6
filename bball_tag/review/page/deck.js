/* The video elements: one is shown; while a clip is judged, others already stand at the clips that come next. */

import { h } from "./dom.js";

const ELEMENTS = 3;

export class Deck {
  #facts;
  #frames;
  #elements = [];
  #onFrame;
  #loop = null;
  #wanted = null;
  #rate = 1;
  #awaited = "";
  /** Called with the id of a clip when its first frame is shown. */
  onClip = null;

  /** `onFrame(time)` is called for each frame that is shown, with its time by our clock. */
  constructor(host, facts, frames, onFrame) {
    this.#facts = facts;
    this.#frames = frames;
    this.#onFrame = onFrame;
    this.host = host;
    this.time = 0;
    this.active = this.#add();
    this.active.classList.add("is-shown");
  }

  #add() {
    const element = h("video", { src: this.#facts.src, preload: "auto", playsinline: true, tabindex: "-1" });
    element.muted = true;
    element.clip = null;
    element.addEventListener("seeked", () => this.#seeked(element));
    for (const name of ["play", "pause", "error"]) {
      element.addEventListener(name, () => element === this.active && this.host.dispatchEvent(new Event(name)));
    }
    this.#elements.push(element);
    this.host.prepend(element);
    this.#watch(element);
    return element;
  }

  #watch(element) {
    const presented = (_now, frame) => {
      if (element === this.active) this.#shown(frame.mediaTime - this.#facts.offset);
      element.requestVideoFrameCallback(presented);
    };
    if (element.requestVideoFrameCallback) {
      element.requestVideoFrameCallback(presented);
      return;
    }
    // A browser without it shows boxes up to a frame late.
    const look = () => {
      if (element === this.active) this.#shown(element.currentTime - this.#facts.offset);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }

  #shown(time) {
    this.time = time;
    this.#onFrame(time);
    if (this.#awaited && this.#isAt(time)) {
      const id = this.#awaited;
      this.#awaited = "";
      this.onClip?.(id);
    }
    if (!this.#loop || this.active.paused) return;
    const last = this.#loop.end - 0.75 * this.#frames.lasts(this.#frames.nearest(time));
    if (time >= last && !this.active.seeking) this.seek(this.#loop.start);
  }

  #isAt(time) {
    return this.#loop !== null && time >= this.#loop.start - 0.1 && time <= this.#loop.end + 0.1;
  }

  #seeked(element) {
    if (element !== this.active || this.#wanted === null) return;
    const wanted = this.#wanted;
    this.#wanted = null;
    element.currentTime = wanted;
  }

  /** Show the frame at `time`. While one is being looked for, only the last one that was asked for counts. */
  seek(time) {
    const at = this.#elementTime(time);
    if (this.active.seeking) this.#wanted = at;
    else this.active.currentTime = at;
  }

  #elementTime(time) {
    return this.#frames.within(this.#frames.nearest(time)) + this.#facts.offset;
  }

  /** Have the first frame of a clip at hand; clips that are not among `clips` make room. */
  prepare(clips) {
    while (this.#elements.length < ELEMENTS) this.#add();
    for (const clip of clips.slice(0, ELEMENTS - 1)) {
      if (this.#elements.some((element) => element.clip === clip.id)) continue;
      const free = this.#elements.find(
        (element) => element !== this.active && !clips.some(({ id }) => id === element.clip),
      );
      if (!free) return;
      free.clip = clip.id;
      free.currentTime = this.#elementTime(clip.start);
    }
  }

  /** Play `clip` (`{id, start, end}`) again and again, from the element that stands at it if there is one. */
  loop(clip) {
    const ready = this.#elements.find((element) => element.clip === clip.id && element !== this.active);
    this.#wanted = null;
    if (ready) {
      this.active.pause();
      this.active.clip = null;
      this.active.classList.remove("is-shown");
      ready.muted = this.active.muted;
      this.active = ready;
      ready.classList.add("is-shown");
    }
    this.#loop = clip;
    this.#awaited = clip.id;
    this.active.clip = clip.id;
    if (!ready) this.seek(clip.start);
    this.play();
  }

  /** Change the bounds of the clip that is looped. */
  setLoop(clip) {
    this.#loop = clip;
  }

  play() {
    this.active.playbackRate = this.#rate;
    // A browser may refuse to play before anybody has pressed a key: the button then stays "Play".
    this.active.play().catch(() => {});
  }

  pause() {
    this.active.pause();
  }

  get isPaused() {
    return this.active.paused;
  }

  get rate() {
    return this.#rate;
  }

  set rate(rate) {
    this.#rate = rate;
    this.active.playbackRate = rate;
  }

  get isMuted() {
    return this.active.muted;
  }

  set isMuted(isMuted) {
    this.active.muted = isMuted;
  }
}
