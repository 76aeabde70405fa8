// @ts-check
// A small chart on a canvas: two axes, few ticks, thin lines.  Linear or logarithmic upwards.

import { colours, figure, font } from "./dom.js";

/**
 * @typedef {Object} Axes
 * @property {(v: number) => number} x  place of a value, in CSS pixels
 * @property {(v: number) => number} y
 * @property {(x: number) => number} valueAt  the value of a place across
 * @property {number} left @property {number} right @property {number} top @property {number} bottom
 */

/** @type {WeakMap<HTMLElement, number>} asking the page costs it a layout: once per window size */
let axesScales = new WeakMap();
globalThis.addEventListener?.("resize", () => (axesScales = new WeakMap()));

/** How much larger than usual the page writes: 1 at 16 px. @param {HTMLElement} element */
export function textScale(element) {
  const known = axesScales.get(element);
  if (known) return known;
  const scale = (parseFloat(getComputedStyle(element).fontSize) || 16) / 16;
  if (element.isConnected) axesScales.set(element, scale);
  return scale;
}

/** At most so many round numbers between two. @param {number} low @param {number} high @param {number} most */
export function roundTicks(low, high, most) {
  const rough = (high - low) / Math.max(most, 1) || 1;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = ten * ([1, 2, 5, 10].find((m) => m * ten >= rough) ?? 10);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

/** Round numbers on a logarithmic axis: powers of ten, with 2 and 5 where there is room. @param {number} low @param {number} high @param {number} most */
export function logTicks(low, high, most) {
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  for (const parts of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let e = from; e <= to; e++) for (const m of parts) ticks.push(m * 10 ** e);
    const within = ticks.filter((t) => t >= low * (1 - 1e-9) && t <= high * (1 + 1e-9));
    if (within.length <= most && within.length) return within;
  }
  const every = Math.ceil((to - from + 1) / most);
  return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i)).filter((t, i) => i % every === 0 && t >= low && t <= high);
}

/** The smallest and largest positive finite number. @param {Iterable<number | null | undefined>} values @returns {[number, number]} */
export function positiveRange(values) {
  let [low, high] = [Infinity, 0];
  for (const v of values) {
    if (v === null || v === undefined || !(v > 0) || !Number.isFinite(v)) continue;
    [low, high] = [Math.min(low, v), Math.max(high, v)];
  }
  return high > 0 ? [low, high] : [0.1, 1];
}

/**
 * Clear the sheet, draw ticks and grid, and say where values lie.
 * @param {import("./dom.js").Sheet} sheet
 * @param {{x: [number, number], y: [number, number], log?: boolean, left?: number, bottom?: number, top?: number, right?: number,
 *   xName?: string, yTicks?: number[], yWords?: (v: number) => string}} how
 * @returns {Axes}
 */
export function drawAxes(sheet, how) {
  sheet.clear();
  const { context, width, height } = sheet;
  const { grey, line } = colours();
  const s = textScale(sheet.canvas);
  const [left, top] = [s * (how.left ?? 46), s * (how.top ?? 8)];
  const [right, bottom] = [width - s * (how.right ?? 12), height - s * (how.bottom ?? 32)];
  const [x0, x1] = [how.x[0], how.x[1] > how.x[0] ? how.x[1] : how.x[0] + 1];
  let [y0, y1] = how.y;
  if (how.log) [y0, y1] = [y0 / 1.15, y1 * 1.15];
  else if (!(y1 > y0)) y1 = y0 + 1;
  const scaled = how.log ? Math.log : (/** @type {number} */ v) => v;
  const [s0, s1] = [scaled(y0), scaled(y1)];
  const x = (/** @type {number} */ v) => left + ((v - x0) / (x1 - x0)) * (right - left);
  const y = (/** @type {number} */ v) => bottom - ((scaled(v) - s0) / (s1 - s0)) * (bottom - top);
  context.font = font(12.5 * s);
  context.lineWidth = 1;
  context.strokeStyle = line;
  context.fillStyle = grey;
  const room = Math.max(Math.floor((bottom - top) / (34 * s)), 2);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of how.yTicks ?? (how.log ? logTicks(y0, y1, room + 1) : roundTicks(y0, y1, room))) {
    const at = Math.round(y(tick)) + 0.5;
    context.beginPath();
    context.moveTo(left, at);
    context.lineTo(right, at);
    context.stroke();
    context.fillText(how.yWords ? how.yWords(tick) : figure(tick, 3), left - 7, at);
  }
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const tick of roundTicks(x0, x1, Math.max(Math.floor((right - left) / (80 * s)), 2))) {
    if (x(tick) < right - (how.xName ? context.measureText(how.xName).width + 16 : 0)) context.fillText(figure(tick, 4), x(tick), bottom + 7);
  }
  context.textAlign = "right";
  if (how.xName) context.fillText(how.xName, right, bottom + 7);
  return { x, y, valueAt: (at) => x0 + ((at - left) / (right - left)) * (x1 - x0), left, right, top, bottom };
}

/**
 * A line through points; gaps where a value is missing.
 * @param {CanvasRenderingContext2D} context @param {Axes} axes @param {ArrayLike<number>} xs
 * @param {ArrayLike<number | null | undefined>} ys @param {string} colour @param {{wide?: number, dash?: number[], from?: number, to?: number}} [how]
 */
export function drawLine(context, axes, xs, ys, colour, how = {}) {
  context.beginPath();
  let pen = false;
  for (let i = how.from ?? 0; i < Math.min(how.to ?? ys.length, ys.length); i++) {
    const value = ys[i];
    const place = value === null || value === undefined ? NaN : axes.y(value);
    if (Number.isFinite(place) && pen) context.lineTo(axes.x(xs[i]), place);
    else if (Number.isFinite(place)) context.moveTo(axes.x(xs[i]), place);
    pen = Number.isFinite(place);
  }
  [context.strokeStyle, context.lineWidth, context.lineJoin] = [colour, how.wide ?? 2, "round"];
  context.setLineDash(how.dash ?? []);
  context.stroke();
  context.setLineDash([]);
}

/** A thin upright line and a dot on it. @param {CanvasRenderingContext2D} context @param {Axes} axes @param {number} at @param {number | null | undefined} value @param {string} colour */
export function drawCursor(context, axes, at, value, colour) {
  const { grey, paper } = colours();
  [context.strokeStyle, context.lineWidth] = [grey, 1];
  context.beginPath();
  context.moveTo(Math.round(axes.x(at)) + 0.5, axes.top);
  context.lineTo(Math.round(axes.x(at)) + 0.5, axes.bottom);
  context.globalAlpha = 0.5;
  context.stroke();
  context.globalAlpha = 1;
  if (value === null || value === undefined || !Number.isFinite(axes.y(value))) return;
  context.beginPath();
  context.arc(axes.x(at), axes.y(value), 5, 0, 2 * Math.PI);
  [context.fillStyle, context.strokeStyle, context.lineWidth] = [colour, paper, 2];
  context.fill();
  context.stroke();
}

/** True where a dot of so many pixels would cover a part of the box. @param {{x: number, y: number, width: number, height: number}} box @param {{x: number, y: number, r: number}} dot */
export function dotHits(box, dot) {
  const dx = Math.max(box.x - dot.x, 0, dot.x - box.x - box.width);
  const dy = Math.max(box.y - dot.y, 0, dot.y - box.y - box.height);
  return dx * dx + dy * dy < dot.r * dot.r;
}
