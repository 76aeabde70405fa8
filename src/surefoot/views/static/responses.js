// @ts-check
// What every unit answers to every point of a square: the network's equations over a grid, for data in a plane.
//
//     grid of n x n points, rows from the top;      response[l][u · n² + i] = aˡ_u at point i;      a^L: what outputs mean

import { layout } from "./maths.js";

/** @typedef {{x0: number, y0: number, side: number}} ResponseSquare */

export class Responses {
  /** @param {number} n points each way */
  constructor(n) {
    this.n = n;
    /** @type {Float64Array[]} from the inputs, 0, to the outputs */
    this.layers = [];
    this._square = "";
    this._sizes = "";
  }

  /** @param {number[]} sizes @param {ResponseSquare} square */
  _prepare(sizes, square) {
    const points = this.n * this.n;
    if (this._sizes !== String(sizes)) {
      this._sizes = String(sizes);
      this._square = "";
      this.layers = sizes.map((units) => new Float64Array(units * points));
    }
    const key = `${square.x0} ${square.y0} ${square.side}`;
    if (this._square === key) return;
    this._square = key;
    for (let j = 0, i = 0; j < this.n; j++) {
      for (let c = 0; c < this.n; c++, i++) {
        this.layers[0][i] = square.x0 + ((c + 0.5) / this.n) * square.side;
        this.layers[0][points + i] = square.y0 + (1 - (j + 0.5) / this.n) * square.side;
      }
    }
  }

  /** @param {import("./maths.js").Net} net @param {ArrayLike<number>} theta @param {ResponseSquare} square */
  compute(net, theta, square) {
    this._prepare(net.sizes, square);
    const points = this.n * this.n;
    const blocks = layout(net.sizes);
    const depth = net.sizes.length - 1;
    for (let l = 1; l <= depth; l++) {
      const [W, b] = [blocks[2 * l - 2], blocks[2 * l - 1]];
      const [from, to] = [this.layers[l - 1], this.layers[l]];
      for (let u = 0; u < W.columns; u++) {
        const z = to.subarray(u * points, (u + 1) * points);
        z.fill(theta[b.start + u]);
        for (let j = 0; j < W.rows; j++) {
          const w = theta[W.start + j * W.columns + u];
          const a = j * points;
          for (let i = 0; i < points; i++) z[i] += w * from[a + i];
        }
        if (l < depth) responsesActivate(net.activation, z);
      }
    }
    responsesMean(net.loss, this.layers[depth], net.sizes[depth], points);
  }

  /** One unit's answers. @param {number} l @param {number} u */
  of(l, u) {
    const points = this.n * this.n;
    return this.layers[l].subarray(u * points, (u + 1) * points);
  }
}

/** z ← f(z). @param {string} activation @param {Float64Array} z */
function responsesActivate(activation, z) {
  const m = z.length;
  if (activation === "tanh") for (let i = 0; i < m; i++) z[i] = 1 - 2 / (1 + Math.exp(2 * z[i])); // good enough to look at
  else if (activation === "logistic") for (let i = 0; i < m; i++) z[i] = 1 / (1 + Math.exp(-z[i]));
  else if (activation === "relu") for (let i = 0; i < m; i++) z[i] = z[i] > 0 ? z[i] : 0;
  else if (activation === "softplus") for (let i = 0; i < m; i++) z[i] = Math.max(z[i], 0) + Math.log1p(Math.exp(-Math.abs(z[i])));
}

/** Outputs ← what they mean. @param {string} loss @param {Float64Array} z @param {number} k @param {number} points */
function responsesMean(loss, z, k, points) {
  if (loss === "binary") for (let i = 0; i < z.length; i++) z[i] = 1 / (1 + Math.exp(-z[i]));
  if (loss !== "cross-entropy") return;
  for (let i = 0; i < points; i++) {
    let [top, sum] = [-Infinity, 0];
    for (let u = 0; u < k; u++) if (z[u * points + i] > top) top = z[u * points + i];
    for (let u = 0; u < k; u++) sum += z[u * points + i] = Math.exp(z[u * points + i] - top);
    for (let u = 0; u < k; u++) z[u * points + i] /= sum;
  }
}
