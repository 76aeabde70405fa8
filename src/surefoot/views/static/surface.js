// @ts-check
// A slice of the loss surface: the plane nearest to the last points of the path, seen from above.
//
//     loss at centre + a u + b v     u, v: two orthonormal directions in the space of all weights
//
// Levels are close where the loss is low: t = log(1 + (loss − least) / s), s a twentieth of the range.
// A path point is drawn where it falls when projected on the plane; how far off the plane it lies is said in words.

import { unpack } from "./arrays.js";
import { textScale } from "./axes.js";
import { canvasIn, colours, el, figure, font, inPercent, note, tell } from "./dom.js";
import { contourLines, sequentialScale } from "./maps.js";
import { Rest } from "./rest.js";

/** @typedef {import("./model.js").Model} SurfaceModel */
/** @typedef {{values: Float64Array, columns: number, rows: number, low: number, high: number, t: (v: number) => number, loss: (t: number) => number}} SurfaceGrid */
/** @typedef {{key: string, canvas: HTMLCanvasElement, grid: SurfaceGrid, back?: {size: string, canvas: HTMLCanvasElement}}} SurfacePainted */

const SURFACE_LEVELS = 14;

/** @param {HTMLElement} element @param {SurfaceModel} model */
export function makeSurface(element, model) {
  const summary = el("p", { class: "panel-summary", "aria-live": "polite" });
  const stage = el("div", { class: "surface-stage" });
  const remark = el("p", { class: "panel-remark" });
  const here = el("p", { class: "panel-remark surface-here" });
  const hint = note("each dot is an iteration; press one to go there");
  element.classList.add("panel-surface");
  element.append(summary, stage, el("div", { class: "surface-foot" }, here, hint, remark));
  const view = canvasIn(stage, "Slice of the loss surface with the path of the last steps", () => draw());
  const rest = new Rest(model, "surface", () => draw());
  /** @type {{x: number, y: number, k: number}[]} */
  let dots = [];
  /** @type {SurfacePainted | null} */
  let painted = null;

  function draw() {
    const { answer } = rest;
    tell(remark, rest.remark());
    element.classList.toggle("is-waiting", Boolean(answer) && rest.stale);
    stage.hidden = !answer;
    hint.hidden = !model.notes || !answer;
    if (!answer) {
      tell(summary, model.k === 0 ? "A slice of the loss surface needs steps to lie along; there are none at iteration 0." : "");
      return;
    }
    tell(summary, surfaceInWords(answer));
    view.say(summary.textContent ?? "");
    const key = `${rest.answerRun} ${rest.answerAt} ${colours().paper}`;
    if (painted?.key !== key) painted = { key, ...surfacePainted(answer) };
    dots = surfaceDrawn(view, answer, painted, model.k);
  }

  /** @param {PointerEvent | MouseEvent} event */
  function near(event) {
    const box = view.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const close = dots.map((dot) => ({ ...dot, away: Math.hypot(dot.x - x, dot.y - y) })).sort((a, b) => a.away - b.away)[0];
    return { x, y, dot: close && close.away < 14 ? close : null };
  }

  view.canvas.addEventListener("pointermove", (event) => {
    const { answer } = rest;
    if (!answer || !painted) return;
    const { x, y, dot } = near(event);
    view.canvas.classList.toggle("is-pointing", Boolean(dot));
    const frame = surfaceFrame(view);
    const i = ((x - frame.left) / frame.width) * (answer.a.length - 1);
    const j = (1 - (y - frame.top) / frame.height) * (answer.b.length - 1);
    const value = surfaceBetween(painted.grid, i, j);
    here.textContent = dot ? `Iteration ${dot.k}: loss ${figure(model.run?.steps[dot.k]?.loss, 3)}.`
      : Number.isFinite(value) ? `Loss ${figure(value, 3)} under the pointer.` : "";
  });
  view.canvas.addEventListener("pointerleave", () => { here.textContent = ""; });
  view.canvas.addEventListener("click", (event) => {
    const { dot } = near(event);
    if (dot) model.go(dot.k);
  });

  return {
    /** @param {Set<string>} changed */
    update(changed) {
      if (changed.has("cursor") || changed.has("runs") || !rest.answer) rest.want();
      draw();
    },
  };
}

/** @param {any} answer @returns {SurfaceGrid} */
function surfaceGrid(answer) {
  const [columns, rows] = [answer.a.length, answer.b.length];
  const values = new Float64Array(columns * rows);
  answer.values.forEach((/** @type {(number | null)[]} */ row, /** @type {number} */ j) => row.forEach((v, i) => {
    values[j * columns + i] = v === null ? NaN : v;
  }));
  const finite = values.filter(Number.isFinite).sort();
  const low = finite[0] ?? 0;
  const high = Math.max(finite[finite.length - 1] ?? 1, low + 1e-300);
  const s = (high - low) / 20 || 1e-300;
  const whole = Math.log1p((high - low) / s);
  return { values, columns, rows, low, high, t: (v) => Math.log1p((v - low) / s) / whole, loss: (t) => low + s * Math.expm1(t * whole) };
}

/** Linear in between. @param {SurfaceGrid} grid @param {number} i @param {number} j */
function surfaceBetween(grid, i, j) {
  const { columns, rows, values } = grid;
  if (!(i >= 0 && j >= 0 && i <= columns - 1 && j <= rows - 1)) return NaN;
  const [i0, j0] = [Math.min(Math.floor(i), columns - 2), Math.min(Math.floor(j), rows - 2)];
  const [p, q] = [i - i0, j - j0];
  const at = j0 * columns + i0;
  return (1 - q) * ((1 - p) * values[at] + p * values[at + 1]) + q * ((1 - p) * values[at + columns] + p * values[at + columns + 1]);
}

/** The filled bands, b rising upwards. @param {any} answer */
function surfacePainted(answer) {
  const grid = surfaceGrid(answer);
  const canvas = document.createElement("canvas");
  const [width, height] = [480, 320];
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  const scale = sequentialScale();
  if (context) {
    const image = context.createImageData(width, height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = surfaceBetween(grid, (x / (width - 1)) * (grid.columns - 1), (1 - y / (height - 1)) * (grid.rows - 1));
        const band = Math.min(Math.floor(grid.t(value) * SURFACE_LEVELS), SURFACE_LEVELS - 1) / (SURFACE_LEVELS - 1);
        const at = Math.round(235 * band);
        const to = 4 * (y * width + x);
        for (let c = 0; c < 3; c++) image.data[to + c] = scale[3 * at + c];
        image.data[to + 3] = Number.isFinite(value) ? 255 : 0;
      }
    }
    context.putImageData(image, 0, 0);
  }
  return { canvas, grid };
}

/** Where the map lies in the canvas. @param {import("./dom.js").Sheet} view */
function surfaceFrame(view) {
  const { width, height } = view;
  const s = textScale(view.canvas);
  const legend = (width > 560 ? 92 : 70) * s;
  return { left: 52 * s, top: 10, width: Math.max(width - 52 * s - legend, 10), height: Math.max(height - 20 - 22 * s, 10) };
}

/**
 * @param {import("./dom.js").Sheet} view @param {any} answer
 * @param {SurfacePainted} painted @param {number} k
 */
function surfaceDrawn(view, answer, painted, k) {
  view.clear();
  const { context } = view;
  const frame = surfaceFrame(view);
  const size = `${view.canvas.width} ${view.canvas.height}`;
  if (painted.back?.size === size) context.drawImage(painted.back.canvas, 0, 0, view.width, view.height);
  else {
    surfaceBack(view, answer, painted, frame);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [view.canvas.width, view.canvas.height];
    if (canvas.width && canvas.height) canvas.getContext("2d")?.drawImage(view.canvas, 0, 0);
    painted.back = { size, canvas };
  }
  return surfacePath(context, answer, frame, k);
}

/**
 * All but the path: drawn once for an answer and a size.
 * @param {import("./dom.js").Sheet} view @param {any} answer @param {SurfacePainted} painted @param {ReturnType<typeof surfaceFrame>} frame
 */
function surfaceBack(view, answer, painted, frame) {
  const { context } = view;
  const { ink, grey, line } = colours();
  const { grid } = painted;
  const across = (/** @type {number} */ i) => frame.left + (i / (grid.columns - 1)) * frame.width;
  const up = (/** @type {number} */ j) => frame.top + (1 - j / (grid.rows - 1)) * frame.height;
  context.imageSmoothingEnabled = true;
  context.drawImage(painted.canvas, frame.left, frame.top, frame.width, frame.height);
  context.lineWidth = 1;
  for (let level = 1; level < SURFACE_LEVELS; level++) {
    const lines = contourLines(grid.values, grid.columns, grid.rows, grid.loss(level / SURFACE_LEVELS));
    context.beginPath();
    for (let s = 0; s < lines.length; s += 4) {
      context.moveTo(across(lines[s]), up(lines[s + 1]));
      context.lineTo(across(lines[s + 2]), up(lines[s + 3]));
    }
    context.strokeStyle = ink;
    context.globalAlpha = level % 3 === 0 ? 0.5 : 0.2;
    context.stroke();
  }
  context.globalAlpha = 1;
  context.strokeStyle = line;
  context.strokeRect(frame.left, frame.top, frame.width, frame.height);
  surfaceLegend(context, grid, frame, ink, grey);
  surfaceAxes(context, answer, frame, grey);
}

/** @param {CanvasRenderingContext2D} context @param {SurfaceGrid} grid @param {ReturnType<typeof surfaceFrame>} frame @param {string} ink @param {string} grey */
function surfaceLegend(context, grid, frame, ink, grey) {
  const scale = sequentialScale();
  const left = frame.left + frame.width + 16;
  const tall = frame.height - 24;
  for (let band = 0; band < SURFACE_LEVELS; band++) {
    const at = 3 * Math.round((235 * band) / (SURFACE_LEVELS - 1));
    context.fillStyle = `rgb(${scale[at]} ${scale[at + 1]} ${scale[at + 2]})`;
    const top = frame.top + 24 + tall * (1 - (band + 1) / SURFACE_LEVELS);
    context.fillRect(left, top, 14, tall / SURFACE_LEVELS + 0.6);
  }
  context.fillStyle = ink;
  context.font = font(12 * textScale(context.canvas), "600");
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText("loss", left, frame.top + 8);
  context.fillStyle = grey;
  context.font = font(12 * textScale(context.canvas));
  for (let level = 0; level <= SURFACE_LEVELS; level += 2) {
    context.fillText(figure(grid.loss(level / SURFACE_LEVELS), 3), left + 19, frame.top + 24 + tall * (1 - level / SURFACE_LEVELS));
  }
}

/** @param {CanvasRenderingContext2D} context @param {any} answer @param {ReturnType<typeof surfaceFrame>} frame @param {string} grey */
function surfaceAxes(context, answer, frame, grey) {
  const { a, b } = answer;
  context.fillStyle = grey;
  context.font = font(12 * textScale(context.canvas));
  context.textBaseline = "top";
  const bottom = frame.top + frame.height + 6;
  for (const [part, align] of /** @type {[number, CanvasTextAlign][]} */ ([[0, "left"], [1, "right"]])) {
    context.textAlign = align;
    context.fillText(figure(a[0] + part * (a[a.length - 1] - a[0]), 3), frame.left + part * frame.width, bottom);
  }
  context.textAlign = "center";
  const stretch = ((a[a.length - 1] - a[0]) / frame.width) / ((b[b.length - 1] - b[0]) / frame.height);
  const words = stretch > 1.15 ? ` (upwards magnified ${figure(Number(stretch.toPrecision(2)), 3)} times)`
    : stretch < 0.87 ? ` (across magnified ${figure(Number((1 / stretch).toPrecision(2)), 3)} times)` : "";
  context.fillText(`distance in the space of weights${frame.width > 430 ? words : ""}`, frame.left + frame.width / 2, bottom);
  context.textAlign = "right";
  for (const part of [0, 1]) {
    context.textBaseline = part ? "top" : "bottom";
    context.fillText(figure(b[0] + part * (b[b.length - 1] - b[0]), 3), frame.left - 6, frame.top + (1 - part) * frame.height);
  }
}

/** @param {CanvasRenderingContext2D} context @param {any} answer @param {ReturnType<typeof surfaceFrame>} frame @param {number} k */
function surfacePath(context, answer, frame, k) {
  const { ink, paper, orange } = colours();
  const { a, b, iterations } = answer;
  const flat = unpack(answer.path);
  const dots = iterations.map((/** @type {number} */ at, /** @type {number} */ i) => ({
    k: at,
    x: frame.left + ((flat[2 * i] - a[0]) / (a[a.length - 1] - a[0])) * frame.width,
    y: frame.top + (1 - (flat[2 * i + 1] - b[0]) / (b[b.length - 1] - b[0])) * frame.height,
  }));
  for (const [colour, wide] of /** @type {[string, number][]} */ ([[paper, 5], [ink, 2]])) {
    context.beginPath();
    for (const dot of dots) context.lineTo(dot.x, dot.y);
    [context.strokeStyle, context.lineWidth, context.lineJoin] = [colour, wide, "round"];
    context.stroke();
  }
  dots.forEach((/** @type {{x: number, y: number, k: number}} */ dot, /** @type {number} */ i) => {
    const current = dot.k === k || (i === dots.length - 1 && !iterations.includes(k));
    context.beginPath();
    context.arc(dot.x, dot.y, current ? 8 : 4, 0, 2 * Math.PI);
    [context.fillStyle, context.strokeStyle, context.lineWidth] = [current ? orange : ink, paper, 2];
    context.fill();
    context.stroke();
    if (current || i === 0 || i === dots.length - 1) surfaceLabel(context, dot, frame, ink, paper);
  });
  return dots;
}

/** @param {CanvasRenderingContext2D} context @param {{x: number, y: number, k: number}} dot @param {ReturnType<typeof surfaceFrame>} frame @param {string} ink @param {string} paper */
function surfaceLabel(context, dot, frame, ink, paper) {
  const above = dot.y > frame.top + 28;
  context.font = font(13 * textScale(context.canvas), "700");
  context.textAlign = "center";
  context.textBaseline = above ? "bottom" : "top";
  [context.lineWidth, context.strokeStyle, context.fillStyle, context.lineJoin] = [4, paper, ink, "round"];
  const y = dot.y + (above ? -11 : 11);
  context.strokeText(String(dot.k), dot.x, y);
  context.fillText(String(dot.k), dot.x, y);
}

/** The picture in one sentence; the answer brings its own. @param {any} answer */
function surfaceInWords(answer) {
  const { iterations, error, sentence } = answer;
  if (sentence) return sentence;
  return `The loss on the plane closest to iterations ${iterations[0]} to ${iterations.at(-1)}; the path leaves it by at most ${inPercent(error)} of its length.`;
}
