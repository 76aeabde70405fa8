// @ts-check
// Numbers as pictures: colour scales with even steps to the eye, contour lines, small images, marks of classes.
//
// Colours are mixed in OKLab (Ottosson 2020), where equal distances look equally far:
//
//     sequential   paper → one blue, darker for more          (in the dark: paper → one light blue)
//     diverging    orange ← paper → blue                      negative, nothing, positive
//
// Shape goes with colour always: class 0 is an orange disc, class 1 a blue square, and so on.

import { colours } from "./dom.js";

/** @typedef {[number, number, number]} Rgb */

/** @type {CanvasRenderingContext2D | null} */
let mapsBrush = null;

/** Any CSS colour as numbers 0..255. @param {string} text @returns {Rgb} */
export function rgbOf(text) {
  mapsBrush ??= document.createElement("canvas").getContext("2d");
  if (!mapsBrush) return [0, 0, 0];
  mapsBrush.fillStyle = "#000000";
  mapsBrush.fillStyle = text;
  const known = String(mapsBrush.fillStyle);
  const parts = known[0] === "#" ? (known.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => parseInt(pair, 16))
    : (known.match(/[\d.]+/g) ?? []).map(Number);
  return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0];
}

/** @param {Rgb} rgb @returns {Rgb} lightness, green-red, blue-yellow */
function mapsLab(rgb) {
  const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** @param {Rgb} lab @returns {Rgb} */
function mapsRgb([L, A, B]) {
  const l = (L + 0.3963377774 * A + 0.2158037573 * B) ** 3;
  const m = (L - 0.1055613458 * A - 0.0638541728 * B) ** 3;
  const s = (L - 0.0894841775 * A - 1.291485548 * B) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const [r, g, b] = linear.map((v) => 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
  return [r, g, b];
}

/** 256 colours through the given ones, even to the eye; entry i at 3 i. @param {string[]} through */
export function scaleThrough(through) {
  const labs = through.map((text) => mapsLab(rgbOf(text)));
  const scale = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (labs.length - 1);
    const left = Math.min(Math.floor(at), labs.length - 2);
    const part = at - left;
    const [L, A, B] = labs[left].map((v, c) => v + part * (labs[left + 1][c] - v));
    scale.set(mapsRgb([L, A, B]), 3 * i);
  }
  return scale;
}

/** True where the paper is darker than the ink. */
export function isDark() {
  const { paper, ink } = colours();
  return mapsLab(rgbOf(paper))[0] < mapsLab(rgbOf(ink))[0];
}

/** One hue, more is darker (lighter in the dark). */
export function sequentialScale() {
  return isDark() ? scaleThrough(["#1b2530", "#1d4e74", "#3f8fc4", "#a9d8f5"])
    : scaleThrough(["#f7f9fb", "#b5d3e7", "#4b93c3", "#0b4a7a"]);
}

/** Orange, paper, blue: -1, 0, 1. */
export function divergingScale() {
  return isDark() ? scaleThrough(["#f0903c", "#8a5a33", "#1c2027", "#31648b", "#5cb8f0"])
    : scaleThrough(["#c45300", "#f0b183", "#fdfcfa", "#8fc0df", "#0068a6"]);
}

/** Paper to ink, as images are drawn. */
export function inkScale() {
  const { paper, ink } = colours();
  return isDark() ? scaleThrough([paper, ink]) : scaleThrough(["#ffffff", ink]);
}

/**
 * Write values into a canvas of their own size, one pixel each; enlarge it by CSS (image-rendering: pixelated).
 * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values rows from the top @param {number} width
 * @param {number} height @param {Uint8ClampedArray} scale @param {number} low  drawn as the scale's first colour
 * @param {number} high
 */
export function paintValues(canvas, values, width, height, scale, low, high) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(width, height);
  const stretch = 255.999 / (high - low || 1);
  for (let i = 0; i < width * height; i++) {
    const at = Math.min(Math.max(((values[i] - low) * stretch) | 0, 0), 255);
    image.data[4 * i] = scale[3 * at];
    image.data[4 * i + 1] = scale[3 * at + 1];
    image.data[4 * i + 2] = scale[3 * at + 2];
    image.data[4 * i + 3] = Number.isFinite(values[i]) ? 255 : 0;
  }
  context.putImageData(image, 0, 0);
}

/**
 * Where values cross a level, as line segments in grid units: x0, y0, x1, y1, ... (marching squares; the centre of
 * a square decides its saddle).
 * @param {ArrayLike<number>} values rows of `columns` @param {number} columns @param {number} rowsInAll
 * @param {number} level @returns {number[]}
 */
export function contourLines(values, columns, rowsInAll, level) {
  /** @type {number[]} */
  const lines = [];
  for (let j = 0; j < rowsInAll - 1; j++) {
    for (let i = 0; i < columns - 1; i++) {
      const at = j * columns + i;
      const [a, b, c, d] = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]];
      if (!Number.isFinite(a + b + c + d)) continue;
      const above = (a > level ? 1 : 0) + (b > level ? 2 : 0) + (c > level ? 4 : 0) + (d > level ? 8 : 0);
      if (above === 0 || above === 15) continue;
      const top = [i + (level - a) / (b - a), j];
      const right = [i + 1, j + (level - b) / (c - b)];
      const bottom = [i + (level - d) / (c - d), j + 1];
      const left = [i, j + (level - a) / (d - a)];
      const high = (a + b + c + d) / 4 > level;
      if (above === 1 || above === 14) lines.push(...left, ...top);
      else if (above === 2 || above === 13) lines.push(...top, ...right);
      else if (above === 4 || above === 11) lines.push(...right, ...bottom);
      else if (above === 8 || above === 7) lines.push(...bottom, ...left);
      else if (above === 3 || above === 12) lines.push(...left, ...right);
      else if (above === 6 || above === 9) lines.push(...top, ...bottom);
      else if ((above === 5) === high) lines.push(...left, ...bottom, ...top, ...right);
      else lines.push(...left, ...top, ...right, ...bottom);
    }
  }
  return lines;
}

/** The colour of a class, and one that stands for it in a plane. @param {number} label */
export function classColour(label) {
  const { blue, orange, green } = colours();
  return [orange, blue, green, "#cc79a7", "#b8860b", "#56b4e9"][label % 6];
}

/**
 * The mark of a class around (x, y): disc, square, triangle, diamond, cross, star; filled or in outline.
 * @param {CanvasRenderingContext2D} context @param {number} label @param {number} x @param {number} y @param {number} r
 * @param {boolean} filled @param {string} edge  the colour around a filled one, inside an outlined one
 */
export function drawMark(context, label, x, y, r, filled, edge) {
  const corners = [[], [-1, -1, 1, -1, 1, 1, -1, 1], [0, -1.3, 1.2, 0.9, -1.2, 0.9], [0, -1.3, 1.2, 0, 0, 1.3, -1.2, 0],
    [-0.4, -1.2, 0.4, -1.2, 0.4, -0.4, 1.2, -0.4, 1.2, 0.4, 0.4, 0.4, 0.4, 1.2, -0.4, 1.2, -0.4, 0.4, -1.2, 0.4, -1.2, -0.4, -0.4, -0.4],
    [0, 1.3, 1.2, -0.9, -1.2, -0.9]][label % 6];
  context.beginPath();
  if (!corners.length) context.arc(x, y, r, 0, 2 * Math.PI);
  for (let i = 0; i < corners.length; i += 2) context.lineTo(x + 0.9 * r * corners[i], y + 0.9 * r * corners[i + 1]);
  context.closePath();
  context.fillStyle = filled ? classColour(label) : edge;
  context.strokeStyle = filled ? edge : classColour(label);
  context.lineWidth = filled ? 1 : 1.8;
  context.fill();
  context.stroke();
}
