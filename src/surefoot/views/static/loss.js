// @ts-check
// Loss and accuracy over iterations, drawn on a canvas of our own: two charts, one hand to move the cursor.
//
//     loss, log scale      train ● blue, solid      unseen ■ orange, dashed      softmax regression: a dotted line
//     after the cursor     what is recorded already, in grey

import { canvasIn, colours, el, figure, font, inPercent, term } from "./dom.js";

/** @typedef {import("./model.js").Model} LossModel */
/** @typedef {{x: number, y: number, width: number, height: number, low: number, high: number, log: boolean, last: number}} LossFrame */

/** @param {HTMLElement} element @param {LossModel} model */
export function makeLoss(element, model) {
  const legend = el("span", { class: "legend" },
    el("span", { class: "key key-train", text: "train" }), el("span", { class: "key key-unseen" }, term("unseen")));
  element.append(el("header", { class: "card-head" }, el("h2", {}, term("loss", "Loss")), legend));
  const body = el("div", { class: "chart" });
  element.append(body);
  const chart = new LossChart(body, model, legend);
  return { update: () => chart.update() };
}

class LossChart {
  /** @param {HTMLElement} body @param {LossModel} model @param {HTMLElement} legend */
  constructor(body, model, legend) {
    this.model = model;
    this.legend = legend;
    this.sheet = canvasIn(body, "Loss over iterations", () => this.draw());
    this.sheet.zooming = true;
    /** @type {LossFrame | null} */
    this.frame = null;
    this._rest = 0;
    const { canvas } = this.sheet;
    canvas.classList.add("points");
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this._go(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) this._go(event);
    });
  }

  /** @param {PointerEvent} event */
  _go(event) {
    const { frame, model } = this;
    if (!frame) return;
    model.playing = false;
    model.go(((event.offsetX / this.sheet.zoom - frame.x) / frame.width) * frame.last);
  }

  update() {
    this.draw();
    clearTimeout(this._rest);
    this._rest = window.setTimeout(() => this.sheet.say(lossWords(this.model)), 400);
  }

  draw() {
    const { sheet, model } = this;
    const { run } = model;
    sheet.clear();
    if (!run || !run.steps.length || !sheet.width) return;
    const { steps, softmax } = run;
    const [tall, wide] = [sheet.height, sheet.width];
    const accurate = steps.some((step) => step.accuracy_train ?? step.accuracy_test);
    const last = lossLast(run, model.head);
    const lower = accurate ? Math.max(0.4 * tall, 66) : 0;
    const box = { x: 46, width: wide - 46 - 18, last };
    const loss = series(steps, "loss");
    const unseen = series(steps, "loss_test");
    const rules = softmax ? [softmax.loss_test ?? softmax.loss] : [];
    const frame = lossFrame({ ...box, y: 6, height: tall - lower - (accurate ? 12 : 30) }, [loss, unseen], rules, true);
    this.frame = frame;
    this.legend.classList.toggle("no-unseen", !unseen.length);
    this._chart(frame, loss, unseen, rules[0], (value) => figure(value, 3));
    if (!accurate) return lossTicks(sheet.context, frame);
    const [hits, tested] = [series(steps, "accuracy_train"), series(steps, "accuracy_test")];
    const bars = softmax?.accuracy_test ? [softmax.accuracy_test] : [];
    const second = lossFrame({ ...box, y: tall - lower + 22, height: lower - 44 }, [hits, tested], bars, false);
    const { context } = sheet;
    this._chart(second, hits, tested, bars[0], null);
    lossTitle(context, second, lastUpTo(hits, model.k), lastUpTo(tested, model.k), bars[0]);
    lossTicks(context, second);
  }

  /** @param {LossFrame} frame @param {number[][]} train @param {number[][]} unseen @param {number | undefined} rule @param {((v: number) => string) | null} told  how to write values beside the marks */
  _chart(frame, train, unseen, rule, told) {
    const { context } = this.sheet;
    const { faint, blue, orange, ink, card, blueText, orangeText, grey } = colours();
    const { k } = this.model;
    lossGrid(context, frame);
    if (typeof rule === "number") lossRule(context, frame, rule, grey, told);
    const x = frame.x + (k / frame.last) * frame.width;
    lossLine(context, frame, train, faint, 2.4, []);
    lossLine(context, frame, unseen, faint, 2, [6, 4]);
    context.save();
    context.beginPath();
    context.rect(0, 0, x + 0.5, frame.y + frame.height + 4);
    context.clip();
    lossLine(context, frame, unseen, orange, 2.2, [6, 4]);
    lossLine(context, frame, train, blue, 3, []);
    context.restore();
    context.fillStyle = ink;
    context.globalAlpha = 0.35;
    context.fillRect(x - 0.5, frame.y, 1, frame.height);
    context.globalAlpha = 1;
    const now = lastUpTo(train, k);
    const then = lastUpTo(unseen, k);
    /** @type {[number, string, string, boolean][]} */
    const marks = [];
    if (then) marks.push([then[1], orange, orangeText, true]);
    if (now) marks.push([now[1], blue, blueText, false]);
    const placed = marks.map(([value]) => lossY(frame, value));
    const close = placed.length === 2 && Math.abs(placed[0] - placed[1]) < 17;
    marks.forEach(([value, colour, text, square], i) => {
      const y = placed[i];
      context.fillStyle = colour;
      context.strokeStyle = card;
      context.lineWidth = 2;
      context.beginPath();
      const at = square && then ? frame.x + (then[0] / frame.last) * frame.width : x;
      if (square) context.rect(at - 4.5, y - 4.5, 9, 9);
      else context.arc(x, y, told ? 6 : 5, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
      if (!told) return;
      context.fillStyle = text;
      context.font = font(square ? 14 : 16, square ? "500" : "700");
      const words = told(value);
      const room = frame.x + frame.width - x > context.measureText(words).width + 14;
      context.textAlign = room ? "left" : "right";
      let high = y - 8;
      if (close) high = (placed[i] <= placed[1 - i] && i !== 0) || placed[i] < placed[1 - i] ? Math.min(...placed) - 9 : Math.max(...placed) + 19;
      if (high < frame.y + 8) high = y + 20;
      lossHalo(context, words, room ? x + 10 : x - 10, high, card);
    });
  }
}

/** Words with the card's colour around them, readable over lines. @param {CanvasRenderingContext2D} context @param {string} words @param {number} x @param {number} y @param {string} card */
export function lossHalo(context, words, x, y, card) {
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeStyle = card;
  context.strokeText(words, x, y);
  context.fillText(words, x, y);
}

/** The pairs iteration, value that are known. @param {any[]} steps @param {string} name @returns {number[][]} */
function series(steps, name) {
  const pairs = [];
  const stride = Math.max(Math.floor(steps.length / 2500), 1);
  for (let k = 0; k < steps.length; k++) {
    const value = steps[k]?.[name];
    if (typeof value === "number" && (k % stride === 0 || name.endsWith("test"))) pairs.push([k, value]);
  }
  return pairs;
}

/** The last pair at or before k. @param {number[][]} pairs @param {number} k */
function lastUpTo(pairs, k) {
  let [low, high] = [0, pairs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pairs[middle][0] <= k) low = middle + 1;
    else high = middle;
  }
  return low ? pairs[low - 1] : null;
}

/** The end of the axis: what is planned while training, else what is there. @param {any} run @param {number} head */
function lossLast(run, head) {
  const planned = run.header.iterations;
  if (!run.training) return Math.max(head, 1);
  if (planned && planned >= head && planned < 4 * head) return planned;
  const size = 10 ** Math.floor(Math.log10(Math.max(head, 10)));
  return [1, 2, 3, 5, 7, 10, 15].map((n) => n * size).find((n) => n > head) ?? head;
}

/** @param {any} box @param {number[][][]} lines @param {number[]} rules @param {boolean} log @returns {LossFrame} */
function lossFrame(box, lines, rules, log) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of [...lines.flatMap((line) => line.map((pair) => pair[1])), ...rules]) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [0.1, 1];
  if (log) {
    const reach = Math.max(Math.log(high / low), 0.2);
    return { ...box, log, low: low / Math.exp(0.1 * reach), high: high * Math.exp(0.06 * reach) };
  }
  const margin = 0.08 * Math.max(high - low, 0.02);
  return { ...box, log, low: low - margin, high: Math.min(high + margin, 1.02) };
}

/** @param {LossFrame} frame @param {number} value */
function lossY(frame, value) {
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
function logValues(frame) {
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

/** @param {CanvasRenderingContext2D} context @param {LossFrame} frame */
function lossGrid(context, frame) {
  const { line, grey } = colours();
  const values = frame.log ? logValues(frame) : roundValues(Math.max(frame.low, 0), Math.min(frame.high, 1), frame.height > 60 ? 3 : 2);
  context.font = font(13);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of values) {
    const y = Math.round(lossY(frame, value)) + 0.5;
    context.fillStyle = line;
    context.fillRect(frame.x, y - 0.5, frame.width, 1);
    context.fillStyle = grey;
    context.fillText(frame.log ? lossLabel(value) : `${Math.round(100 * value)} %`, frame.x - 7, y);
  }
  context.textBaseline = "alphabetic";
}

/** 0.05, 2, 1e−12. @param {number} value */
function lossLabel(value) {
  return value > 0 && value < 1e-4 ? value.toExponential(0).replace("-", "−") : figure(value, 3);
}

/** @param {CanvasRenderingContext2D} context @param {LossFrame} frame */
function lossTicks(context, frame) {
  const { grey } = colours();
  context.font = font(13);
  context.fillStyle = grey;
  const values = roundValues(0, frame.last, Math.min(6, frame.last)).filter(Number.isInteger);
  const y = frame.y + frame.height + 17;
  for (const value of values) {
    const x = frame.x + (value / frame.last) * frame.width;
    const words = value.toLocaleString("en");
    context.textAlign = "center";
    context.fillText(words, Math.min(x, frame.x + frame.width - context.measureText(words).width / 2 + 10), y);
  }
}

/** @param {CanvasRenderingContext2D} context @param {LossFrame} frame @param {number[][]} pairs @param {string} colour @param {number} width @param {number[]} dash */
function lossLine(context, frame, pairs, colour, width, dash) {
  context.beginPath();
  for (const [k, value] of pairs) context.lineTo(frame.x + (k / frame.last) * frame.width, lossY(frame, value));
  context.setLineDash(dash);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.stroke();
  context.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} context @param {LossFrame} frame @param {number} value @param {string} colour @param {((v: number) => string) | null} told */
function lossRule(context, frame, value, colour, told) {
  const y = Math.round(lossY(frame, value)) + 0.5;
  context.beginPath();
  context.moveTo(frame.x, y);
  context.lineTo(frame.x + frame.width, y);
  context.setLineDash([2, 4]);
  context.lineWidth = 1.6;
  context.strokeStyle = colour;
  context.stroke();
  context.setLineDash([]);
  if (!told) return;
  context.font = font(13);
  context.fillStyle = colour;
  context.textAlign = "left";
  const words = `softmax regression, unseen: ${told(value)}`;
  const low = y + 14 < frame.y + frame.height;
  lossHalo(context, words, frame.x + 6, low ? y + 14 : y - 5, colours().card);
}

/** "Accuracy  train 73.0 %  unseen 71.3 %". @param {CanvasRenderingContext2D} context @param {LossFrame} frame @param {number[] | null} train @param {number[] | null} unseen @param {number | undefined} rule */
function lossTitle(context, frame, train, unseen, rule) {
  const { ink, blueText, orangeText, grey } = colours();
  const y = frame.y - 9;
  context.textAlign = "left";
  let x = frame.x;
  /** @type {[string, string, string][]} */
  const words = [["Accuracy", ink, "650"]];
  if (train) words.push([`● ${inPercent(train[1])}`, blueText, "650"]);
  if (unseen) words.push([`■ ${inPercent(unseen[1])}`, orangeText, "650"]);
  if (rule) words.push([`softmax ${inPercent(rule)}`, grey, ""]);
  for (const [text, colour, weight] of words) {
    context.font = font(14, weight);
    if (x + context.measureText(text).width > frame.x + frame.width + 12) return;
    context.fillStyle = colour;
    context.fillText(text, x, y);
    x += context.measureText(text).width + 14;
  }
}

/** The charts in a sentence. @param {LossModel} model */
function lossWords(model) {
  const [run, step] = [model.run, model.step];
  if (!run || !step) return "Loss over iterations: nothing recorded yet.";
  const first = run.steps[0];
  const accuracy = step.accuracy_train ? `, ${inPercent(step.accuracy_train)} of training samples right` : "";
  return `Loss over iterations, log scale: ${figure(first.loss)} at the start, ${figure(step.loss)} at iteration ${model.k}${accuracy}; recorded up to iteration ${model.head}.`;
}
