/* Which frame is shown when: seconds of our clock, which begins with the first frame. */

import { lastAtMost } from "./format.js";

export class Frames {
  /** `times` are the seconds of all frames where the rate varies, else null. */
  constructor(fps, duration, times = null) {
    this.fps = fps || 25;
    this.times = times;
    this.count = times ? times.length : Math.max(1, Math.round(duration * this.fps));
  }

  /** Return the seconds at which frame `number`, from 0, appears. */
  timeOf(number) {
    const inside = Math.min(Math.max(0, number), this.count - 1);
    return this.times ? this.times[inside] : inside / this.fps;
  }

  /** Return the number of the frame that is nearest to `time`. */
  nearest(time) {
    if (!this.times) return Math.min(Math.max(0, Math.round(time * this.fps)), this.count - 1);
    const before = Math.max(0, lastAtMost(this.times, time));
    const after = Math.min(before + 1, this.count - 1);
    return this.times[after] - time < time - this.times[before] ? after : before;
  }

  /** Return how long frame `number` is shown. */
  lasts(number) {
    const step = this.timeOf(number + 1) - this.timeOf(number);
    return step > 0 ? step : 1 / this.fps;
  }

  /** Return a time within frame `number`: browsers round, so that its very beginning may be the one before. */
  within(number) {
    return this.timeOf(number) + Math.min(0.5 * this.lasts(number), 0.02);
  }

  /** Return `time` moved by a number of frames. */
  moved(time, by) {
    return this.timeOf(this.nearest(time) + by);
  }
}
