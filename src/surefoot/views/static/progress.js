// @ts-check
// How the run gets on: gradient norms, step lengths with their trials, and what all of it has cost.
//
//     ‖g‖ of the whole, over iterations, logarithmic      ‖∂L/∂Wˡ‖, ‖∂L/∂bˡ‖ at the cursor, recomputed from the data
//     α over iterations, logarithmic; a ring for a search that tried more than one step length
//     passes over the data: a gradient is one, a ray is one, a trial on a ray is none

import { drawAxes, drawCursor, drawLine, positiveRange, textScale } from "./axes.js";
import { canvasIn, colours, count, el, figure, font, term, tell } from "./dom.js";
import { Rest } from "./rest.js";

/** @typedef {import("./model.js").Model} ProgressModel */
/** @typedef {import("./dom.js").Sheet} ProgressSheet */

/** @param {HTMLElement} element @param {ProgressModel} model */
export function makeProgress(element, model) {
  const summary = el("p", { class: "panel-summary", "aria-live": "polite" });
  const remark = el("span", { class: "panel-remark" });
  const figuresRow = el("dl", { class: "cost" });
  const [norms, normsBody] = progressCard("Gradient norm", "gradient", "over the iterations, log scale");
  const [layers, layersBody] = progressCard("… of each layer", "gradient", "at the cursor, log scale");
  const [alphas, alphasBody] = progressCard("Step length α", "alpha", "of each iteration, log scale");
  const [trials, trialsBody] = progressCard("Trials", "trial", "step lengths tried in each iteration");
  layers.append(remark);
  element.classList.add("panel-progress");
  element.append(summary, el("div", { class: "progress-grid" }, norms, layers, alphas, trials), figuresRow);
  const sheets = {
    norms: canvasIn(normsBody, "Gradient norm over iterations", () => draw()),
    layers: canvasIn(layersBody, "Gradient norm of each layer", () => draw()),
    alphas: canvasIn(alphasBody, "Step length over iterations", () => draw()),
    trials: canvasIn(trialsBody, "Trials of each iteration", () => draw()),
  };
  const rest = new Rest(model, "gradient", () => draw());
  for (const sheet of [sheets.norms, sheets.alphas, sheets.trials]) {
    sheet.canvas.addEventListener("click", (event) => {
      const box = sheet.canvas.getBoundingClientRect();
      const s = textScale(sheet.canvas);
      const share = (event.clientX - box.left - 46 * s) / (box.width - 58 * s);
      model.go(share * Math.max(model.head, 1));
    });
  }

  function draw() {
    const { run, k } = model;
    if (!run || !run.steps.length) return;
    tell(remark, rest.remark());
    tell(summary, progressInWords(run.steps, k));
    progressNorms(sheets.norms, run.steps, k);
    progressLayers(sheets.layers, rest.answer, rest.answerRun === run.id);
    progressAlphas(sheets.alphas, run.steps, k);
    progressTrials(sheets.trials, run.steps, k);
    progressFigures(figuresRow, progressCost(run.steps, k));
  }

  return {
    /** @param {Set<string>} changed */
    update(changed) {
      if (changed.has("cursor") || changed.has("runs") || !rest.answer) rest.want();
      draw();
    },
  };
}

/** @param {string} title @param {string} word @param {string} what @returns {[HTMLElement, HTMLElement]} */
function progressCard(title, word, what) {
  const body = el("div", { class: "progress-body" });
  const card = el("section", { class: "progress-card", "aria-label": title },
    el("h3", {}, term(word, title), el("small", { text: ` ${what}` })), body);
  return [card, body];
}

/** @param {ProgressSheet} sheet @param {any[]} steps @param {number} k */
function progressNorms(sheet, steps, k) {
  const { blue, faint } = colours();
  const values = steps.map((step) => step?.gradient_norm);
  const xs = steps.map((_, i) => i);
  const axes = drawAxes(sheet, { x: [0, Math.max(steps.length - 1, 1)], y: positiveRange(values), log: true, xName: "iteration" });
  drawLine(sheet.context, axes, xs, values, faint, { from: k, wide: 1.2 });
  drawLine(sheet.context, axes, xs, values, blue, { to: k + 1, wide: 2.5 });
  drawCursor(sheet.context, axes, k, values[k], blue);
  sheet.say(`Gradient norm: ${figure(values[0], 3)} at the start, ${figure(values[k], 3)} at iteration ${k}.`);
}

/** @param {ProgressSheet} sheet @param {any} answer @param {boolean} ours */
function progressLayers(sheet, answer, ours) {
  sheet.clear();
  if (!answer || !ours) return;
  const { context, width, height } = sheet;
  const { ink, grey, track, blue } = colours();
  const norms = answer.norms.slice(0, 12);
  const [least, most] = positiveRange(norms.map((/** @type {any} */ one) => one.norm));
  const low = Math.min(Math.floor(Math.log10(least)), Math.log10(most) - 1);
  const s = textScale(context.canvas);
  const tall = Math.min((height - 8) / norms.length, 38 * s);
  norms.forEach((/** @type {{name: string, norm: number}} */ one, /** @type {number} */ i) => {
    const y = 4 + tall * (i + 0.5);
    const part = one.norm > 0 ? Math.max((Math.log10(one.norm) - low) / (Math.log10(most) - low || 1), 0.01) : 0;
    const wide = width - (46 + 78) * s;
    context.textBaseline = "middle";
    [context.textAlign, context.fillStyle, context.font] = ["right", ink, font(13 * textScale(context.canvas), "600")];
    context.fillText(one.name, 38 * s, y);
    const thick = Math.min(tall * 0.5, 14 * s);
    context.fillStyle = track;
    context.fillRect(46 * s, y - thick / 2, wide, thick);
    context.fillStyle = blue;
    context.globalAlpha = one.name[0] === "b" ? 0.55 : 1;
    context.fillRect(46 * s, y - thick / 2, part * wide, thick);
    context.globalAlpha = 1;
    [context.textAlign, context.fillStyle, context.font] = ["left", grey, font(12 * textScale(context.canvas))];
    context.fillText(figure(one.norm, 3), 46 * s + wide + 8, y);
  });
  sheet.say(`Gradient norms: ${norms.map((/** @type {any} */ one) => `${one.name} ${figure(one.norm, 3)}`).join(", ")}.`);
}

/** At least four times up and down: one value alone is no scale. @param {(number | null | undefined)[]} values @returns {[number, number]} */
function progressRange(values) {
  const [low, high] = positiveRange(values);
  return high / low < 8 ? [low / 4, high * 4] : [low, high];
}

/** @param {ProgressSheet} sheet @param {any[]} steps @param {number} k */
function progressAlphas(sheet, steps, k) {
  const { blue, orange, paper, ink } = colours();
  const { context } = sheet;
  const axes = drawAxes(sheet, { x: [0, Math.max(steps.length - 1, 1)], y: progressRange(steps.map((s) => s?.alpha)), log: true, xName: "iteration" });
  const r = Math.min(Math.max((axes.right - axes.left) / steps.length / 2.4, 1.5), 4);
  steps.forEach((step, i) => {
    if (!step || i === 0) return;
    const [x, many] = [axes.x(i), step.trials.length > 1];
    context.globalAlpha = i > k ? 0.35 : 1;
    if (!step.alpha) { // no step was taken: a cross at the foot
      [context.strokeStyle, context.lineWidth] = [orange, 2];
      context.beginPath();
      for (const [dx, dy] of [[-4, -4], [4, -4]]) {
        context.moveTo(x + dx, axes.bottom - 8 + dy);
        context.lineTo(x - dx, axes.bottom - 8 - dy);
      }
      context.stroke();
      return;
    }
    context.beginPath();
    context.arc(x, axes.y(step.alpha), many ? r + 0.5 : r, 0, 2 * Math.PI);
    [context.fillStyle, context.strokeStyle, context.lineWidth] = [many ? paper : blue, many ? orange : blue, 2];
    context.fill();
    if (many) context.stroke();
  });
  context.globalAlpha = 1;
  drawCursor(context, axes, k, steps[k]?.alpha, ink);
  const taken = steps[k]?.alpha;
  sheet.say(taken ? `Step length at iteration ${k}: ${figure(taken, 3)} after ${count(steps[k].trials.length, "trial")}.` : `No step led to iteration ${k}.`);
}

/** @param {ProgressSheet} sheet @param {any[]} steps @param {number} k */
function progressTrials(sheet, steps, k) {
  const { blue, orange } = colours();
  const { context } = sheet;
  const many = steps.map((step) => step?.trials.length ?? 0);
  const most = Math.max(2, ...many);
  const axes = drawAxes(sheet, { x: [0, Math.max(steps.length - 1, 1)], y: [0, most], xName: "iteration", top: 12 });
  const room = (axes.right - axes.left) / steps.length;
  const wide = room > 4 ? room - 1.5 : room + 0.3; // no gaps where they would only flicker
  many.forEach((n, i) => {
    context.globalAlpha = i > k ? 0.35 : 1;
    context.fillStyle = n > 1 ? orange : blue;
    context.fillRect(axes.x(i) - wide / 2, axes.y(n), wide, axes.bottom - axes.y(n));
  });
  context.globalAlpha = 1;
  drawCursor(context, axes, k, null, blue);
  sheet.say(`Up to iteration ${k}, ${many.slice(0, k + 1).reduce((a, b) => a + b, 0)} step lengths were tried.`);
}

/** What it cost until k: how much, the term, a sentence. @param {any[]} steps @param {number} k @returns {string[][]} */
function progressCost(steps, k) {
  const step = steps[k];
  if (!step) return [];
  const tried = steps.slice(0, k + 1).reduce((sum, one) => sum + (one?.trials.length ?? 0), 0);
  const each = steps.slice(1, k + 1).map((one, i) => one.passes - steps[i].passes);
  const same = each.every((passes) => passes === each[0]);
  const mean = each.length ? each.reduce((a, b) => a + b, 0) / each.length : 0;
  const perStep = !each.length ? "nothing is done yet but the first gradient" : same ? `${each[0]} per iteration, whatever the number of trials`
    : `${figure(mean, 3)} per iteration on average`;
  const entries = [
    [count(step.passes, "pass"), "pass", perStep],
    [count(tried, "trial"), "trial", each.length ? `${figure(tried / each.length, 3)} per iteration; on a ray a trial costs no pass` : "none yet"],
    [count(step.tails, "tail"), "tail", "the layers behind the first, once over all rows"],
    [`${figure(step.seconds, 3)} s`, "seconds", each.length ? `${figure((1000 * step.seconds) / each.length, 3)} ms per iteration` : "since the start"],
  ];
  return entries;
}

/** The cost as terms and sentences; the elements stay, so that one that has the focus keeps it. @param {HTMLElement} row @param {string[][]} entries */
function progressFigures(row, entries) {
  if (row.childElementCount !== entries.length) {
    row.replaceChildren(...entries.map(([much, word, why]) => el("div", {}, el("dt", {}, term(word, much)), el("dd", { text: why }))));
  }
  entries.forEach(([much, , why], i) => {
    const [dt, dd] = row.children[i].children;
    const shown = dt.firstElementChild?.firstChild;
    if (shown && shown.nodeValue !== much) shown.nodeValue = much;
    tell(/** @type {HTMLElement} */ (dd), why);
  });
}

/** @param {any[]} steps @param {number} k */
function progressInWords(steps, k) {
  const [first, step] = [steps[0], steps[k]];
  if (!step || !k) return `At the start the gradient’s norm is ${figure(first?.gradient_norm, 3)}; no step has been taken.`;
  const ratio = first.gradient_norm / step.gradient_norm;
  const fallen = ratio >= 1 ? `${figure(ratio, 2)} times smaller than` : `${figure(1 / ratio, 2)} times larger than`;
  const length = step.alpha ? `the last step had length α = ${figure(step.alpha, 3)}, found with ${count(step.trials.length, "trial")}` : "the last search took no step";
  return `At iteration ${k} the gradient’s norm is ${figure(step.gradient_norm, 3)}, ${fallen} at the start; ${length}; ${count(step.passes, "pass")} over the data so far.`;
}
