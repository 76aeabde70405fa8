// @ts-check
// Weights as small pictures: blue positive, orange negative, the paper's colour nothing, each on its own scale.
//
//     colour = paper + (|w| / max |w|)^¾ · (blue or orange − paper)
//
// A picture is made once and kept, so scrubbing draws kept pictures.

import { largest } from "./arrays.js";
import { colours, rgb } from "./dom.js";

const TILES_KEPT = 2500; // 28 x 28 pixels each: 8 MB

/** @type {Map<string, {picture: HTMLCanvasElement, most: number}>} */
const tilesKept = new Map();

/** Height and width of the picture of n numbers: the data's own, or nearly square. @param {number} n @param {[number, number] | null} shape */
export function tileShape(n, shape) {
  if (shape && shape[0] * shape[1] === n) return { rows: shape[0], columns: shape[1] };
  const columns = Math.ceil(Math.sqrt(n));
  return { rows: Math.ceil(n / columns), columns };
}

/**
 * @param {string} key  what makes it another picture
 * @param {() => ArrayLike<number>} values @param {{rows: number, columns: number}} shape
 * @param {"signed" | "ink"} scale
 */
export function tilePicture(key, values, shape, scale) {
  const { tile, blue, orange, ink } = colours();
  const name = `${tile} ${key}`;
  const kept = tilesKept.get(name);
  if (kept) return kept;
  const canvas = tilesOldest() ?? document.createElement("canvas");
  [canvas.width, canvas.height] = [shape.columns, shape.rows];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(shape.columns, shape.rows);
  const numbers = values();
  const most = scale === "ink" ? Math.max(largest(numbers), 1e-300) : largest(numbers) || 1;
  const [zero, plus, minus] = [rgb(tile), rgb(scale === "ink" ? ink : blue), rgb(scale === "ink" ? ink : orange)];
  for (let i = 0; i < numbers.length; i++) {
    const part = Math.min(Math.abs(numbers[i]) / most, 1);
    const share = scale === "ink" ? part : part ** 0.75;
    const full = numbers[i] < 0 ? minus : plus;
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = zero[c] + share * (full[c] - zero[c]);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  const made = { picture: canvas, most };
  tilesKept.set(name, made);
  return made;
}

/** When there are enough: the oldest picture's canvas, to be painted over; a new one costs more. */
function tilesOldest() {
  if (tilesKept.size < TILES_KEPT) return null;
  const [name, { picture }] = /** @type {[string, {picture: HTMLCanvasElement}]} */ (tilesKept.entries().next().value);
  tilesKept.delete(name);
  return picture;
}
