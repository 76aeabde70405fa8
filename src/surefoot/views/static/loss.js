// @ts-check
// Loss and accuracy over iterations, drawn on a canvas of our own: two charts, one hand to move the cursor.
//
//     loss, log scale      train ● blue, solid      unseen ■ orange, dashed      softmax regression: a dotted line
//     after the cursor     what is recorded already, in grey

import { dotHits } from "./axes.js";
import { canvasIn, colours, el, figure, font, inPercent, term } from "./dom.js";
import { lastUpTo, logValues, lossFrame, lossLast, lossY, roundValues, series } from "./scales.js";

/** @typedef {import("./model.js").Model} LossModel */
/** @typedef {import("./scales.js").LossFrame} LossFrame */

const LOSS_ASIDE = 66; // pixels to the right of the charts: room for the values at their end, more for 1.2e−9

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
    const tiny = steps[steps.length - 1].loss < 1e-97; // 1e−114 is longer to write
    const box = { x: tiny ? 56 : 46, width: wide - 46 - LOSS_ASIDE - (tiny ? 30 : steps[steps.length - 1].loss < 1e-4 ? 20 : 0), last };
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
    if (typeof rule === "number") lossRule(context, frame, rule, grey);
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
    /** @type {{x: number, y: number, r: number}[]} */
    const taken = [];
    const lines = told ? lossDots(frame, train, unseen) : [];
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
      context.textAlign = "left";
      const beside = x > frame.x + frame.width - 40; // at the end: beside the mark, where no line is
      const old = x - at > 40; // measured long before the cursor: told where it was measured
      let high = beside && !old ? y + 5 : y - 9;
      if (close && !old) high = (placed[i] <= placed[1 - i] && i !== 0) || placed[i] < placed[1 - i] ? Math.min(...placed) - (beside ? 5 : 9) : Math.max(...placed) + (beside ? 15 : 19);
      if (high < frame.y + 8) high = y + 20;
      const left = (old ? at : x) + (old ? 8 : 11);
      if (old) high = [y - 9, y + 5, y + 20, y + 34].find((one) => one > frame.y + 8 && !lines.some((dot) => dotHits({ x: left, y: one - 11, width: context.measureText(words).width, height: 13 }, dot))) ?? high;
      lossHalo(context, words, left, high, card);
      for (let along = 0; along <= context.measureText(words).width; along += 8) taken.push({ x: left + along, y: high - 5, r: 10 });
    });
    if (typeof rule === "number" && told) lossRuleWords(context, frame, rule, told(rule), [...taken, ...lines]);
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

/** @param {CanvasRenderingContext2D} context @param {LossFrame} frame @param {number} value @param {string} colour */
function lossRule(context, frame, value, colour) {
  const [above, below] = [value > frame.high, value < frame.low];
  const y = Math.round(lossY(frame, value)) + 0.5;
  if (!above && !below) {
    context.beginPath();
    context.moveTo(frame.x, y);
    context.lineTo(frame.x + frame.width, y);
    context.setLineDash([2, 4]);
    context.lineWidth = 1.6;
    context.strokeStyle = colour;
    context.stroke();
    context.setLineDash([]);
  }
}

/** Its name and value, where no line and no number is. @param {CanvasRenderingContext2D} context @param {LossFrame} frame @param {number} value @param {string} said @param {{x: number, y: number, r: number}[]} taken */
function lossRuleWords(context, frame, value, said, taken) {
  const [above, below] = [value > frame.high, value < frame.low];
  const off = above ? ", far above" : below ? ", far below" : "";
  context.font = font(13);
  context.fillStyle = colours().grey;
  context.textAlign = "left";
  const y = lossY(frame, value);
  const heights = above || below ? [frame.y + 11, frame.y + frame.height - 4] : [y - 5, y + 14];
  for (const words of [`softmax regression, unseen: ${said}${off}`, `softmax, unseen: ${said}${off}`, `softmax ${said}`]) {
    const wide = context.measureText(words).width;
    for (const share of [1, 0.75, 0.5, 0.25, 0]) {
      for (const at of heights) {
        const box = { x: frame.x + 6 + share * Math.max(frame.width - wide - 10, 0), y: at - 11, width: wide, height: 14 };
        if (box.y < frame.y - 2 || box.y + 12 > frame.y + frame.height + 2 || taken.some((dot) => dotHits(box, dot))) continue;
        return lossHalo(context, words, box.x, at, colours().card);
      }
    }
  }
}

/** What the lines cover, a dot every few pixels. @param {LossFrame} frame @param {...number[][]} lines */
function lossDots(frame, ...lines) {
  const dots = [];
  for (const line of lines) {
    const stride = Math.max(Math.floor(line.length / 120), 1);
    let before = null;
    for (let i = 0; i < line.length; i += stride) {
      const [x, y] = [frame.x + (line[i][0] / frame.last) * frame.width, lossY(frame, line[i][1])];
      const many = before ? Math.ceil(Math.hypot(x - before[0], y - before[1]) / 6) : 1;
      for (let n = 1; n <= many; n++) {
        const share = n / many;
        dots.push({ x: before ? before[0] + share * (x - before[0]) : x, y: before ? before[1] + share * (y - before[1]) : y, r: 3 });
      }
      before = [x, y];
    }
  }
  return dots;
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
