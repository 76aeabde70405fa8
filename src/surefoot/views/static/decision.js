// @ts-check
// Responses over a plane as pictures: one unit's, or what all outputs decide, with the lines where they turn.

import { argmax } from "./arrays.js";
import { colours } from "./dom.js";
import { classColour, contourLines, paintValues, rgbOf } from "./maps.js";

/** @typedef {import("./responses.js").Responses} DecisionResponses */

/** The most classes whose borders are drawn. */
const DECISION_CLASSES = 8;

/** The values drawn as the scale's ends. @param {any} header @param {number} l @param {ArrayLike<number>} values @returns {[number, number]} */
export function responseRange(header, l, values) {
  const last = l === header.sizes.length - 1;
  if (l > 0 && !last && header.activation === "tanh") return [-1, 1];
  if ((last && header.classes.length) || (l > 0 && !last && header.activation === "logistic")) return [0, 1];
  let most = 1e-12;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) > most) most = Math.abs(values[i]);
  return [-most, most];
}

/** A unit's response, large; returns the lines where it is half way. @param {HTMLCanvasElement} canvas @param {DecisionResponses} responses @param {{l: number, u: number}} at @param {any} header @param {Uint8ClampedArray} scale */
export function paintUnit(canvas, responses, at, header, scale) {
  const values = responses.of(at.l, at.u);
  const [low, high] = responseRange(header, at.l, values);
  paintValues(canvas, values, responses.n, responses.n, scale, low, high);
  return contourLines(values, responses.n, responses.n, (low + high) / 2);
}

/** What the outputs decide; returns the border lines. @param {HTMLCanvasElement} canvas @param {DecisionResponses} responses @param {any} header @param {Uint8ClampedArray} scale */
export function paintDecision(canvas, responses, header, scale) {
  const last = header.sizes.length - 1;
  const k = header.sizes[last];
  if (!header.classes.length || k <= 2) {
    return paintUnit(canvas, responses, { l: last, u: k - 1 }, header, scale);
  }
  decisionPaintClasses(canvas, responses, last, k);
  const margin = new Float64Array(responses.n * responses.n);
  const lines = [];
  for (let u = 0; u < Math.min(k, DECISION_CLASSES); u++) {
    const mine = responses.of(last, u);
    for (let i = 0; i < mine.length; i++) {
      let best = 0;
      for (let v = 0; v < k; v++) if (v !== u) best = Math.max(best, responses.layers[last][v * mine.length + i]);
      margin[i] = mine[i] - best;
    }
    lines.push(...contourLines(margin, responses.n, responses.n, 0));
  }
  return lines;
}

/** Each point in the colour of its class, paler where the network is less sure. @param {HTMLCanvasElement} canvas @param {DecisionResponses} responses @param {number} last @param {number} k */
function decisionPaintClasses(canvas, responses, last, k) {
  [canvas.width, canvas.height] = [responses.n, responses.n];
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(responses.n, responses.n);
  const paper = rgbOf(colours().paper);
  const inks = Array.from({ length: k }, (_, u) => rgbOf(classColour(u)));
  const shares = new Float64Array(k);
  const points = responses.n * responses.n;
  for (let i = 0; i < points; i++) {
    for (let u = 0; u < k; u++) shares[u] = responses.layers[last][u * points + i];
    const best = argmax(shares);
    const sure = 0.75 * Math.max((shares[best] - 1 / k) / (1 - 1 / k), 0);
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = paper[c] + sure * (inks[best][c] - paper[c]);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
