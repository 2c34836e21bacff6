/* Painting the timeline: ruler, rows, bars, cuts and reviewed spans. */

import { shortened, themeColour } from "./dom.js";
import { clock } from "./format.js";
import { rulerStep } from "./rows.js";

export const GUTTER = 112;
export const RULER = 22;
const FONT = "11px system-ui, sans-serif";
const LEAST_FOR_TEXT = 30;

/** Paint what `view` shows of `rows`; `preview` is the span of an event whose edge is dragged. */
export function drawTimeline(context, { width, height, view, rows, model, preview }) {
  const colours = Object.fromEntries(
    ["panel", "raised", "line", "ink", "muted", "accent", "on-accent", "good"].map((name) => [name, themeColour(`--${name}`)]),
  );
  const scene = { context, width, height, view, model, preview, colours, to: view.from + view.plot / view.scale };
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = "middle";
  const visible = rows.filter((row) => rowTop(row, view) < height && rowTop(row, view) + row.height > RULER);
  for (const row of visible) paintRow(scene, row);
  paintCuts(scene);
  paintPeriodEdges(scene);
  paintGutter(scene, visible);
  paintRuler(scene);
}

function rowTop(row, view) {
  return RULER + row.top - view.top;
}

function leftOf({ view }, time) {
  return GUTTER + (time - view.from) * view.scale;
}

function paintRow(scene, row) {
  const { context, width, view, model, colours } = scene;
  const top = rowTop(row, view);
  if (row.key === model.person) {
    context.fillStyle = colours.raised;
    context.fillRect(GUTTER, top, width - GUTTER, row.height);
  }
  context.fillStyle = colours.line;
  context.fillRect(GUTTER, top + row.height - 1, width - GUTTER, 1);
  for (const span of model.document.reviewed) {
    if (span.player && model.personOf(span.player) !== row.key) continue;
    context.fillStyle = colours.good;
    const [left, right] = [leftOf(scene, span.start), leftOf(scene, span.end)];
    context.fillRect(Math.max(GUTTER, left), top + row.height - 3, right - Math.max(GUTTER, left), 2);
  }
  for (const bar of row.bars) {
    const event = scene.preview?.id === bar.event.id ? { ...bar.event, ...scene.preview } : bar.event;
    if (event.end >= view.from && event.start <= scene.to) {
      paintBar(scene, event, top + 2 + bar.lane * row.lane, row.lane - 1);
    }
  }
}

function paintBar(scene, event, top, height) {
  const { context, model, colours } = scene;
  const left = Math.max(leftOf(scene, event.start), GUTTER);
  const wide = Math.max(1.5, leftOf(scene, event.end) - left - 0.5);
  const { colour, ink } = model.label(event.label);
  const isSure = event.state === "accepted" || event.state === "changed";
  context.fillStyle = colour;
  context.globalAlpha = event.state === "rejected" ? 0.15 : isSure ? 1 : 0.5;
  context.fillRect(left, top, wide, height);
  context.globalAlpha = 1;
  if (isSure && wide > 3) {
    context.fillStyle = colours.ink;
    context.fillRect(left, top + height - 2, wide, 2);
  }
  if (wide > 4 && (event.state === "rejected" || event.state === "unclear")) {
    context.strokeStyle = event.state === "rejected" ? colours.muted : colours.ink;
    context.setLineDash([3, 2]);
    context.strokeRect(left + 0.5, top + 0.5, wide - 1, height - 1);
    context.setLineDash([]);
  }
  if (wide >= LEAST_FOR_TEXT && height >= 9) {
    context.fillStyle = isSure ? ink : colours.ink;
    context.fillText(shortened(context, event.label, wide - 6), left + 3, top + height / 2);
  }
  if (model.selected.has(event.id)) {
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.strokeRect(left - 1, top - 1, wide + 2, height + 2);
    context.lineWidth = 1;
  }
}

function paintCuts(scene) {
  const { context, height, model, view, colours } = scene;
  context.fillStyle = colours.muted;
  context.globalAlpha = 0.5;
  for (const cut of model.document.cuts) {
    if (cut >= view.from && cut <= scene.to) context.fillRect(Math.round(leftOf(scene, cut)), RULER, 1, height - RULER);
  }
  context.globalAlpha = 1;
}

/** Draw a line down where a period begins or ends. */
function paintPeriodEdges(scene) {
  const { context, height, model, view, colours } = scene;
  context.fillStyle = colours.accent;
  context.globalAlpha = 0.6;
  for (const { start, end } of model.document.periods) {
    for (const edge of [start, end]) {
      if (edge >= view.from && edge <= scene.to) context.fillRect(Math.round(leftOf(scene, edge)), RULER, 1, height - RULER);
    }
  }
  context.globalAlpha = 1;
}

function paintGutter({ context, height, view, model, colours }, rows) {
  context.fillStyle = colours.panel;
  context.fillRect(0, 0, GUTTER, height);
  for (const row of rows) {
    const [top, middle] = [rowTop(row, view), rowTop(row, view) + row.height / 2];
    const isChosen = row.key === model.person;
    if (isChosen) {
      context.fillStyle = colours.raised;
      context.fillRect(0, top, GUTTER, row.height);
      context.fillStyle = colours.accent;
      context.fillRect(0, top, 3, row.height);
    }
    if (row.colour) {
      context.fillStyle = row.colour;
      context.fillRect(9, middle - 5, 10, 10);
      context.strokeStyle = colours.muted;
      context.strokeRect(9.5, middle - 4.5, 9, 9);
    }
    context.fillStyle = colours.ink;
    const count = String(row.bars.length);
    const room = context.measureText(count).width;
    context.fillText(shortened(context, row.name, GUTTER - 40 - room), 25, middle);
    context.fillStyle = colours.muted;
    context.fillText(count, GUTTER - 8 - room, middle);
    context.fillStyle = colours.line;
    context.fillRect(0, top + row.height - 1, GUTTER, 1);
  }
  context.fillStyle = colours.line;
  context.fillRect(GUTTER - 1, 0, 1, height);
}

function paintRuler(scene) {
  const { context, width, model, view, colours } = scene;
  context.fillStyle = colours.panel;
  context.fillRect(0, 0, width, RULER);
  context.fillStyle = colours.line;
  context.fillRect(0, RULER - 1, width, 1);
  const names = model.document.periods.map((period) => paintPeriod(scene, period)).filter(Boolean);
  const step = rulerStep(view.scale);
  for (let mark = Math.ceil(view.from / step); mark * step <= scene.to; mark += 1) {
    const left = leftOf(scene, mark * step);
    const text = clock(mark * step, step < 1 ? 2 : 0);
    const right = left + 4 + context.measureText(text).width;
    context.fillStyle = colours.line;
    context.fillRect(Math.round(left), RULER - 7, 1, 7);
    context.fillStyle = colours.muted;
    const isCovered = right > width || names.some((name) => left < name.right && right > name.left);
    if (!isCovered) context.fillText(text, left + 4, RULER / 2);
  }
}

/**
 * Mark a period on the ruler: a line as long as it is, and its name at its beginning, or where it is first seen.
 * Return where the name stands.
 */
function paintPeriod(scene, { name, start, end }) {
  const { context, width, colours } = scene;
  const left = Math.max(GUTTER, leftOf(scene, start));
  const right = Math.min(width, leftOf(scene, end));
  if (right - left < 3) return null;
  context.fillStyle = colours.accent;
  context.fillRect(left, 0, right - left, 3);
  const text = shortened(context, name, right - left - 8);
  const wide = context.measureText(text).width + 8;
  if (wide > right - left) return null;
  context.fillRect(left, 0, wide, RULER - 5);
  context.fillStyle = colours["on-accent"];
  context.fillText(text, left + 4, (RULER - 5) / 2);
  return { left, right: left + wide };
}
