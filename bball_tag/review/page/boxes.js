/* Where each player is at a time. Boxes come in chunks; the few last used ones are held. */

import { lastAtMost } from "./format.js";

const HELD = 8;
const ROUNDING_MS = 25;

export class Boxes {
  #chunks = new Map();
  #facts;
  #load;
  #onLoaded;

  /** `load(number)` promises a chunk; `onLoaded` is called when one has arrived. */
  constructor(facts, load, onLoaded) {
    this.#facts = facts;
    this.#load = load;
    this.#onLoaded = onLoaded;
    (facts.chunks ?? []).forEach((chunk, number) => this.#chunks.set(number, chunk));
  }

  /** Return `[{id, x, y, w, h}]` of everybody at `time`, in pixels of the upright frame. */
  at(time) {
    const chunk = this.#chunkAt(time);
    if (!chunk) return [];
    return Object.entries(chunk.players)
      .map(([id, track]) => this.#boxAt(id, track, time * 1000))
      .filter(Boolean);
  }

  /** Return the smallest box around a player in a span of time; null if they are not seen in it. */
  around(id, start, end) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let time = start; time <= end; time += 0.1) {
      const track = this.#chunkAt(time)?.players[id];
      const box = track && this.#boxAt(id, track, time * 1000);
      if (!box) continue;
      [left, top] = [Math.min(left, box.x), Math.min(top, box.y)];
      [right, bottom] = [Math.max(right, box.x + box.w), Math.max(bottom, box.y + box.h)];
    }
    return right > left ? { x: left, y: top, w: right - left, h: bottom - top } : null;
  }

  /** Have the boxes of a time at hand soon. */
  want(time) {
    const number = Math.floor(time / this.#facts.chunk_s);
    if (number < 0 || number >= this.#facts.num_chunks || this.#chunks.has(number) || this.#facts.chunks) return;
    this.#chunks.set(number, null);
    this.#load(number).then(
      (chunk) => {
        this.#chunks.set(number, chunk);
        this.#dropOld(number);
        this.#onLoaded();
      },
      () => this.#chunks.delete(number),
    );
  }

  #chunkAt(time) {
    this.want(time);
    this.want(time + 0.2 * this.#facts.chunk_s);
    const number = Math.floor(time / this.#facts.chunk_s);
    const chunk = this.#chunks.get(number) ?? null;
    if (chunk && !this.#facts.chunks) {
      // A map keeps the order in which its keys were set: the first was used longest ago.
      this.#chunks.delete(number);
      this.#chunks.set(number, chunk);
    }
    return chunk;
  }

  #dropOld(kept) {
    for (const number of this.#chunks.keys()) {
      if (this.#chunks.size <= HELD) return;
      if (number !== kept) this.#chunks.delete(number);
    }
  }

  #boxAt(id, { t, x, y, w, h }, time) {
    const index = lastAtMost(t, time + 1);
    if (index < 0) return t.length && t[0] - time <= ROUNDING_MS ? { id, x: x[0], y: y[0], w: w[0], h: h[0] } : null;
    const next = index + 1;
    const gap = (t[next] ?? Infinity) - t[index];
    if (gap > this.#facts.max_gap * 1000) {
      return time - t[index] <= ROUNDING_MS ? { id, x: x[index], y: y[index], w: w[index], h: h[index] } : null;
    }
    const part = Math.max(0, time - t[index]) / gap;
    const between = (side) => side[index] + (side[next] - side[index]) * part;
    return { id, x: between(x), y: between(y), w: between(w), h: between(h) };
  }
}
