// @ts-check
// The line-search microscope: the step that led to the cursor, with everything its search saw.
//
//     curve              φ(α) = f(θ + α p), the loss along the step
//     orange, dashed     φ(0) + c₁ α φ′(0): a step must end below it (Armijo)
//     shaded             |φ′(α)| ≤ c₂ |φ′(0)|: flat enough (curvature condition)
//     numbers            the trials in order; filled and ticked when accepted
//
// The trials are in the record; the curve is asked for once, one question at a time, and kept.

import { askAbout } from "./ask.js";
import { dotHits } from "./axes.js";
import { canvasIn, colours, el, figure, font, term } from "./dom.js";
import { lossHalo } from "./loss.js";
import { roundValues } from "./scales.js";

/** @typedef {import("./model.js").Model} MicroscopeModel */
/** @typedef {import("./searches.js").Searches} Searches */
/** @typedef {{x: number, y: number, width: number, height: number, right: number, low: number, high: number}} MicroscopeFrame */

const MICROSCOPE_ROWS = 3;

/** @param {HTMLElement} element @param {MicroscopeModel} model @param {Searches} searches */
export function makeMicroscope(element, model, searches) {
  const title = el("h2", {}, "The step that led here: ", term("φ(α)"));
  const outcome = el("p", { class: "card-words" });
  const body = el("div", { class: "chart" });
  const trials = el("ol", { class: "trials" });
  element.append(el("header", { class: "card-head" }, title), outcome, body, trials);
  const view = new MicroscopeView(body, outcome, trials, model, searches);
  searches.heard = () => view.update();
  return { update: () => view.update() };
}

class MicroscopeView {
  /** @param {HTMLElement} body @param {HTMLElement} outcome @param {HTMLElement} trials @param {MicroscopeModel} model @param {Searches} searches */
  constructor(body, outcome, trials, model, searches) {
    this.outcome = outcome;
    this.trials = trials;
    this.model = model;
    this.searches = searches;
    this.sheet = canvasIn(body, "The last line search", () => this.draw());
    this.sheet.zooming = true;
    this.sheet.canvas.classList.add("points");
    this.sheet.canvas.addEventListener("click", (event) => askAbout(this.sheet.canvas, { kind: "alpha" }, event.clientX, event.clientY));
    this._written = "";
    this._rest = 0;
  }

  update() {
    this.draw();
    this._write();
    clearTimeout(this._rest);
    this._rest = window.setTimeout(() => this.sheet.say(microscopeWords(this.model)), 400);
  }

  draw() {
    const { sheet, model } = this;
    const { run, step, k } = model;
    sheet.clear();
    if (!run || !step || !sheet.width) return;
    const { context } = sheet;
    if (k < 1 || !step.outcome) return microscopeEmpty(context, "The start: no step led here yet.");
    const seen = this.searches.look(run.id, k);
    const phi0 = seen?.phi0 ?? run.steps[k - 1]?.loss;
    const slope0 = seen?.slope0 ?? step.slope;
    const c1 = seen ? seen.c1 : (this.searches.c1.get(run.id) ?? null);
    if (typeof phi0 !== "number") return microscopeEmpty(context, "The record before this one is missing.");
    const frame = microscopeFrame(sheet, step, seen, phi0);
    microscopeAxes(context, frame);
    context.save();
    context.beginPath();
    context.rect(frame.x, frame.y - 2, frame.width + 12, frame.height + 4);
    context.clip();
    if (seen?.c2 !== null && seen) microscopeFlat(context, frame, seen);
    if (typeof slope0 === "number") microscopeSlope(context, frame, phi0, slope0);
    if (c1 !== null && typeof slope0 === "number") microscopeArmijo(context, frame, phi0, slope0, c1, microscopeDots(frame, step, seen));
    if (seen) microscopeCurve(context, frame, seen);
    context.restore();
    if (!seen) {
      const never = this.searches.refused.has(`${run.id} ${k}`);
      microscopeWaiting(context, frame, never ? "the curve is not in this recording" : run.training ? "the curve comes when training rests" : "");
    }
    microscopeTrials(context, frame, step, phi0);
  }

  /** The outcome and the trials in words. */
  _write() {
    const { model } = this;
    const { run, step, k } = model;
    const key = `${run?.id} ${k} ${step?.trials.length}`;
    if (key === this._written) return;
    this._written = key;
    this.outcome.replaceChildren();
    this.trials.replaceChildren();
    if (!run || !step || k < 1) return;
    const taken = step.alpha ? "decided" : "no step";
    this.outcome.append(
      el("strong", { class: step.alpha ? "is-right" : "is-wrong", text: step.alpha ? `α = ${figure(step.alpha)}` : `✗ ${taken}` }),
      `  ${step.outcome ?? ""}`);
    const shown = microscopeShown(step.trials);
    for (const i of shown) {
      if (i < 0) {
        this.trials.append(el("li", { class: "trials-gap", text: `… ${step.trials.length - MICROSCOPE_ROWS + 1} more` }));
        continue;
      }
      const trial = step.trials[i];
      const good = trial.verdict === "accepted";
      const words = good ? (i === 0 ? "✓ accepted at the first try" : "✓ accepted") : trial.verdict.replace("refused: ", "✗ ");
      const button = el("button", { type: "button", class: good ? "trial is-right" : "trial", title: `φ = ${figure(trial.phi, 6)}` },
        el("span", { class: "trial-number", text: i + 1 }), el("span", { class: "trial-alpha", text: `α = ${figure(trial.alpha)}` }), el("span", { class: "trial-words", text: words }));
      button.onclick = () => askAbout(button, { kind: "alpha" });
      this.trials.append(el("li", {}, button));
    }
    for (const one of [...(step.notes ?? []), ...(step.happened ?? [])]) this.trials.append(el("li", { class: "trials-note", text: `! ${one}` }));
  }
}

/** The first, a gap (−1), the last ones. @param {any[]} trials @returns {number[]} */
function microscopeShown(trials) {
  const all = trials.map((_, i) => i);
  return all.length <= MICROSCOPE_ROWS ? all : [0, -1, all.length - 1];
}

/** @param {CanvasRenderingContext2D} context @param {string} words */
function microscopeEmpty(context, words) {
  context.fillStyle = colours().grey;
  context.font = font(15, "italic");
  context.textAlign = "left";
  context.fillText(words, 16, 30);
}

/** @param {CanvasRenderingContext2D} context @param {MicroscopeFrame} frame @param {string} words */
function microscopeWaiting(context, frame, words) {
  if (!words) return;
  context.fillStyle = colours().grey;
  context.font = font(13, "italic");
  context.textAlign = "right";
  context.fillText(words, frame.x + frame.width, frame.y + 12);
}

/** Limits that keep the start, the trials and the lowest point in sight. @param {import("./dom.js").Sheet} sheet @param {any} step @param {any} seen @param {number} phi0 @returns {MicroscopeFrame} */
function microscopeFrame(sheet, step, seen, phi0) {
  const finite = step.trials.filter((/** @type {any} */ t) => typeof t.phi === "number");
  const tried = finite.map((/** @type {any} */ t) => t.alpha);
  if (!tried.length) tried.push(step.alpha || 1);
  const [most, least] = [Math.max(...tried), Math.min(...tried)];
  const right = seen ? seen.alphas[seen.alphas.length - 1] : 1.25 * (most <= 50 * least ? most : 10 * least);
  const phi = [phi0, step.loss, ...(seen ? seen.phi : finite.map((/** @type {any} */ t) => t.phi))].filter((v) => typeof v === "number");
  const low = Math.min(...phi);
  const fall = Math.max(phi0 - low, 1e-12 * Math.abs(phi0), 1e-300);
  const top = Math.max(phi0, Math.min(Math.max(...phi), phi0 + 3 * fall));
  const height = sheet.height - 6 - 26;
  const reach = top - low || fall;
  const room = reach / Math.max(height - 44, 30); // one pixel, about
  const above = Math.max(0.06 * reach, phi0 + 24 * room - top); // words stand above the start
  return { x: 62, y: 6, width: sheet.width - 62 - 22, height, right, low: low - Math.max(28 * room, 0.08 * reach), high: top + above };
}

/** @param {MicroscopeFrame} frame @param {number} alpha */
function microscopeX(frame, alpha) {
  return frame.x + (alpha / frame.right) * frame.width;
}

/** @param {MicroscopeFrame} frame @param {number} phi */
function microscopeY(frame, phi) {
  return frame.y + frame.height * (1 - (phi - frame.low) / (frame.high - frame.low));
}

/** @param {CanvasRenderingContext2D} context @param {MicroscopeFrame} frame */
function microscopeAxes(context, frame) {
  const { line, grey } = colours();
  context.font = font(13);
  context.fillStyle = grey;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const many = Math.max(Math.floor(frame.height / 30), 4);
  const some = roundValues(frame.low, frame.high, many);
  const values = some.length > 1 ? some : roundValues(frame.low, frame.high, 2 * many);
  const step = values.length > 1 ? values[1] - values[0] : 1;
  const digits = Math.min(Math.max(Math.ceil(-Math.log10(step)), 0), 9);
  for (const value of values) {
    const y = Math.round(microscopeY(frame, value)) + 0.5;
    context.fillStyle = line;
    context.fillRect(frame.x, y - 0.5, frame.width, 1);
    context.fillStyle = grey;
    context.fillText(digits > 6 || values.length < 2 ? figure(value, 2) : value.toFixed(digits).replace("-", "−"), frame.x - 7, y);
  }
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  const ticks = roundValues(0, frame.right, 5);
  for (const value of ticks) context.fillText(figure(value, 3), microscopeX(frame, value), frame.y + frame.height + 18);
  context.textAlign = "right";
  context.font = font(14, "italic");
  const last = microscopeX(frame, ticks[ticks.length - 1]);
  if (frame.x + frame.width - last > 22) context.fillText("α", frame.x + frame.width + 6, frame.y + frame.height + 18);
}

/** @param {CanvasRenderingContext2D} context @param {MicroscopeFrame} frame @param {any} seen */
function microscopeFlat(context, frame, seen) {
  const { blue, blueText } = colours();
  const good = seen.slopes.map((/** @type {number} */ slope) => Math.abs(slope) <= seen.c2 * Math.abs(seen.slope0));
  context.fillStyle = blue;
  context.globalAlpha = 0.1;
  let begun = -1;
  let label = -1;
  for (let i = 0; i <= good.length; i++) {
    if (good[i] && begun < 0) begun = i;
    if (!good[i] && begun >= 0) {
      const from = microscopeX(frame, seen.alphas[begun]);
      const to = microscopeX(frame, seen.alphas[i - 1]);
      context.fillRect(from, frame.y, Math.max(to - from, 1.5), frame.height);
      if (label < 0) label = from;
      begun = -1;
    }
  }
  context.globalAlpha = 1;
  if (label < 0) return;
  context.fillStyle = blueText;
  context.font = font(12.5);
  const words = `flat enough (c₂ = ${seen.c2})`;
  context.textAlign = "left";
  const x = Math.min(label + 6, frame.x + frame.width - context.measureText(words).width);
  context.fillText(words, x, frame.y + frame.height - (x < frame.x + 160 ? 22 : 7)); // the slope's words stand to the left
}

/** @param {CanvasRenderingContext2D} context @param {MicroscopeFrame} frame @param {number} phi0 @param {number} slope0 */
function microscopeSlope(context, frame, phi0, slope0) {
  const { grey, card } = colours();
  const [x, y] = [microscopeX(frame, 0), microscopeY(frame, phi0)];
  const steep = ((slope0 * frame.right) / frame.width / (frame.high - frame.low)) * -frame.height;
  const long = 84 / Math.hypot(1, steep);
  context.strokeStyle = grey;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + long, y + long * steep);
  context.stroke();
  context.font = font(12.5);
  context.fillStyle = grey;
  context.textAlign = "left";
  lossHalo(context, `slope φ′(0) = ${figure(slope0, 3)}`, x + 6, frame.y + frame.height - 7, card);
}

/** @param {CanvasRenderingContext2D} context @param {MicroscopeFrame} frame @param {number} phi0 @param {number} slope0 @param {number} c1 @param {{x: number, y: number, r: number}[]} dots to keep clear of */
function microscopeArmijo(context, frame, phi0, slope0, c1, dots) {
  const { orange, orangeText, card } = colours();
  const end = phi0 + c1 * frame.right * slope0;
  context.strokeStyle = orange;
  context.lineWidth = 2;
  context.setLineDash([7, 4]);
  context.beginPath();
  context.moveTo(microscopeX(frame, 0), microscopeY(frame, phi0));
  context.lineTo(microscopeX(frame, frame.right), microscopeY(frame, end));
  context.stroke();
  context.setLineDash([]);
  context.font = font(13);
  context.fillStyle = orangeText;
  context.textAlign = "left";
  const y = microscopeY(frame, phi0);
  for (const words of [`must end below this line (Armijo, c₁ = ${figure(c1)})`, "must end below this line", "Armijo"]) {
    const wide = context.measureText(words).width;
    for (const [x, at] of [[frame.x + 14, y - 9], [frame.x + frame.width - wide, y - 9], [frame.x + frame.width - wide, y + 20]]) {
      const box = { x: x - 2, y: at - 12, width: wide + 4, height: 16 };
      if (at - 12 < frame.y || x < frame.x + 10 || dots.some((dot) => dotHits(box, dot))) continue;
      return lossHalo(context, words, x, at, card);
    }
  }
}

/** What words must keep clear of: the trials and the curve. @param {MicroscopeFrame} frame @param {any} step @param {any} seen */
function microscopeDots(frame, step, seen) {
  const at = (/** @type {number} */ alpha, /** @type {any} */ phi, /** @type {number} */ r) => ({ x: microscopeX(frame, alpha), y: typeof phi === "number" ? Math.max(microscopeY(frame, phi), frame.y) : frame.y, r });
  const dots = step.trials.map((/** @type {any} */ trial) => at(trial.alpha, trial.phi, 13));
  for (let i = 0; seen && i < seen.alphas.length; i++) dots.push(at(seen.alphas[i], seen.phi[i], 4));
  return dots;
}

/** @param {CanvasRenderingContext2D} context @param {MicroscopeFrame} frame @param {any} seen */
function microscopeCurve(context, frame, seen) {
  context.strokeStyle = colours().ink;
  context.lineWidth = 2.6;
  context.lineJoin = "round";
  context.beginPath();
  for (let i = 0; i < seen.alphas.length; i++) {
    if (typeof seen.phi[i] === "number") context.lineTo(microscopeX(frame, seen.alphas[i]), microscopeY(frame, seen.phi[i]));
  }
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {MicroscopeFrame} frame @param {any} step @param {number} phi0 */
function microscopeTrials(context, frame, step, phi0) {
  const { ink, grey, card, green } = colours();
  context.fillStyle = ink;
  context.beginPath();
  context.arc(microscopeX(frame, 0), microscopeY(frame, phi0), 5, 0, 2 * Math.PI);
  context.fill();
  context.textAlign = "center";
  context.textBaseline = "middle";
  step.trials.forEach((/** @type {any} */ trial, /** @type {number} */ i) => {
    const outside = trial.alpha > frame.right;
    const x = Math.min(microscopeX(frame, trial.alpha), frame.x + frame.width + 6);
    const wanted = typeof trial.phi === "number" ? microscopeY(frame, trial.phi) : frame.y;
    const y = Math.min(Math.max(wanted, frame.y + 9), frame.y + frame.height - 9);
    const good = trial.verdict === "accepted";
    context.beginPath();
    context.arc(x, y, 10, 0, 2 * Math.PI);
    context.fillStyle = good ? green : card;
    context.strokeStyle = good ? card : grey;
    context.lineWidth = good ? 1.5 : 2;
    context.fill();
    context.stroke();
    context.fillStyle = good ? card : ink;
    context.font = font(12.5, "700");
    context.fillText(outside ? `${i + 1}›` : String(i + 1), x, y + 0.5);
  });
  context.textBaseline = "alphabetic";
}

/** The search in a sentence. @param {MicroscopeModel} model */
function microscopeWords(model) {
  const { step, k } = model;
  if (!step || k < 1) return "The start: no line search led here.";
  const many = step.trials.length;
  const taken = step.alpha ? `step length ${figure(step.alpha)} after ${many || "no"} trial${many === 1 ? "" : "s"}` : `no step after ${many} trials`;
  return `The line search that led to iteration ${k}: ${taken}; ${step.outcome}. Slope at the start ${figure(step.slope, 3)}.`;
}
