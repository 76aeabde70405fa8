// @ts-check
// Where numbers stand on the charts of loss and accuracy: limits, places, round values.

/** @typedef {{x: number, y: number, width: number, height: number, low: number, high: number, log: boolean, last: number}} LossFrame */

const LOSS_FAR = 0.5; // of the run's own range: a line farther off than this is told in words, not drawn

/** The pairs iteration, value that are known. @param {any[]} steps @param {string} name @returns {number[][]} */
export function series(steps, name) {
  const pairs = [];
  const stride = Math.max(Math.floor(steps.length / 2500), 1);
  for (let k = 0; k < steps.length; k++) {
    const value = steps[k]?.[name];
    if (typeof value === "number" && (k % stride === 0 || name.endsWith("test"))) pairs.push([k, value]);
  }
  return pairs;
}

/** The last pair at or before k. @param {number[][]} pairs @param {number} k */
export function lastUpTo(pairs, k) {
  let [low, high] = [0, pairs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pairs[middle][0] <= k) low = middle + 1;
    else high = middle;
  }
  return low ? pairs[low - 1] : null;
}

/** The end of the axis: what is planned while training, else what is there. @param {any} run @param {number} head */
export function lossLast(run, head) {
  const planned = run.header.iterations;
  if (!run.training) return Math.max(head, 1);
  if (planned && planned >= head && planned < 4 * head) return planned;
  const size = 10 ** Math.floor(Math.log10(Math.max(head, 10)));
  return [1, 2, 3, 5, 7, 10, 15].map((n) => n * size).find((n) => n > head) ?? head;
}

/**
 * Limits that keep the run in sight; a rule joins them unless it lies so far off that the run would look flat.
 * @param {any} box @param {number[][][]} lines @param {number[]} rules @param {boolean} log @returns {LossFrame}
 */
export function lossFrame(box, lines, rules, log) {
  let [low, high] = [Infinity, -Infinity];
  for (const [, value] of lines.flat()) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [0.1, 1];
  const reached = log ? Math.max(Math.log(high / low), 0.2) * LOSS_FAR : 0;
  const [least, most] = [low * Math.exp(-reached), high * Math.exp(reached)];
  for (const rule of rules) {
    if (log && !(rule >= least && rule <= most)) continue;
    [low, high] = [Math.min(low, rule), Math.max(high, rule)];
  }
  if (log) {
    const reach = Math.max(Math.log(high / low), 0.2);
    return { ...box, log, low: low / Math.exp(0.1 * reach), high: high * Math.exp(0.06 * reach) };
  }
  const margin = 0.08 * Math.max(high - low, 0.02);
  return { ...box, log, low: low - margin, high: Math.min(high + margin, 1.02) };
}

/** @param {LossFrame} frame @param {number} value */
export function lossY(frame, value) {
  const part = frame.log ? Math.log(Math.max(value, 1e-300) / frame.low) / Math.log(frame.high / frame.low) : (value - frame.low) / (frame.high - frame.low);
  return frame.y + frame.height * (1 - Math.min(Math.max(part, -0.05), 1.05));
}

/** Round values for an axis. @param {number} low @param {number} high @param {number} many @returns {number[]} */
export function roundValues(low, high, many) {
  const raw = (high - low) / Math.max(many, 1);
  if (!(raw > 0) || !Number.isFinite(raw)) return [low];
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = /** @type {number} */ ([1, 2, 5, 10].find((n) => n * size >= raw)) * size;
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) values.push(Number((i * step).toPrecision(12)));
  return values;
}

/** 1, 2, 5, 10, ... between the limits; fewer where they crowd. @param {LossFrame} frame */
export function logValues(frame) {
  const all = [];
  for (let e = Math.floor(Math.log10(frame.low)); e <= Math.log10(frame.high); e++) {
    for (const n of [1, 2, 5]) all.push(Number((n * 10 ** e).toPrecision(3)));
  }
  const inside = all.filter((value) => value >= frame.low && value <= frame.high);
  if (inside.length < 2) return roundValues(frame.low, frame.high, 3).filter((value) => value > 0);
  const tens = inside.filter((value) => Number.isInteger(Number(Math.log10(value).toFixed(6))));
  const room = Math.max(Math.floor(frame.height / 22), 2);
  return inside.length <= room ? inside : tens.filter((_, i) => i % Math.ceil(tens.length / room) === 0);
}
