// @ts-check
// Two runs side by side: their losses over a common axis, and who is ahead where one looks.
//
//     passes        what the data cost, the fair axis: two per iteration and more only where a method asks more
//     iterations    what the methods decided
//     seconds       what this machine took

import { drawAxes, drawCursor, drawLine, positiveRange, textScale } from "./axes.js";
import { canvasIn, colours, count, el, figure, font, inPercent, tell } from "./dom.js";

/** @typedef {import("./model.js").Model} CompareModel */
/** @typedef {import("./model.js").RunView} CompareRun */

/** @typedef {{unit: string, of: (step: any) => number}} CompareAxis */

/** @type {Record<string, CompareAxis>} */
const COMPARE_AXES = {
  passes: { unit: "passes", of: (step) => step.passes },
  iterations: { unit: "iterations", of: (step) => step.iteration },
  seconds: { unit: "seconds", of: (step) => step.seconds },
};

/** A branch counts from zero: what its ancestors had cost up to the branch is added. @param {CompareModel} model @param {CompareRun} run @param {CompareAxis} how */
function compareSince(model, run, how) {
  let sum = 0;
  let one = run;
  for (let i = 0; one.parent && i < 100; i++) {
    const parent = model.runs.get(one.parent.run);
    const step = parent?.steps[one.parent.iteration];
    if (!parent || !step) break;
    sum += how.of(step);
    one = parent;
  }
  return sum;
}

/** The axis of a run, its ancestors' share included. @param {CompareModel} model @param {CompareRun} run @param {CompareAxis} how @returns {CompareAxis} */
function compareAxis(model, run, how) {
  const before = compareSince(model, run, how);
  return { unit: how.unit, of: (step) => before + how.of(step) };
}

/** @param {HTMLElement} element @param {CompareModel} model */
export function makeCompare(element, model) {
  const summary = el("p", { class: "panel-summary", "aria-live": "polite" });
  const select = el("select", { class: "panel-select", "aria-label": "The run to compare with" });
  const race = el("button", { type: "button", class: "panel-button is-main" });
  const remark = el("p", { class: "panel-remark" });
  const legend = el("p", { class: "compare-legend" });
  const stage = el("div", { class: "compare-stage" });
  const table = el("table", { class: "compare-table" });
  let axis = "passes";
  const segments = el("div", { class: "segments", role: "group", "aria-label": "Common axis" }, ...Object.keys(COMPARE_AXES).map((name) =>
    el("button", { type: "button", text: name, "aria-pressed": String(name === axis), onclick: () => {
      axis = name;
      for (const button of segments.children) button.setAttribute("aria-pressed", String(button.textContent === name));
      draw();
    } })));
  element.classList.add("panel-compare");
  element.append(summary, el("div", { class: "compare-bar" }, el("label", {}, "against ", select), el("label", {}, "over ", segments), race), legend, stage, table, remark);
  const view = canvasIn(stage, "Loss of two runs", () => draw());
  new ResizeObserver(() => { // on a phone the table is moved sideways: by the keyboard too
    if (table.scrollWidth > table.clientWidth + 1) table.tabIndex = 0;
    else table.removeAttribute("tabindex");
  }).observe(table);
  view.canvas.addEventListener("click", (event) => {
    const run = model.run;
    if (!run || !axes) return;
    const at = axes.valueAt(event.clientX - view.canvas.getBoundingClientRect().left);
    model.go(compareLast(run, compareAxis(model, run, COMPARE_AXES[axis]).of, at)?.iteration ?? 0);
  });
  /** @type {import("./axes.js").Axes | null} */
  let axes = null;

  select.addEventListener("change", () => {
    model.rival = select.value || null;
    model.change("runs");
  });
  race.addEventListener("click", async () => {
    const first = compareRoot(model);
    if (!first) return;
    const method = compareOther(first.header.method);
    race.disabled = true;
    const answer = await model.command("branch", { run: first.id, k: 0, method });
    race.disabled = false;
    if (!answer?.run) return;
    model.rival = first.id;
    await model.command("play", { run: answer.run });
    if (!model.rival || model.rival === model.run?.id) model.rival = first.id === model.run?.id ? answer.run : first.id;
    model.change("runs");
  });

  function rival() {
    const run = model.run;
    const found = model.rival ? model.runs.get(model.rival) : null;
    return found && run && found.id !== run.id ? found : null;
  }

  function drawChoices() {
    const run = model.run;
    const others = [...model.runs.values()].filter((one) => one.id !== run?.id && one.header.data === run?.header.data);
    if (!rival() && others.length) model.rival = others[others.length - 1].id;
    const wanted = others.map((one) => `${one.id} ${compareName(one)}`).join();
    if (select.dataset.holds !== wanted) {
      select.dataset.holds = wanted;
      select.replaceChildren(...others.map((one) => el("option", { value: one.id, text: compareName(one) })));
    }
    select.disabled = others.length === 0;
    if (!others.length) select.replaceChildren(el("option", { value: "", text: "no other run yet" }));
    select.value = model.rival ?? "";
    const first = compareRoot(model);
    race.hidden = !model.source.can.train || !first;
    if (first) {
      race.textContent = `Race ${compareOther(first.header.method)} against ${first.header.method}`;
      race.title = "Both from the same starting weights";
    }
  }

  function draw() {
    const run = model.run;
    if (!run || !run.steps.length) return;
    drawChoices();
    const other = rival();
    const how = compareAxis(model, run, COMPARE_AXES[axis]);
    const rivals = other ? compareAxis(model, other, COMPARE_AXES[axis]) : how;
    const at = how.of(run.steps[model.k] ?? run.steps[0]);
    const theirs = other ? compareLast(other, rivals.of, at) : null;
    axes = compareChart(view, [[run, how], ...(other ? [/** @type {[CompareRun, CompareAxis]} */ ([other, rivals])] : [])], model.k, theirs);
    compareLegend(legend, run, other);
    compareTable(table, model, [[run, model.step, "is-ours"], ...(other ? [/** @type {[CompareRun, any, string]} */ ([other, theirs, "is-theirs"])] : [])]);
    tell(summary, compareInWords(run, model.step, other, theirs, how, rivals));
    view.say(summary.textContent);
    tell(remark, [...new Set([run, other])].map((one) => (one ? compareShare(model, one) : "")).filter(Boolean).join(" "));
  }

  return {
    /** @param {Set<string>} changed */
    update(changed) {
      if (changed.size) draw();
    },
  };
}

/** What a run is called beside others. @param {CompareRun} run */
function compareName(run) {
  const from = run.parent ? `, from ${run.parent.run} at ${run.parent.iteration}` : "";
  return `${run.id}: ${run.header.method}, ${run.header.architecture}${run.header.l2 ? `, l2 ${run.header.l2}` : ""}${from}`;
}

/** The run from whose start a race begins: the first ancestor. @param {CompareModel} model */
function compareRoot(model) {
  let run = model.run;
  for (let i = 0; run?.parent && i < 100; i++) run = model.runs.get(run.parent.run) ?? null;
  return run;
}

/** @param {string} method */
function compareOther(method) {
  return method === "auto" ? "classic" : "auto";
}

/** What a branch inherits, in words. @param {CompareModel} model @param {CompareRun} run */
function compareShare(model, run) {
  if (!run.parent?.iteration) return "";
  const passes = compareSince(model, run, COMPARE_AXES.passes);
  return `${run.id} branched from ${run.parent.run} at iteration ${run.parent.iteration}: the ${count(passes, "pass")} up to there are counted in.`;
}

/** The last record that had cost no more. @param {CompareRun} run @param {(step: any) => number} of @param {number} at @returns {any} */
function compareLast(run, of, at) {
  let [low, high] = [0, run.steps.length - 1];
  if (high < 0 || of(run.steps[0]) > at) return null;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (of(run.steps[middle]) <= at + 1e-9) low = middle;
    else high = middle - 1;
  }
  return run.steps[low];
}

/** @param {import("./dom.js").Sheet} view @param {[CompareRun, CompareAxis][]} both ours first @param {number} k @param {any} theirs */
function compareChart(view, both, k, theirs) {
  const { blue, orange } = colours();
  const { context } = view;
  const [[run, how]] = both;
  const losses = both.flatMap(([one]) => one.steps.map((step) => step.loss));
  const last = Math.max(...both.map(([one, axis]) => (one.steps.length ? axis.of(one.steps[one.steps.length - 1]) : 0)));
  const axes = drawAxes(view, { x: [0, last || 1], y: positiveRange(losses), log: true, xName: how.unit, right: 84 });
  const ends = [];
  for (const [one, axis] of [...both].reverse()) {
    if (!one.steps.length) continue;
    const [colour, dash] = one === run ? [blue, []] : [orange, [7, 5]];
    const xs = one.steps.map(axis.of);
    const ys = one.steps.map((step) => step.loss);
    drawLine(context, axes, xs, ys, colour, { wide: 2.5, dash });
    ends.push({ text: one.header.method, colour, x: axes.x(xs[xs.length - 1]), y: axes.y(ys[ys.length - 1] ?? NaN) });
  }
  compareEnds(context, ends, axes);
  const step = run.steps[k];
  if (step) drawCursor(context, axes, how.of(step), step.loss, blue);
  if (theirs && step) {
    context.beginPath();
    const late = theirs === both[1]?.[0].steps.at(-1); // no later record: the mark stays at the end of its line
    context.rect(axes.x(late ? both[1][1].of(theirs) : how.of(step)) - 4, axes.y(theirs.loss) - 4, 8, 8);
    context.fillStyle = orange;
    context.fill();
  }
  return axes;
}

/** The names at the ends of the lines, apart from each other. @param {CanvasRenderingContext2D} context @param {{text: string, colour: string, x: number, y: number}[]} ends @param {import("./axes.js").Axes} axes */
function compareEnds(context, ends, axes) {
  const { blue, orange, blueText, orangeText, paper } = colours();
  const words = { [blue]: blueText, [orange]: orangeText };
  ends.sort((a, b) => a.y - b.y);
  if (ends.length === 2 && ends[1].y - ends[0].y < 16) [ends[0].y, ends[1].y] = [ends[0].y - 8, ends[0].y + 8];
  context.font = font(13 * textScale(context.canvas), "700");
  context.textBaseline = "middle";
  for (const end of ends) {
    context.textAlign = "left";
    context.fillStyle = words[end.colour] ?? end.colour;
    [context.strokeStyle, context.lineWidth, context.lineJoin] = [paper, 5, "round"];
    for (const write of ["strokeText", "fillText"]) context[/** @type {"fillText"} */ (write)](end.text, end.x + 8, Math.min(end.y, axes.bottom - 8), 76 * textScale(context.canvas));
  }
}

/** @param {HTMLElement} legend @param {CompareRun} run @param {CompareRun | null} other */
function compareLegend(legend, run, other) {
  const entry = (/** @type {CompareRun} */ one, /** @type {string} */ kind) =>
    el("span", { class: `compare-key ${kind}` }, el("i", { "aria-hidden": "true" }), compareName(one));
  legend.replaceChildren(entry(run, "is-ours"), ...(other ? [entry(other, "is-theirs")] : []));
}

/** @param {HTMLTableElement} table @param {CompareModel} model @param {[CompareRun, any, string][]} rows */
function compareTable(table, model, rows) {
  const head = el("tr", {}, ...["run", "iteration", "passes", "seconds", "loss", "unseen loss", "train right", "unseen right"].map((text) => el("th", { scope: "col", text })));
  const line = (/** @type {CompareRun} */ run, /** @type {any} */ at, /** @type {string} */ kind) => el("tr", { class: kind },
    el("th", { scope: "row", text: `${run.id} ${run.header.method}` }), ...(at ? compareCells(model, run, at) : Array(7).fill("–")).map((text) => el("td", { text })));
  table.setAttribute("aria-label", "Both runs where the cursor is");
  table.replaceChildren(el("thead", {}, head), el("tbody", {}, ...rows.map((row) => line(...row))));
}

/** @param {CompareModel} model @param {CompareRun} run @param {any} step @returns {string[]} */
function compareCells(model, run, step) {
  const sum = (/** @type {string} */ axis) => COMPARE_AXES[axis].of(step) + compareSince(model, run, COMPARE_AXES[axis]);
  const measured = (/** @type {string} */ name, /** @type {(v: number) => string} */ said) => {
    let at = step.iteration;
    while (at > 0 && typeof run.steps[at]?.[name] !== "number") at--;
    const value = run.steps[at]?.[name];
    return typeof value !== "number" ? "–" : step.iteration - at > 10 ? `${said(value)} (at ${at})` : said(value);
  };
  return [String(sum("iterations")), String(sum("passes")), figure(sum("seconds"), 3), figure(step.loss, 4),
    measured("loss_test", (v) => figure(v, 4)), inPercent(step.accuracy_train), measured("accuracy_test", inPercent)];
}

/** @param {CompareRun} run @param {any} step @param {CompareRun | null} other @param {any} theirs @param {CompareAxis} how ours @param {CompareAxis} rivals theirs */
function compareInWords(run, step, other, theirs, how, rivals) {
  if (!step) return "There is no record yet.";
  const ours = run.header.method;
  const [at, unit] = [how.of(step), how.unit];
  const here = unit === "passes" ? count(at, "pass") : unit === "seconds" ? `${figure(at, 3)} s` : count(at, "iteration");
  if (!other) return `${ours}: loss ${figure(step.loss)} after ${here}. There is no other run to compare with yet.`;
  const name = other.header.method === ours ? `${other.id} (${other.header.method})` : other.header.method;
  const mine = other.header.method === ours ? `${run.id} (${ours})` : ours;
  if (!theirs) return `${mine}: loss ${figure(step.loss)} after ${here}; ${name} has no record there yet.`;
  if (step.loss === theirs.loss) return `After ${here} both have loss ${figure(step.loss)}: neither is ahead.`;
  const [first, second, low, high] = step.loss < theirs.loss ? [mine, name, step.loss, theirs.loss] : [name, mine, theirs.loss, step.loss];
  const stopped = theirs === other.steps[other.steps.length - 1] && rivals.of(theirs) < at - 2 ? ` (${name} has no later record)` : "";
  return `After ${here} ${first} is ahead: loss ${figure(low)} against ${figure(high)} of ${second}, ${figure(high / low, 2)} times lower${stopped}.`;
}
