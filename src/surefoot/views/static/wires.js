// @ts-check
// The curves between layers: what each sends to the next, w · a.
//
//     width ∝ |w · a|      blue, solid: adds      orange, dashed: takes away
//
// At most some hundreds are drawn, the strongest; weaker ones would not be seen.

import { colours } from "./dom.js";
import { curveBetween, pointOn } from "./layers.js";

/** @typedef {{curve: number[], share: number, amount: number, l: number, row: number, column: number}} Wire */

const WIRES_DRAWN = 420;

/**
 * All curves of a plan, l counted from 1 (into layer l); those from the input stand for a whole image.
 * @param {import("./layers.js").Plan} plan @param {any} passed  what Model.passed says @param {number[]} sizes
 * @param {import("./maths.js").Block[]} blocks @returns {Wire[]}
 */
export function wiresOf(plan, passed, sizes, blocks) {
  /** @type {Wire[]} */
  const wires = [];
  const ends = [...plan.columns.map((column) => column.units), plan.answers];
  wiresFromInput(wires, plan, passed, ends[0]);
  for (let l = 2; l < sizes.length; l++) {
    const W = blocks[2 * (l - 1)];
    const between = [];
    for (const unit of plan.columns[l - 2].units) {
      for (const end of ends[l - 1]) {
        const amount = passed.a[l - 1][unit.u] * passed.theta[W.start + unit.u * W.columns + end.u];
        between.push({ curve: curveBetween(unit.to, end.from), share: 0, amount, l, row: unit.u, column: end.u });
      }
    }
    const most = Math.max(...between.map((wire) => Math.abs(wire.amount)), 1e-300);
    for (const wire of between) wire.share = Math.abs(wire.amount) / most;
    between.sort((one, other) => one.share - other.share);
    wires.push(...between.filter((wire) => wire.share > 0.02).slice(-WIRES_DRAWN));
  }
  return wires;
}

/** @param {Wire[]} wires @param {import("./layers.js").Plan} plan @param {any} passed @param {any[]} ends */
function wiresFromInput(wires, plan, passed, ends) {
  const said = passed.a[1];
  let most = 1e-300;
  for (const end of ends) most = Math.max(most, Math.abs(said[end.u]));
  for (const end of ends) {
    const share = Math.abs(said[end.u]) / most;
    wires.push({ curve: curveBetween(plan.port, end.from), share, amount: 0, l: 1, row: -1, column: end.u });
  }
}

/**
 * @param {CanvasRenderingContext2D} context @param {Wire[]} wires @param {number} scale
 * @param {{l: number, u: number} | null} lit  a unit or an output whose curves stand out
 */
export function drawWires(context, wires, scale, lit) {
  const { blue, orange, ink } = colours();
  context.lineCap = "butt";
  for (const wire of wires) {
    const dimmed = lit !== null && !touches(wire, lit);
    const plain = wire.row < 0;
    context.globalAlpha = dimmed ? 0.07 : plain ? 0.12 + 0.4 * wire.share : 0.3 + 0.5 * wire.share;
    context.strokeStyle = plain ? ink : wire.amount < 0 ? orange : blue;
    context.lineWidth = scale * (plain ? 0.7 + 4.6 * wire.share : 0.6 + 4.8 * wire.share);
    context.setLineDash(!plain && wire.amount < 0 ? [6 * scale, 3.5 * scale] : []);
    const c = wire.curve;
    context.beginPath();
    context.moveTo(c[0], c[1]);
    context.bezierCurveTo(c[2], c[3], c[4], c[5], c[6], c[7]);
    context.stroke();
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** @param {Wire} wire @param {{l: number, u: number}} lit */
function touches(wire, lit) {
  return (wire.l === lit.l && wire.column === lit.u) || (wire.l === lit.l + 1 && wire.row === lit.u);
}

/**
 * Values on their way: a dot a curve, layer after layer.  t from 0 to 1 over all layers.
 * @param {CanvasRenderingContext2D} context @param {Wire[]} wires @param {number} depth @param {number} t @param {number} scale
 */
export function drawFlow(context, wires, depth, t, scale) {
  const { blue, orange, ink, card } = colours();
  for (const wire of wires) {
    const along = t * depth - (wire.l - 1);
    if (along <= 0 || along >= 1 || wire.share < 0.12) continue;
    const eased = along * along * (3 - 2 * along);
    const at = pointOn(wire.curve, eased);
    context.beginPath();
    context.arc(at.x, at.y, scale * (2 + 3.4 * wire.share), 0, 2 * Math.PI);
    context.fillStyle = wire.row < 0 ? ink : wire.amount < 0 ? orange : blue;
    context.fill();
    context.lineWidth = 1.4;
    context.strokeStyle = card;
    context.stroke();
  }
}

/** The drawn curve nearest to a place, within a few pixels. @param {Wire[]} wires @param {number} x @param {number} y */
export function wireAt(wires, x, y) {
  let [best, found] = [7, /** @type {Wire | null} */ (null)];
  for (const wire of wires) {
    const c = wire.curve;
    if (x < c[0] || x > c[6] || y < Math.min(c[1], c[7]) - 8 || y > Math.max(c[1], c[7]) + 8) continue;
    for (let i = 0; i <= 28; i++) {
      const at = pointOn(c, i / 28);
      const next = pointOn(c, Math.min(i + 1, 28) / 28);
      const away = farFrom(x, y, at, next) - 1.5 * wire.share;
      if (away < best) [best, found] = [away, wire];
    }
  }
  return found;
}

/** @param {number} x @param {number} y @param {{x: number, y: number}} p @param {{x: number, y: number}} q */
function farFrom(x, y, p, q) {
  const [dx, dy] = [q.x - p.x, q.y - p.y];
  const t = Math.min(Math.max(((x - p.x) * dx + (y - p.y) * dy) / (dx * dx + dy * dy || 1), 0), 1);
  return Math.hypot(x - p.x - t * dx, y - p.y - t * dy);
}
