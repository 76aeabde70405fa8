// @ts-check
// Where everything of the network stands: input, columns of units, outputs.  Geometry only, nothing is drawn here.
//
//     input ─ curves ─▶ units of layer 1 ─ … ─▶ units of layer L−1 ─ curves ─▶ outputs
//
// What does not fit is left out, the least active first, and counted.

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{x: number, y: number}} Port
 * @typedef {{l: number, u: number, tile: Box, bar: Box, thin: boolean, from: Port, to: Port}} Unit
 * @typedef {{l: number, units: Unit[], left: number, total: number, wide: number}} Column
 * @typedef {{u: number, row: Box, bar: Box, tile: Box | null, from: Port}} Answer
 * @typedef {{input: Box, port: Port, columns: Column[], answers: Answer[], missing: number, scale: number,
 *   narrow: boolean, label: number}} Plan
 */

/** Units of a layer, the most active first; how many are shown is decided by the room. @param {ArrayLike<number>} a */
export function byActivity(a) {
  return Array.from({ length: a.length }, (_, u) => u).sort((u, v) => Math.abs(a[v]) - Math.abs(a[u]));
}

/**
 * @param {number[]} sizes @param {number} width @param {number} height @param {number[][]} orders  per layer, units
 * by activity @param {number} label  width of the widest class name @param {boolean} marks  room for words at outputs
 * @returns {Plan}
 */
export function planNetwork(sizes, width, height, orders, label, marks) {
  const hidden = sizes.length - 2;
  const narrow = width < 560;
  const scale = narrow ? 0.86 : Math.min(Math.max(Math.min(width / 790, height / 520), 0.85), 1.9);
  const [top, bottom] = [narrow ? 10 : 14 * scale, narrow ? 34 * scale : 42 * scale];
  const room = height - top - bottom;
  const middle = top + room / 2;
  const side = narrow ? 72 : Math.min(148 * scale, width * (hidden > 1 ? 0.14 : 0.18));
  const input = { x: narrow ? 2 : 14 * scale, y: middle - side / 2 - (narrow ? 0 : 14 * scale), width: side, height: side };
  const words = marks ? (narrow ? 18 : 78 * scale) : 8;
  const value = (narrow ? 40 : 52) * scale;
  const alone = hidden === 0;
  const beside = alone ? Math.min(room / sizes[1] - 6, 56 * scale) : 0;
  const bar = narrow ? Math.max(width * 0.13, 36) : Math.min(150 * scale, width * (hidden > 1 ? 0.13 : 0.19));
  const right = width - (narrow ? 0 : 6) - words - value - bar;
  const answersLeft = right - label - beside - (alone ? 12 : 0);
  const answers = planAnswers(sizes, { top, room, right, bar, label, left: answersLeft, width, beside, scale });
  const columns = planColumns(sizes, orders, {
    left: input.x + side, right: answersLeft, top, room, scale, narrow,
  });
  const port = { x: input.x + side, y: input.y + side / 2 };
  const missing = sizes[sizes.length - 1] - answers.length;
  return { input, port, columns, answers, missing, scale, narrow, label };
}

/** @param {number[]} sizes @param {any} at @returns {Answer[]} */
function planAnswers(sizes, at) {
  const total = sizes[sizes.length - 1];
  const shown = Math.min(total, Math.max(Math.floor(at.room / 20), 1));
  const pitch = Math.min(at.room / shown, 64 * at.scale);
  const first = at.top + (at.room - pitch * shown) / 2;
  return Array.from({ length: shown }, (_, u) => {
    const y = first + pitch * (u + 0.5);
    const thick = Math.min(pitch * 0.42, 18 * at.scale);
    const tile = at.beside > 12
      ? { x: at.left, y: y - Math.min(at.beside, pitch - 4) / 2, width: Math.min(at.beside, pitch - 4), height: Math.min(at.beside, pitch - 4) }
      : null;
    return {
      u, tile,
      row: { x: at.left, y: y - pitch / 2, width: at.width - at.left, height: pitch },
      bar: { x: at.right, y: y - thick / 2, width: at.bar, height: thick },
      from: { x: at.left - (tile ? 2 : 4), y },
    };
  });
}

/** @param {number[]} sizes @param {number[][]} orders @param {any} at @returns {Column[]} */
function planColumns(sizes, orders, at) {
  const hidden = sizes.length - 2;
  if (!hidden) return [];
  const span = at.right - at.left;
  const columns = [];
  for (let l = 1; l <= hidden; l++) columns.push(planColumn(sizes[l], orders[l] ?? [], l, hidden, span, at));
  const gap = (span - columns.reduce((sum, column) => sum + column.wide, 0)) / (hidden + 1);
  let x = at.left + gap * (hidden > 1 || at.narrow ? 1 : 0.92);
  for (const column of columns) {
    for (const unit of column.units) {
      for (const box of [unit.tile, unit.bar]) box.x += x;
      unit.from.x += x;
      unit.to.x += x;
    }
    column.left = x;
    x += column.wide + gap;
  }
  return columns;
}

/** One hidden layer, standing at x = 0. @param {number} n @param {number[]} order @param {number} l @param {number} hidden
 * @param {number} span @param {any} at @returns {Column} */
function planColumn(n, order, l, hidden, span, at) {
  const least = at.narrow ? 30 : hidden > 1 ? 34 * at.scale : (n > 12 ? 38 : 46) * at.scale;
  const gap = n > 12 ? 8 * at.scale : Math.min(14 * at.scale, 10 + at.room / n / 14);
  const thin = n * (least + gap) > at.room + gap || at.narrow || hidden > 2;
  const most = hidden > 1 ? 62 * at.scale : at.narrow ? 54 : 86 * at.scale;
  const barRoom = thin ? 0 : (hidden > 1 ? 42 : 56) * at.scale;
  const under = thin ? 8 : 0;
  const rows = Math.max(Math.min(n, Math.floor((at.room + gap) / (least + under + gap))), 1);
  const side = Math.min((at.room - (rows - 1) * gap) / rows - under, most, (span / hidden) * 0.6);
  const widest = Math.max(Math.floor((span * (hidden > 1 ? 0.62 / hidden : 0.56)) / (side + 6)), 1);
  const across = Math.min(Math.ceil(n / rows), widest, hidden > 1 ? 2 : 5);
  const shown = Math.min(n, rows * across);
  const pitch = side + under + gap;
  const used = Math.min(rows, Math.ceil(shown / across));
  const first = at.top + (at.room - used * pitch + gap) / 2;
  const units = Array.from({ length: shown }, (_, i) => {
    const [row, column] = [Math.floor(i / across), i % across];
    const tile = { x: column * (side + 6), y: first + row * pitch, width: side, height: side };
    const bar = thin
      ? { x: tile.x, y: tile.y + side + 3, width: side, height: 4 }
      : { x: side + 9 * at.scale, y: tile.y + side / 2 - 1, width: barRoom - 10 * at.scale, height: 11 * at.scale };
    const middle = tile.y + side / 2;
    const end = thin ? tile.x + side : bar.x + bar.width;
    return {
      l, u: order[i] ?? i, tile, bar, thin,
      from: { x: tile.x - 1, y: middle }, to: { x: end + 2, y: thin ? middle : bar.y + bar.height / 2 },
    };
  });
  if (shown === n) { // all are here: in their own order
    units.forEach((unit, i) => (unit.u = i));
  }
  const wide = thin ? across * (side + 6) - 6 : side + barRoom;
  return { l, units, left: 0, total: n, wide };
}

/** A curve between two ports: its four points. @param {Port} from @param {Port} to */
export function curveBetween(from, to) {
  const bend = (to.x - from.x) * 0.5;
  return [from.x, from.y, from.x + bend, from.y, to.x - bend, to.y, to.x, to.y];
}

/** The point at t of a curve. @param {number[]} c @param {number} t @returns {Port} */
export function pointOn(c, t) {
  const s = 1 - t;
  const [p, q, r, w] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
  return { x: p * c[0] + q * c[2] + r * c[4] + w * c[6], y: p * c[1] + q * c[3] + r * c[5] + w * c[7] };
}

/** True inside. @param {Box | null} box @param {number} x @param {number} y @param {number} [slack] */
export function inBox(box, x, y, slack = 0) {
  return Boolean(box && x >= box.x - slack && x < box.x + box.width + slack && y >= box.y - slack && y < box.y + box.height + slack);
}
