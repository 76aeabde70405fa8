// @ts-check
// Points in a plane: the square they live in, how they are drawn, and a plot on which they are added, dragged, removed.
//
//     filled     trained on          outlined     unseen: only judged
//     disc, square, triangle, ...    the class; its colour says the same

import { textScale } from "./axes.js";
import { canvasIn, colours, el, figure, font, freshId } from "./dom.js";
import { drawMark } from "./maps.js";

/** @typedef {{x: number[], y: number[], label: number[], tested: boolean[]}} Points */
/** @typedef {{x0: number, y0: number, side: number}} Domain  a square: x0..x0 + side, y0..y0 + side */

const POINTS_MOST = 2000;

/** The square around all points, with a margin. @param {Points | null} points @returns {Domain} */
export function domainOf(points) {
  if (!points || !points.x.length) return { x0: -1.2, y0: -1.2, side: 2.4 };
  const range = (/** @type {number[]} */ v) => v.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
  const [[x0, x1], [y0, y1]] = [range(points.x), range(points.y)];
  const side = 1.16 * Math.max(x1 - x0, y1 - y0, 1e-6);
  return { x0: (x0 + x1 - side) / 2, y0: (y0 + y1 - side) / 2, side };
}

/**
 * All points into a square of the canvas at (left, top).
 * @param {CanvasRenderingContext2D} context @param {Points | null} points @param {Domain} domain
 * @param {number} left @param {number} top @param {number} size @param {number} [r]
 */
export function drawPoints(context, points, domain, left, top, size, r = 4) {
  if (!points) return;
  const { paper } = colours();
  for (const tested of [true, false]) {
    points.x.forEach((x, i) => {
      if (points.tested[i] !== tested) return;
      const across = left + ((x - domain.x0) / domain.side) * size;
      const down = top + (1 - (points.y[i] - domain.y0) / domain.side) * size;
      drawMark(context, points.label[i], across, down, r, !tested, paper);
    });
  }
}

/**
 * A plot on which points are edited.
 * @param {HTMLElement} place @param {Points} points changed in place @param {string[]} classes
 * @param {() => void} changed
 */
export function makePoints(place, points, classes, changed) {
  const help = freshId("points-help");
  const box = el("div", { class: "points-box", tabindex: "0", role: "application", "aria-label": "Points in the plane", "aria-describedby": help });
  const told = el("p", { class: "panel-remark", "aria-live": "polite" });
  const keys = el("p", { class: "panel-remark", id: help, text:
    "Press: a new point; drag: move it; Delete: remove it. Keys: N, P choose, arrows move, Enter adds." });
  let label = 0;
  let chosen = -1;
  let dragging = false;
  let domain = domainOf(points);
  const kinds = el("div", { class: "segments", role: "group", "aria-label": "Class of new points" }, ...classes.slice(0, 6).map((name, i) =>
    el("button", { type: "button", text: `${["●", "■", "▲", "◆", "✚", "▼"][i]} ${name}`, "aria-pressed": String(i === label), onclick: () => {
      label = i;
      [...kinds.children].forEach((button, j) => button.setAttribute("aria-pressed", String(j === i)));
    } })));
  place.append(el("div", { class: "points-bar" }, el("span", { class: "panel-remark", text: "New points are" }), kinds), box, told, keys);
  const view = canvasIn(box, "Points in the plane", () => draw());
  view.canvas.setAttribute("aria-hidden", "true");

  function draw() {
    view.clear();
    const { ink, paper, grey, line } = colours();
    const size = view.width;
    const { context } = view;
    context.strokeStyle = line;
    context.lineWidth = 1;
    for (const [dx, dy] of [[0, 1], [1, 0]]) {
      const zero = dx ? view.height - (-domain.y0 / domain.side) * size : (-domain.x0 / domain.side) * size;
      context.beginPath();
      context.moveTo(dx ? 0 : zero, dx ? zero : 0);
      context.lineTo(dx ? size : zero, dx ? zero : size);
      context.stroke();
    }
    drawPoints(context, points, domain, 0, 0, size, 5);
    if (chosen >= 0) {
      const [x, y] = placeOf(chosen);
      context.beginPath();
      context.arc(x, y, 11, 0, 2 * Math.PI);
      [context.strokeStyle, context.lineWidth] = [ink, 2.5];
      context.stroke();
    }
    context.fillStyle = grey;
    context.font = font(12 * textScale(context.canvas));
    [context.textAlign, context.textBaseline] = ["right", "bottom"];
    context.strokeStyle = paper;
    context.fillText("x1", size - 6, size - 4);
    [context.textAlign, context.textBaseline] = ["left", "top"];
    context.fillText("x2", 6, 5);
    const trained = points.tested.filter((one) => !one).length;
    told.textContent = chosen >= 0
      ? `Point ${chosen + 1} of ${points.x.length}: ${classes[points.label[chosen]]} at (${figure(points.x[chosen], 3)}, ${figure(points.y[chosen], 3)}).`
      : `${points.x.length} points: ${trained} to train on (filled), ${points.x.length - trained} unseen (outlined).`;
  }

  /** @param {number} i */
  function placeOf(i) {
    const size = view.width;
    return [((points.x[i] - domain.x0) / domain.side) * size, (1 - (points.y[i] - domain.y0) / domain.side) * size];
  }

  /** @param {MouseEvent} event @returns {[number, number]} */
  function valueAt(event) {
    const frame = box.getBoundingClientRect();
    const [x, y] = [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
    const within = (/** @type {number} */ v) => Math.min(Math.max(v, 0.01), 0.99);
    return [domain.x0 + within(x) * domain.side, domain.y0 + (1 - within(y)) * domain.side];
  }

  /** @param {MouseEvent} event */
  function nearest(event) {
    const [x, y] = valueAt(event);
    const reach = (11 / (view.width || 1)) * domain.side;
    let [best, away] = [-1, reach];
    points.x.forEach((px, i) => {
      const far = Math.hypot(px - x, points.y[i] - y);
      if (far < away) [best, away] = [i, far];
    });
    return best;
  }

  /** @param {number} x @param {number} y */
  function add(x, y) {
    if (points.x.length >= POINTS_MOST) return;
    points.x.push(x);
    points.y.push(y);
    points.label.push(label);
    points.tested.push(false);
    chosen = points.x.length - 1;
  }

  function remove() {
    if (chosen < 0) return;
    for (const list of [points.x, points.y, points.label, points.tested]) list.splice(chosen, 1);
    chosen = Math.min(chosen, points.x.length - 1);
  }

  function after() {
    draw();
    changed();
  }

  box.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    box.focus({ preventScroll: true });
    chosen = nearest(event);
    if (chosen < 0) add(...valueAt(event));
    dragging = true;
    box.setPointerCapture(event.pointerId);
    after();
  });
  box.addEventListener("pointermove", (event) => {
    if (!dragging || chosen < 0) return;
    [points.x[chosen], points.y[chosen]] = valueAt(event);
    after();
  });
  for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => { dragging = false; });
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    const many = points.x.length;
    if (by && chosen >= 0) {
      const far = domain.side / (event.shiftKey ? 20 : 100);
      points.x[chosen] += far * by[0];
      points.y[chosen] += far * by[1];
    } else if (event.key === "n" || event.key === "N") chosen = many ? (chosen + 1) % many : -1;
    else if (event.key === "p" || event.key === "P") chosen = many ? (chosen + many - 1) % many : -1;
    else if (event.key === "Enter") add(domain.x0 + domain.side / 2, domain.y0 + domain.side / 2);
    else if (event.key === "Delete" || event.key === "Backspace") remove();
    else if (event.key === "Escape") chosen = -1;
    else if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    after();
  });

  return {
    draw,
    reset() {
      chosen = -1;
      domain = domainOf(points);
      draw();
    },
  };
}
