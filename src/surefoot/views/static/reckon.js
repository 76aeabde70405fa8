// @ts-check
// Where a number comes from: its formula, its operands, the result, reckoned here and now.  No page, only numbers.
//
//     zⱼ = Σᵢ aᵢ Wᵢⱼ + bⱼ      aⱼ = f(zⱼ)      pₖ = e^zₖ / Σₘ e^zₘ
//     dₖ = pₖ − yₖ             dⱼ = f′(zⱼ) Σₖ Wⱼₖ dₖ      ∂ℓ/∂Wᵢⱼ = aᵢ dⱼ

import { figure } from "./dom.js";
import { ACTIVATIONS, SLOPES, backward, forward, layout, lossOf, nameOf } from "./maths.js";

/**
 * @typedef {{kind: string, l?: number, u?: number, row?: number, column?: number, i?: number}} About  what is asked
 * @typedef {{name: string, told: string, value: number, about?: About | null, share?: number}} Operand
 * @typedef {{formula: string, operands: Operand[], more: number, rest: number | null, result: string, value: number,
 *   holds?: boolean}} Reckoning
 * @typedef {{title: string, parts: Reckoning[]}} Explanation
 * @typedef {{net: any, theta: ArrayLike<number>, x: ArrayLike<number>, label: any, passed: ReturnType<typeof forward>,
 *   D: Float64Array[] | null, blocks: import("./maths.js").Block[]}} Facts
 */

const RECKON_SHOWN = 6;
const RECKON_BENDS = /** @type {Record<string, string>} */ ({
  logistic: "1 / (1 + e⁻ᶻ)", tanh: "tanh z", relu: "max(z, 0)", softplus: "ln(1 + eᶻ)", identity: "z",
});
const RECKON_SLOPES = /** @type {Record<string, string>} */ ({
  logistic: "a (1 − a)", tanh: "1 − a²", relu: "1 if z > 0, else 0", softplus: "1 / (1 + e⁻ᶻ)", identity: "1",
});

/** Everything needed, from weights and one sample. @param {any} net @param {ArrayLike<number>} theta @param {import("./model.js").Sample} sample @returns {Facts} */
export function factsOf(net, theta, sample) {
  const passed = forward(net, theta, sample.x);
  const known = sample.label !== null && sample.label !== undefined;
  return {
    net, theta, x: sample.x, label: known ? sample.label : null, passed,
    D: known ? backward(net, theta, passed, sample.label) : null, blocks: layout(net.sizes),
  };
}

/** @param {About} about @param {Facts} facts @returns {Explanation} */
export function explain(about, facts) {
  const { l = 1, u = 0 } = about;
  if (about.kind === "input") return explainInput(about.i ?? 0, facts);
  if (about.kind === "weight") return explainWeight(l, about.row ?? 0, about.column ?? 0, facts);
  if (about.kind === "bias") return explainBias(l, u, facts);
  if (about.kind === "delta") return { title: `${nameD(l, u)}, what the loss asks of unit ${u}`, parts: [reckonDelta(l, u, facts)].flat() };
  if (about.kind === "output") return explainOutput(u, facts);
  return explainActivation(l, u, facts);
}

/** x[3], a1[3] or the outputs. @param {number} l @param {number} u */
function nameA(l, u) {
  return l === 0 ? `x[${u}]` : `a${l}[${u}]`;
}

/** @param {number} l @param {number} u */
function nameD(l, u) {
  return `D${l}[${u}]`;
}

/** @param {number} l @param {number} u @returns {About} */
function aboutA(l, u) {
  return l === 0 ? { kind: "input", i: u } : { kind: "activation", l, u };
}

/**
 * A sum with its largest terms first and the sum of the rest.
 * @param {string} formula @param {Operand[]} terms @param {string} name @param {number} [value] @returns {Reckoning}
 */
function reckonSum(formula, terms, name, value = terms.reduce((sum, term) => sum + term.value, 0)) {
  const sorted = [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const shown = sorted.slice(0, sorted.length > RECKON_SHOWN + 1 ? RECKON_SHOWN : sorted.length);
  const others = sorted.slice(shown.length);
  const most = Math.abs(sorted[0]?.value ?? 0) || 1;
  for (const term of shown) term.share = term.value / most;
  const rest = others.length ? others.reduce((sum, term) => sum + term.value, 0) : null;
  return { formula, operands: shown, more: others.length, rest, result: name, value };
}

/** z of unit u in layer l, term by term. @param {number} l @param {number} u @param {Facts} facts @returns {Reckoning} */
export function reckonZ(l, u, facts) {
  const [W, b] = [facts.blocks[2 * l - 2], facts.blocks[2 * l - 1]];
  const bias = facts.theta[b.start + u];
  const terms = Array.from({ length: W.rows }, (_, i) => {
    const [a, w] = [facts.passed.a[l - 1][i], facts.theta[W.start + i * W.columns + u]];
    return { name: `${nameA(l - 1, i)} × ${nameOf(W, i, u)}`, told: `${figure(a)} × ${figure(w)}`, value: a * w, about: { kind: "weight", l, row: i, column: u } };
  });
  const all = [...terms, { name: nameOf(b, 0, u), told: "the bias", value: bias, about: { kind: "bias", l, u } }];
  const input = l === 1 ? "x" : `a${l - 1}`;
  return reckonSum(`z${l}[${u}] = Σᵢ ${input}[i] W${l}[i, ${u}] + b${l}[${u}]`, all, `z${l}[${u}]`);
}

/** @param {number} l @param {number} u @param {Facts} facts @returns {Explanation} */
function explainActivation(l, u, facts) {
  const sum = reckonZ(l, u, facts);
  const { activation } = facts.net;
  const bent = { formula: `${nameA(l, u)} = f(z) = ${RECKON_BENDS[activation]}`, operands: [], more: 0, rest: null,
    result: nameA(l, u), value: ACTIVATIONS[activation](sum.value) };
  return { title: `the activation of unit ${u}, layer ${l}`, parts: [sum, bent, ...reckonDelta(l, u, facts)] };
}

/** @param {number} u @param {Facts} facts @returns {Explanation} */
function explainOutput(u, facts) {
  const { net, passed } = facts;
  const l = net.sizes.length - 1;
  const sum = reckonZ(l, u, facts);
  const parts = [sum];
  const name = net.classes?.[u] ?? u;
  if (net.loss === "cross-entropy") {
    const z = passed.z[l];
    const top = Math.max(...z);
    const terms = Array.from(z, (value, k) => ({ name: `e^(z[${k}] − max z)`, told: `z = ${figure(value)}`, value: Math.exp(value - top), about: /** @type {About} */ ({ kind: "output", u: k }) }));
    const total = terms.reduce((all, one) => all + one.value, 0);
    const mine = terms[u].value;
    const shares = reckonSum("Σₘ e^(z[m] − max z)    (max z is taken off: e^z must not overflow)", terms, "Σ", total);
    parts.push(shares, single(`p[${u}] = e^(z[${u}] − max z) / Σ = ${figure(mine)} / ${figure(total)}`, `p[${u}]`, mine / total));
    if (facts.label === u) parts.push(single(`loss of this sample  ℓ = −ln p[${u}]`, "ℓ", -Math.log(mine / total)));
  } else if (net.loss === "binary") parts.push(single(`p = 1 / (1 + e⁻ᶻ)`, "p", ACTIVATIONS.logistic(sum.value)));
  else if (facts.label !== null) parts.push(single("loss of this sample  ℓ = ½ Σ (output − wanted)²", "ℓ", lossOf(net.loss, passed.z[l], facts.label)));
  return { title: net.loss === "squared-error" ? `output ${u}` : `the probability of ${String(name).slice(0, 30)}`, parts: [...parts, ...reckonDelta(l, u, facts)] };
}

/** @param {string} formula @param {string} result @param {number} value @returns {Reckoning} */
function single(formula, result, value) {
  return { formula, operands: [], more: 0, rest: null, result, value };
}

/** D of unit u of layer l: one part, or none where the label is not known. @param {number} l @param {number} u @param {Facts} facts @returns {Reckoning[]} */
function reckonDelta(l, u, facts) {
  const { D, net, passed } = facts;
  if (!D) return [];
  const last = net.sizes.length - 1;
  if (l === last) {
    const wanted = net.loss === "cross-entropy" ? Number(u === facts.label) : Array.isArray(facts.label) ? facts.label[u] : facts.label;
    const letter = net.loss === "squared-error" ? "output" : "p";
    return [single(`${nameD(l, u)} = ∂ℓ/∂z = ${letter} − y = ${figure(passed.outputs[u])} − ${figure(wanted)}`, nameD(l, u), passed.outputs[u] - wanted)];
  }
  const W = facts.blocks[2 * l];
  const terms = Array.from({ length: W.columns }, (_, k) => {
    const [w, d] = [facts.theta[W.start + u * W.columns + k], D[l + 1][k]];
    return { name: `${nameOf(W, u, k)} × ${nameD(l + 1, k)}`, told: `${figure(w)} × ${figure(d)}`, value: w * d, about: /** @type {About} */ ({ kind: "weight", l: l + 1, row: u, column: k }) };
  });
  const sum = reckonSum(`∂ℓ/∂${nameA(l, u)} = Σₖ W${l + 1}[${u}, k] D${l + 1}[k]`, terms, "Σ");
  const slope = SLOPES[net.activation](passed.z[l][u], passed.a[l][u]);
  return [sum, single(`${nameD(l, u)} = f′(z) Σ,  f′(z) = ${RECKON_SLOPES[net.activation]} = ${figure(slope)}`, nameD(l, u), slope * sum.value)];
}

/** @param {number} l @param {number} row @param {number} column @param {Facts} facts @returns {Explanation} */
function explainWeight(l, row, column, facts) {
  const { net } = facts;
  const W = facts.blocks[2 * l - 2];
  const name = nameOf(W, row, column);
  const w = facts.theta[W.start + row * W.columns + column];
  const a = facts.passed.a[l - 1][row];
  const input = { name: nameA(l - 1, row), told: l === 1 ? "what comes in" : "activation", value: a, about: aboutA(l - 1, row) };
  const parts = [
    single(`${name} = θ[${(W.start + row * W.columns + column).toLocaleString("en")}], found by training`, name, w),
    { ...single(`what it sends to z${l}[${column}]: ${nameA(l - 1, row)} × ${name}`, "product", a * w),
      operands: [input, { name, told: "this weight", value: w }] },
  ];
  if (facts.D) {
    const d = facts.D[l][column];
    parts.push({ ...single(`gradient entry of this sample: ∂ℓ/∂${name} = ${nameA(l - 1, row)} × ${nameD(l, column)}`, "∂ℓ/∂W", a * d),
      operands: [input, { name: nameD(l, column), told: "∂ℓ/∂z", value: d, about: { kind: "delta", l, u: column } }] });
  }
  const shape = net.image_shape;
  const where = l === 1 && shape ? `: pixel (${Math.floor(row / shape[1])}, ${row % shape[1]}) to unit ${column}` : "";
  return { title: `the weight ${name}${where}`, parts };
}

/** @param {number} l @param {number} u @param {Facts} facts @returns {Explanation} */
function explainBias(l, u, facts) {
  const b = facts.blocks[2 * l - 1];
  const name = nameOf(b, 0, u);
  const parts = [single(`${name} = θ[${(b.start + u).toLocaleString("en")}], found by training`, name, facts.theta[b.start + u])];
  if (facts.D) parts.push(single(`gradient entry of this sample: ∂ℓ/∂${name} = ${nameD(l, u)}`, `∂ℓ/∂b`, facts.D[l][u]));
  return { title: `the bias ${name}`, parts };
}

/** @param {number} i @param {Facts} facts @returns {Explanation} */
function explainInput(i, facts) {
  const { net, x, blocks, theta } = facts;
  const W = blocks[0];
  const scale = net.scale ?? 1;
  const terms = Array.from({ length: W.columns }, (_, j) => {
    const w = theta[W.start + i * W.columns + j];
    return { name: `${nameA(0, i)} × ${nameOf(W, i, j)}`, told: `to unit ${j}`, value: x[i] * w, about: /** @type {About} */ ({ kind: "weight", l: 1, row: i, column: j }) };
  });
  const sent = reckonSum(`what it sends: x[${i}] W1[${i}, j] to every unit j`, terms, "sum of all");
  return { title: `the input x[${i}]`, parts: [single(`x[${i}] = value in the data / ${scale} = ${figure(x[i] * scale)} / ${scale}`, `x[${i}]`, x[i]), sent] };
}

/** The entry of theta that a question is about, or -1. @param {About} about @param {Facts} facts */
export function entryOf(about, facts) {
  const { l = 1, row = 0, column = 0, u = 0 } = about;
  if (about.kind === "weight") return facts.blocks[2 * l - 2].start + row * facts.blocks[2 * l - 2].columns + column;
  return about.kind === "bias" ? facts.blocks[2 * l - 1].start + u : -1;
}

/**
 * A step's trials against the Armijo condition, both sides as numbers.
 * @param {any} step @param {{phi0: number, slope0: number, c1: number | null, c2: number | null}} search @returns {Explanation}
 */
export function explainAlpha(step, search) {
  const { phi0, slope0, c1, c2 } = search;
  /** @type {Reckoning[]} */
  const parts = [];
  for (const [i, trial] of step.trials.entries()) {
    const finite = typeof trial.phi === "number";
    const left = finite ? trial.phi - phi0 : NaN;
    const right = c1 === null ? NaN : c1 * trial.alpha * slope0;
    const operands = [{ name: `φ(${figure(trial.alpha)})`, told: finite ? figure(trial.phi, 9) : "not finite", value: finite ? trial.phi : NaN }];
    const holds = left <= right;
    const fall = c1 === null ? `φ(α) − φ(0) = ${figure(left, 6)}`
      : `φ(α) − φ(0) ≤ c₁ α φ′(0):  ${figure(left, 6)} ${holds ? "≤" : "is not ≤"} ${figure(right, 6)}`;
    const flat = c2 === null || typeof trial.slope !== "number" ? ""
      : `|φ′(α)| ≤ c₂ |φ′(0)|:  ${figure(Math.abs(trial.slope), 4)} ${Math.abs(trial.slope) <= c2 * Math.abs(slope0) ? "≤" : "is not ≤"} ${figure(c2 * Math.abs(slope0), 4)}`;
    parts.push({ formula: `${i + 1}.  α = ${figure(trial.alpha, 6)}   ${trial.verdict}`, operands, more: 0, rest: null, result: [fall, flat].filter(Boolean).join("\n"), value: NaN, holds: trial.verdict === "accepted" });
  }
  return { title: step.alpha ? `α = ${figure(step.alpha, 6)}` : "no step was taken", parts };
}
