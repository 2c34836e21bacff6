/*
 * The video elements. One is shown. While a clip is judged, another one stands at its beginning, so that it
 * loops without a pause, and two stand at the clips that come next, so that they appear at once: to show a
 * frame, a browser has to decode all frames since the last key frame, which may be seconds back.
 */

import { h } from "./dom.js";

const ELEMENTS = 4;
const HAVE_CURRENT_DATA = 2;

export class Deck {
  #facts;
  #frames;
  #elements = [];
  #onFrame;
  #loop = null;
  #wanted = null;
  #rate = 1;
  #awaited = "";
  #coming = [];
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
      element.frameTime = frame.mediaTime;
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
    if (time < last || this.active.seeking) return;
    const twin = this.#standingAt(this.#loop.id);
    if (!twin) {
      this.seek(this.#loop.start);
      return;
    }
    this.active.clip = null;
    this.#turnTo(twin);
    this.play();
    this.#standTwin();
  }

  /** Return an element that is not shown and stands at the beginning of a clip. */
  #standingAt(id) {
    const isReady = (element) => !element.seeking && element.readyState >= HAVE_CURRENT_DATA;
    const there = this.#elements.filter((element) => element !== this.active && element.clip === id);
    return there.find(isReady) ?? null;
  }

  #turnTo(element) {
    this.active.pause();
    this.active.classList.remove("is-shown");
    element.muted = this.active.muted;
    element.classList.add("is-shown");
    this.active = element;
  }

  #send(element, clip) {
    element.clip = clip.id;
    element.currentTime = this.#elementTime(clip.start);
  }

  #isAt(time) {
    return this.#loop !== null && time >= this.#loop.start - 0.1 && time <= this.#loop.end + 0.1;
  }

  #seeked(element) {
    if (element !== this.active) this.#standTwin();
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

  /** Say whether a frame is being looked for. */
  get isSeeking() {
    return this.active.seeking || this.#wanted !== null;
  }

  #elementTime(time) {
    return this.#frames.within(this.#frames.nearest(time)) + this.#facts.offset;
  }

  /** Have the clips that come next at hand; then the beginning of the one that is looped. */
  prepare(coming) {
    while (this.#elements.length < ELEMENTS) this.#add();
    this.#coming = coming.slice(0, ELEMENTS - 2);
    this.#coming.forEach((clip) => this.#stand(clip));
    this.#standTwin();
  }

  /** Have another element stand at the beginning of the loop, once what comes next is there. */
  #standTwin() {
    if (this.#loop && this.#coming.every(({ id }) => this.#standingAt(id))) this.#stand(this.#loop);
  }

  /** Have an element that is not needed otherwise stand at the beginning of a clip. */
  #stand(clip) {
    const others = this.#elements.filter((element) => element !== this.active);
    if (others.some((element) => element.clip === clip.id)) return;
    const needed = [this.#loop, ...this.#coming].map((one) => one?.id);
    const free = others.find((element) => !needed.includes(element.clip));
    if (free) this.#send(free, clip);
  }

  /** Play `clip` (`{id, start, end}`) again and again, from the element that stands at it if there is one. */
  loop(clip) {
    const ready = this.active.clip === clip.id ? null : this.#standingAt(clip.id);
    this.#wanted = null;
    this.#loop = clip;
    this.#awaited = clip.id;
    if (ready) {
      this.active.clip = null;
      this.#turnTo(ready);
      // Its frame is there: what comes next on the screen has it.
      requestAnimationFrame(() => this.#shown(ready.currentTime - this.#facts.offset));
    } else {
      this.active.clip = clip.id;
      this.seek(clip.start);
    }
    this.play();
  }

  /** Change the bounds of the clip that is looped; null ends looping. */
  setLoop(clip) {
    const isMoved = clip && clip.start !== this.#loop?.start;
    this.#loop = clip;
    if (!isMoved) return;
    for (const element of this.#elements) {
      if (element !== this.active && element.clip === clip.id) this.#send(element, clip);
    }
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
