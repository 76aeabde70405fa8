// @ts-check
// The network in the browser: the same equations as network/mlp.py, for one sample, in double precision.
//
//     z¹ = x W¹ + b¹      aˡ = f(zˡ)      zˡ⁺¹ = aˡ Wˡ⁺¹ + bˡ⁺¹      the last z are the outputs
//
//     dᴸ from the loss,   dˡ = (Wˡ⁺¹ dˡ⁺¹) ∘ f′(zˡ),   ∂l/∂Wˡ = aˡ⁻¹ dˡᵀ,   ∂l/∂bˡ = dˡ
//
// theta = [W1, b1, W2, b2, ...], W of shape (d_in, d_out) in C order.

/** @typedef {{name: string, rows: number, columns: number, start: number}} Block  one W or b; b has one row */
/** @typedef {{sizes: number[], activation: string, loss: string}} Net */

/** @type {Record<string, (z: number) => number>} */
export const ACTIVATIONS = {
  logistic: (z) => (z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z))),
  tanh: Math.tanh,
  relu: (z) => (z <= 0 ? 0 : z),
  softplus: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
  identity: (z) => z,
};

/** f′(z) from z and a = f(z). @type {Record<string, (z: number, a: number) => number>} */
export const SLOPES = {
  logistic: (z, a) => a * (1 - a),
  tanh: (z, a) => 1 - a * a,
  relu: (z) => (z > 0 ? 1 : 0),
  softplus: (z) => ACTIVATIONS.logistic(z),
  identity: () => 1,
};

/** Names and places of the parameters in theta: W1, b1, W2, b2, ... @param {number[]} sizes @returns {Block[]} */
export function layout(sizes) {
  const blocks = [];
  let start = 0;
  for (let l = 1; l < sizes.length; l++) {
    blocks.push({ name: `W${l}`, rows: sizes[l - 1], columns: sizes[l], start });
    start += sizes[l - 1] * sizes[l];
    blocks.push({ name: `b${l}`, rows: 1, columns: sizes[l], start });
    start += sizes[l];
  }
  return blocks;
}

/** What a parameter is called: W1[300, 2] or b2[7]. @param {Block} block @param {number} row @param {number} column */
export function nameOf(block, row, column) {
  return block.name[0] === "W" ? `${block.name}[${row}, ${column}]` : `${block.name}[${column}]`;
}

/**
 * All pre-activations z[1..L] and activations a[0..L-1] of one input; a[L] is what the outputs mean.
 * @param {Net} net @param {ArrayLike<number>} theta @param {ArrayLike<number>} x
 * @returns {{z: Float64Array[], a: Float64Array[], outputs: Float64Array}}
 */
export function forward(net, theta, x) {
  const f = ACTIVATIONS[net.activation];
  const depth = net.sizes.length - 1;
  const z = [new Float64Array(0)];
  const a = [Float64Array.from(x)];
  let start = 0;
  for (let l = 1; l <= depth; l++) {
    const [rows, columns] = [net.sizes[l - 1], net.sizes[l]];
    const next = new Float64Array(columns);
    const bias = start + rows * columns;
    for (let k = 0; k < columns; k++) next[k] = theta[bias + k];
    for (let j = 0; j < rows; j++) {
      const value = a[l - 1][j];
      if (value === 0) continue;
      for (let k = 0; k < columns; k++) next[k] += value * theta[start + j * columns + k];
    }
    z.push(next);
    a.push(l < depth ? next.map(f) : meaning(net.loss, next));
    start = bias + columns;
  }
  return { z, a, outputs: a[depth] };
}

/** What outputs mean: softmax, logistic or the numbers themselves. @param {string} loss @param {Float64Array} z */
export function meaning(loss, z) {
  if (loss === "squared-error") return Float64Array.from(z);
  if (loss === "binary") return z.map(ACTIVATIONS.logistic);
  const top = Math.max(...z); // subtracted: exp must not overflow
  const e = z.map((value) => Math.exp(value - top));
  const sum = e.reduce((s, value) => s + value, 0);
  return e.map((value) => value / sum);
}

/** The loss of one sample. @param {string} loss @param {Float64Array} z last pre-activations @param {any} label */
export function lossOf(loss, z, label) {
  const wanted = typeof label === "number" ? [label] : label;
  if (loss === "cross-entropy") {
    const top = Math.max(...z);
    return top + Math.log(z.reduce((s, value) => s + Math.exp(value - top), 0)) - z[label];
  }
  if (loss === "binary") return z.reduce((s, v, k) => s + ACTIVATIONS.softplus(v) - wanted[k] * v, 0);
  return z.reduce((s, v, k) => s + 0.5 * (v - wanted[k]) ** 2, 0);
}

/**
 * D[1..L] = ∂l/∂zˡ of one sample's loss, from what `forward` left.
 * @param {Net} net @param {ArrayLike<number>} theta @param {ReturnType<typeof forward>} passed @param {any} label
 * @returns {Float64Array[]}
 */
export function backward(net, theta, passed, label) {
  const depth = net.sizes.length - 1;
  const wanted = typeof label === "number" && net.loss !== "cross-entropy" ? [label] : label;
  const D = new Array(depth + 1);
  D[0] = new Float64Array(0);
  D[depth] = passed.outputs.map((p, k) => p - (net.loss === "cross-entropy" ? Number(k === label) : wanted[k]));
  const blocks = layout(net.sizes);
  for (let l = depth - 1; l >= 1; l--) {
    const W = blocks[2 * l];
    D[l] = passed.z[l].map((z, j) => {
      let sum = 0;
      for (let k = 0; k < W.columns; k++) sum += theta[W.start + j * W.columns + k] * D[l + 1][k];
      return sum * SLOPES[net.activation](z, passed.a[l][j]);
    });
  }
  return D;
}

/** The weights into unit u of layer l. @param {number[]} sizes @param {ArrayLike<number>} theta @param {number} l @param {number} u */
export function weightsInto(sizes, theta, l, u) {
  const W = layout(sizes)[2 * (l - 1)];
  return Float64Array.from({ length: W.rows }, (_, j) => theta[W.start + j * W.columns + u]);
}
