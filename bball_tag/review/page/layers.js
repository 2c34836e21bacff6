/* A canvas of two layers: what stays while the video plays is painted once, the playhead for each frame. */

import { onceAFrame, sized } from "./dom.js";

export class Layers {
  #canvas;
  #still = document.createElement("canvas");
  #isStale = true;
  #paintStill;
  #paintMoving;

  /** Both painters get `(context, width, height)` in CSS pixels. */
  constructor(canvas, paintStill, paintMoving) {
    this.#canvas = canvas;
    this.#paintStill = paintStill;
    this.#paintMoving = paintMoving;
    this.draw = onceAFrame(() => this.#draw());
    new ResizeObserver(() => this.renew()).observe(canvas);
  }

  /** Paint everything anew. */
  renew() {
    this.#isStale = true;
    this.draw();
  }

  #draw() {
    const { context, width, height } = sized(this.#canvas);
    if (!width || !height) return;
    const still = this.#still;
    if (this.#isStale || still.width !== this.#canvas.width || still.height !== this.#canvas.height) {
      [still.width, still.height] = [this.#canvas.width, this.#canvas.height];
      const paint = still.getContext("2d");
      paint.setTransform(context.getTransform());
      this.#paintStill(paint, width, height);
      this.#isStale = false;
    }
    context.clearRect(0, 0, width, height);
    context.drawImage(still, 0, 0, width, height);
    this.#paintMoving(context, width, height);
  }
}
