/* The rows of the timeline: one for each player, team or label, with lanes where events overlap. */

const LANE = 10;
const SLIM = 20;
const MOST_LANES = 8;

/** Return the rows `{key, name, colour, top, height, bars: [{event, lane}]}` of the events that are shown. */
export function timelineRows(model, by) {
  const rows = new Map(namedRows(model, by).map((row) => [row.key, { ...row, bars: [], stops: [] }]));
  for (const event of model.shown) {
    const key = rowKey(model, by, event);
    if (!rows.has(key)) rows.set(key, { key, name: key || "no team", colour: "", bars: [], stops: [] });
    const row = rows.get(key);
    row.bars.push({ event, lane: laneFor(row.stops, event) });
  }
  let top = 0;
  return [...rows.values()].map((row) => {
    const lanes = Math.max(1, row.stops.length);
    const height = Math.max(SLIM, lanes * LANE + 6);
    const placed = { ...row, top, height, lane: (height - 5) / lanes };
    top += height;
    return placed;
  });
}

/** Return by what an event's row is known. */
export function rowKey(model, by, event) {
  if (by === "label") return event.label;
  return by === "team" ? event.team : model.personOf(event.player);
}

function namedRows(model, by) {
  const { labels, persons, teams } = model.filter;
  if (by === "label") {
    return [...model.labels.values()]
      .filter(({ name }) => !labels.size || labels.has(name))
      .map(({ name, colour }) => ({ key: name, name, colour }));
  }
  if (by === "team") {
    return model.document.teams
      .filter(({ name }) => !teams.size || teams.has(name))
      .map(({ name, colour }) => ({ key: name, name: name || "no team", colour }));
  }
  return model
    .persons()
    .filter(({ person, role }) => role !== "none" && (!persons.size || persons.has(person)))
    .filter(({ team }) => !teams.size || teams.has(team))
    .map(({ person, team, colour }) => ({ key: person, name: person || "whole frame", team, colour }));
}

/** Return the first lane in which an event has room, by where the last one of each lane stops. */
function laneFor(stops, event) {
  const free = stops.findIndex((stop) => stop <= event.start + 1e-6);
  const lane = free >= 0 ? free : Math.min(stops.length, MOST_LANES - 1);
  stops[lane] = Math.max(stops[lane] ?? 0, event.end);
  return lane;
}

/** Return the seconds between two marks of a ruler on which a second is `scale` pixels wide. */
export function rulerStep(scale) {
  const steps = [0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  return steps.find((step) => step * scale >= 70) ?? 3600;
}
