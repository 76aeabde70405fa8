// @ts-check
// The network over a plane: each unit as a small map of its response, the outputs' decision as a large one.
//
//     inputs ─ w ─▶ hidden units ─ w ─▶ outputs      the decision, with the points
//
//     map: blue positive, orange negative      curve: blue solid w > 0, orange dashed w < 0, width by |w|

import { textScale } from "./axes.js";
import { paintDecision, paintUnit, responseRange } from "./decision.js";
import { canvasIn, colours, el, figure, font, inPercent, note, tell } from "./dom.js";
import { divergingScale, paintValues } from "./maps.js";
import { layout } from "./maths.js";
import { domainOf, drawPoints } from "./points.js";
import { Responses } from "./responses.js";

/** @typedef {import("./model.js").Model} PlaneModel */
/** @typedef {{l: number, u: number, x: number, y: number, size: number}} PlaneTile */
/** @typedef {{tiles: PlaneTile[], left: number, top: number, side: number, hidden: number[], stacked: boolean}} PlanePlan */

const PLANE_GRID = 80;
const PLANE_TILE = 40;

/** @param {HTMLElement} element @param {PlaneModel} model */
export function makePlane(element, model) {
  const summary = el("p", { class: "panel-summary" });
  const stage = el("div", { class: "plane-stage" });
  const caption = el("p", { class: "panel-remark", "aria-live": "polite" });
  const hint = note("each unit’s answer to every point; point at one to enlarge it", "none");
  element.classList.add("panel-plane");
  element.append(summary, stage, el("div", { class: "plane-foot" }, caption, hint));
  const view = canvasIn(stage, "The network over the plane", () => draw());
  const buttons = el("div", { class: "plane-buttons", role: "group", "aria-label": "Units; arrow keys move between them" });
  stage.append(buttons);
  const responses = new Responses(PLANE_GRID);
  /** @type {Map<string, HTMLCanvasElement>} */
  const pictures = new Map();
  const large = document.createElement("canvas");
  const scratch = new Float64Array(PLANE_TILE * PLANE_TILE);
  /** @type {{l: number, u: number} | null} */
  let lit = null;
  let computed = "";
  let planned = "";
  /** @type {PlanePlan | null} */
  let plan = null;
  let scaleOf = { paper: "", scale: new Uint8ClampedArray(768) };

  function layOut() {
    const run = model.run;
    if (!run || !view.width) return;
    const key = `${run.header.sizes} ${view.width} ${view.height} ${run.header.classes}`;
    if (planned === key && plan) return;
    planned = key;
    plan = planePlan(run.header.sizes, view.width, view.height, textScale(view.canvas));
    lit = null;
    planeButtons(buttons, plan, run.header, (at) => {
      lit = at;
      draw();
    });
  }

  function draw() {
    const run = model.run;
    if (!run || run.header.sizes[0] !== 2) return;
    layOut();
    const here = model.weights();
    if (!plan || !here) return;
    const { paper } = colours();
    if (scaleOf.paper !== paper) scaleOf = { paper, scale: divergingScale() };
    const domain = domainOf(run.points);
    const key = `${run.id} ${here.k} ${here.exact} ${domain.side} ${paper}`;
    if (computed !== key || !pictures.size) {
      computed = key;
      responses.compute(run.header, here.theta, domain);
      for (const tile of plan.tiles) picture(tile.l, tile.u, run.header);
    }
    view.clear();
    planeWires(view.context, plan, run.header.sizes, here.theta, lit);
    for (const tile of plan.tiles) planeTile(view.context, tile, picture(tile.l, tile.u, run.header, false), lit);
    planeNames(view.context, plan, run.header);
    drawLarge(run, domain);
    tell(summary, planeInWords(run, model.k));
    view.say(summary.textContent);
    hint.hidden = !model.notes;
  }

  /** @param {number} l @param {number} u @param {any} header @param {boolean} [again] */
  function picture(l, u, header, again = true) {
    const name = `${l} ${u}`;
    let canvas = pictures.get(name);
    if (canvas && !again) return canvas;
    if (!canvas) pictures.set(name, (canvas = document.createElement("canvas")));
    const all = responses.of(l, u);
    const step = PLANE_GRID / PLANE_TILE;
    for (let j = 0, i = 0; j < PLANE_TILE; j++) for (let c = 0; c < PLANE_TILE; c++, i++) scratch[i] = all[j * step * PLANE_GRID + c * step];
    const [low, high] = responseRange(header, l, scratch);
    paintValues(canvas, scratch, PLANE_TILE, PLANE_TILE, scaleOf.scale, low, high);
    return canvas;
  }

  /** @param {import("./model.js").RunView} run @param {import("./points.js").Domain} domain */
  function drawLarge(run, domain) {
    if (!plan) return;
    const { context } = view;
    const { left, top, side } = plan;
    const { ink, line, grey } = colours();
    const levels = lit ? paintUnit(large, responses, lit, run.header, scaleOf.scale) : paintDecision(large, responses, run.header, scaleOf.scale);
    context.imageSmoothingEnabled = true;
    context.globalAlpha = lit ? 1 : 0.62; // paler, so that filled points stand out
    context.drawImage(large, left, top, side, side);
    context.globalAlpha = 1;
    const cell = side / PLANE_GRID;
    context.beginPath();
    for (let i = 0; i < levels.length; i += 4) {
      context.moveTo(left + (levels[i] + 0.5) * cell, top + (levels[i + 1] + 0.5) * cell);
      context.lineTo(left + (levels[i + 2] + 0.5) * cell, top + (levels[i + 3] + 0.5) * cell);
    }
    [context.strokeStyle, context.lineWidth] = [ink, 1.6];
    context.globalAlpha = 0.75;
    context.stroke();
    context.globalAlpha = lit ? 0.55 : 1;
    drawPoints(context, run.points, domain, left, top, side, Math.max(Math.min(side / 85, 6), 3.2));
    context.globalAlpha = 1;
    [context.strokeStyle, context.lineWidth] = [line, 1];
    context.strokeRect(left, top, side, side);
    planeMark(context, model.sample, domain, plan, ink);
    context.fillStyle = grey;
    context.font = font(13 * textScale(context.canvas));
    [context.textAlign, context.textBaseline] = ["left", "bottom"];
    context.fillText(lit ? planeName(run.header, lit.l, lit.u) : "what the outputs decide", left, top - 6, side);
    const around = (/** @type {number} */ v) => figure(v, 2);
    [context.textBaseline, context.font] = ["top", font(12 * textScale(context.canvas))];
    context.fillText(around(domain.x0), left, top + side + 5);
    context.textAlign = "right";
    context.fillText(around(domain.x0 + domain.side), left + side, top + side + 5);
    context.textAlign = "center";
    context.fillText("x1 →,  x2 ↑", left + side / 2, top + side + 5);
    tell(caption, planeCaption(run.header));
  }

  view.canvas.addEventListener("click", (event) => {
    const [run, p] = [model.run, plan];
    if (!run || !p) return;
    const frame = view.canvas.getBoundingClientRect();
    const [a, b] = [(event.clientX - frame.left - p.left) / p.side, 1 - (event.clientY - frame.top - p.top) / p.side];
    if (a < 0 || a > 1 || b < 0 || b > 1) return;
    const domain = domainOf(run.points);
    const x = Float64Array.of(domain.x0 + a * domain.side, domain.y0 + b * domain.side);
    model.show({ x, label: null, title: `the point (${figure(x[0], 2)}, ${figure(x[1], 2)})`, key: `point ${x[0]} ${x[1]}` });
  });

  return {
    /** @param {Set<string>} changed */
    update(changed) {
      if (changed.has("runs")) {
        pictures.clear();
        planned = "";
      }
      draw();
    },
  };
}

/** Where the small maps and the large one lie. @param {number[]} sizes @param {number} width @param {number} height @param {number} s of text @returns {PlanePlan} */
function planePlan(sizes, width, height, s) {
  const stacked = width < 560;
  const side = stacked ? Math.min(width - 8, height * 0.52) : Math.min(height - 52, width * 0.45);
  const wide = stacked ? width : width - side - 34;
  const tall = stacked ? height - side - 64 : height;
  const top = stacked ? height - side - 26 : (height - side) / 2 + 4;
  const head = 26 * s; // the names of the columns
  const most = Math.max(...sizes);
  const fits = Math.max(Math.floor((tall - head) / 27), 1);
  const size = Math.min(Math.max((tall - head) / Math.min(most, fits) - 8, 18), stacked ? 34 : 58 * s, (wide / sizes.length) * 0.62);
  /** @type {PlaneTile[]} */
  const tiles = [];
  const hidden = sizes.map((units, l) => {
    const shown = Math.min(units, Math.max(Math.floor((tall - head) / (size + 6)), 1));
    const gap = Math.min((tall - head) / shown, size + 26);
    const x = 2 + (l * (wide - size - 4)) / (sizes.length - 1);
    for (let u = 0; u < shown; u++) tiles.push({ l, u, x, y: head - 4 + (tall - head) / 2 + (u - (shown - 1) / 2) * gap - size / 2, size });
    return units - shown;
  });
  return { tiles, left: stacked ? (width - side) / 2 : width - side - 4, top, side, hidden, stacked };
}

/** @param {any} header @param {number} l @param {number} u */
function planeName(header, l, u) {
  const last = header.sizes.length - 1;
  if (l === 0) return `input x${u + 1}`;
  if (l === last) return header.classes.length > 1 && header.sizes[last] > 1 ? `output “${header.classes[u]}”` : "output";
  return last === 2 ? `hidden unit ${u}` : `hidden unit ${u} of layer ${l}`;
}

/** Buttons over the tiles: hover and focus enlarge. @param {HTMLElement} group @param {PlanePlan} plan @param {any} header @param {(at: {l: number, u: number} | null) => void} light */
function planeButtons(group, plan, header, light) {
  group.replaceChildren(...plan.tiles.map((tile, i) => {
    const button = el("button", { type: "button", class: "plane-unit", tabindex: i === 0 ? "0" : "-1", "aria-label": `Enlarge the map of ${planeName(header, tile.l, tile.u)}` });
    for (const [name, value] of [["left", tile.x], ["top", tile.y], ["width", tile.size], ["height", tile.size]]) button.style.setProperty(String(name), `${value}px`);
    for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, () => light({ l: tile.l, u: tile.u }));
    for (const event of ["pointerleave", "blur"]) button.addEventListener(event, () => light(null));
    button.addEventListener("keydown", (event) => {
      const to = planeNeighbour(plan.tiles, i, event.key);
      if (to < 0) return;
      event.preventDefault();
      event.stopPropagation();
      button.tabIndex = -1;
      const next = /** @type {HTMLElement} */ (group.children[to]);
      next.tabIndex = 0;
      next.focus();
    });
    return button;
  }));
}

/** The tile that an arrow key leads to; -1: no arrow key. @param {PlaneTile[]} tiles @param {number} i @param {string} key */
function planeNeighbour(tiles, i, key) {
  const here = tiles[i];
  if (key === "ArrowUp" || key === "ArrowDown") {
    const to = i + (key === "ArrowUp" ? -1 : 1);
    return tiles[to]?.l === here.l ? to : i;
  }
  const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (!by) return -1;
  const column = tiles.map((tile, at) => ({ tile, at })).filter(({ tile }) => tile.l === here.l + by);
  column.sort((a, b) => Math.abs(a.tile.y - here.y) - Math.abs(b.tile.y - here.y));
  return column[0]?.at ?? i;
}

/** @param {CanvasRenderingContext2D} context @param {PlanePlan} plan @param {number[]} sizes @param {ArrayLike<number>} theta @param {{l: number, u: number} | null} lit */
function planeWires(context, plan, sizes, theta, lit) {
  const { blue, orange } = colours();
  const blocks = layout(sizes);
  for (let l = 1; l < sizes.length; l++) {
    const W = blocks[2 * l - 2];
    const [from, to] = [plan.tiles.filter((t) => t.l === l - 1), plan.tiles.filter((t) => t.l === l)];
    let most = 1e-12;
    for (const a of from) for (const b of to) most = Math.max(most, Math.abs(theta[W.start + a.u * W.columns + b.u]));
    for (const a of from) {
      for (const b of to) {
        const w = theta[W.start + a.u * W.columns + b.u];
        const share = Math.abs(w) / most;
        const touched = !lit || (lit.l === l && lit.u === b.u) || (lit.l === l - 1 && lit.u === a.u);
        context.globalAlpha = touched ? 0.22 + 0.6 * share : 0.06;
        [context.strokeStyle, context.lineWidth] = [w < 0 ? orange : blue, 0.5 + 4 * share];
        context.setLineDash(w < 0 ? [6, 4] : []);
        const [x0, y0, x1, y1] = [a.x + a.size, a.y + a.size / 2, b.x, b.y + b.size / 2];
        context.beginPath();
        context.moveTo(x0, y0);
        context.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1);
        context.stroke();
      }
    }
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {PlaneTile} tile @param {HTMLCanvasElement} picture @param {{l: number, u: number} | null} lit */
function planeTile(context, tile, picture, lit) {
  const { ink, grey } = colours();
  const chosen = lit?.l === tile.l && lit.u === tile.u;
  context.imageSmoothingEnabled = true;
  context.drawImage(picture, tile.x, tile.y, tile.size, tile.size);
  [context.strokeStyle, context.lineWidth] = [chosen ? ink : grey, chosen ? 2.5 : 1];
  context.strokeRect(tile.x, tile.y, tile.size, tile.size);
}

/** Column heads, and how many units there was no room for. @param {CanvasRenderingContext2D} context @param {PlanePlan} plan @param {any} header */
function planeNames(context, plan, header) {
  const { grey } = colours();
  const last = header.sizes.length - 1;
  context.fillStyle = grey;
  context.font = font(12 * textScale(context.canvas));
  context.textBaseline = "top";
  header.sizes.forEach((/** @type {number} */ units, /** @type {number} */ l) => {
    const tile = plan.tiles.find((one) => one.l === l);
    if (!tile) return;
    const name = l === 0 ? "inputs" : l === last ? "outputs" : `${units} units`;
    const end = l === last && plan.stacked;
    context.textAlign = l === 0 ? "left" : end ? "right" : "center";
    const more = plan.hidden[l] ? `, ${plan.hidden[l]} not shown` : "";
    context.fillText(name + more, l === 0 ? tile.x : end ? tile.x + tile.size : tile.x + tile.size / 2, 2);
  });
}

/** A ring where the sample looked at lies. @param {CanvasRenderingContext2D} context @param {any} sample @param {import("./points.js").Domain} domain @param {PlanePlan} plan @param {string} ink */
function planeMark(context, sample, domain, plan, ink) {
  if (!sample || sample.x.length !== 2) return;
  const x = plan.left + ((sample.x[0] - domain.x0) / domain.side) * plan.side;
  const y = plan.top + (1 - (sample.x[1] - domain.y0) / domain.side) * plan.side;
  context.beginPath();
  context.arc(x, y, 10, 0, 2 * Math.PI);
  [context.strokeStyle, context.lineWidth] = [ink, 2.2];
  context.stroke();
}

/** @param {any} header */
function planeCaption(header) {
  const marks = header.classes.slice(0, 6).map((/** @type {string} */ name, /** @type {number} */ i) => `${["●", "■", "▲", "◆", "✚", "▼"][i]} ${name}`);
  return `${marks.length ? `${marks.join("  ")}.  ` : ""}Filled: trained on; outlined: unseen. The ring: the point looked at.`;
}

/** @param {import("./model.js").RunView} run @param {number} k */
function planeInWords(run, k) {
  const step = run.steps[k];
  if (!step) return "There is no record yet.";
  const seen = step.accuracy_train === null || step.accuracy_train === undefined ? "" : ` ${inPercent(step.accuracy_train)} of the training points`;
  const unseen = step.accuracy_test === null || step.accuracy_test === undefined ? "" : `${seen ? " and" : ""} ${inPercent(step.accuracy_test)} of the unseen`;
  const right = seen || unseen ? `:${seen}${unseen} lie on the right side` : "";
  return right ? `Iteration ${k}${right}.` : `The plane as the network parts it at iteration ${k}.`;
}
