/* Figures of what was judged: how fast, and how often the proposals were right. */

export const JUDGED = new Set(["accepted", "changed", "rejected", "unclear"]);

/** Return labels an hour from when keys were pressed, pauses of more than a minute left out; null if unknown. */
export function labelsAnHour(presses) {
  const gaps = presses.slice(1).map((press, index) => press - presses[index]).filter((gap) => gap < 60_000);
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  return gaps.length >= 3 ? Math.round((gaps.length * 3_600_000) / total) : null;
}

/** Return `[label, right, judged]` of what was proposed and judged, the most judged first. */
export function precisionByLabel(events) {
  const found = new Map();
  for (const { proposed, state, label } of events) {
    if (!proposed || !JUDGED.has(state) || state === "unclear") continue;
    const [right, judged] = found.get(proposed.label) ?? [0, 0];
    const isRight = state === "accepted" || (state === "changed" && label === proposed.label);
    found.set(proposed.label, [right + (isRight ? 1 : 0), judged + 1]);
  }
  return [...found].map(([label, counts]) => [label, ...counts]).sort((one, other) => other[2] - one[2]);
}
