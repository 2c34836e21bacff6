/* Numbers as people read them. */

/** Return seconds as `1:02:03.4`; hours only where there are any. */
export function clock(seconds, digits = 1) {
  const unit = 10 ** digits;
  const whole = Math.round(Math.max(0, seconds) * unit);
  const [hours, minutes] = [Math.floor(whole / (3600 * unit)), Math.floor(whole / (60 * unit)) % 60];
  const rest = ((whole % (60 * unit)) / unit).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Return the game time of an event, empty if unknown: `Q1 7:32.4`; an estimate as `Q1 ~7:32`, or whole with its bounds. */
export function gameTime({ period, game_clock: shown, clock_within: within }, isWhole = false) {
  if (within === null) return [period, shown].filter(Boolean).join(" ");
  return isWhole ? `${period} ${shown} ±${within} s` : `${period} ~${shown.split(".")[0]}`;
}

/** Return a duration in seconds in words that are short: `0.64 s`, `3 min 05 s`. */
export function lasting(seconds) {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}

/** Return a share of 1 as a percentage. */
export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/** Return a count with its noun: `1 event`, `2,000 events`. */
export function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Return seconds that a person typed as `12.3`, `1:02.5` or `1:02:03`; NaN where it is none of these. */
export function secondsOf(text) {
  const parts = text.trim().replace(",", ".").split(":");
  if (parts.length > 3 || parts.some((part) => !/^\d+(\.\d*)?$/.test(part))) return NaN;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Return the index of the last of ascending `times` that is at most `time`; -1 if there is none. */
export function lastAtMost(times, time) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
