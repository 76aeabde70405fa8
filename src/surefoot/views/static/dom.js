// @ts-check
// Small helpers for elements, canvases, colours, terms and hand-notes.  Data reaches the page as text only.

import { explained } from "./terms.js";

const SVG = "http://www.w3.org/2000/svg";
let domCount = 0;

/**
 * An element: `class`, `text`, `onclick`-like listeners and attributes; true, false and null do what they say.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, any>} [given] @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "text") element.textContent = String(value);
    else if (name.startsWith("on") && typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "value") /** @type {any} */ (element).value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** A drawing of strokes and fills: paths in a box of 24. @param {string} path @param {string} [kind] class */
export function icon(path, kind = "icon") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", kind);
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** A name no other element has. @param {string} stem */
export function freshId(stem) {
  domCount += 1;
  return `surefoot-${stem}-${domCount}`;
}

/**
 * @typedef {Object} Sheet  a canvas that fills its parent, sharp on every screen; width and height in CSS pixels
 * @property {HTMLCanvasElement} canvas
 * @property {CanvasRenderingContext2D} context
 * @property {number} width
 * @property {number} height
 * @property {number} zoom  CSS pixels per unit: 1, or larger on a projector where `zooming`
 * @property {boolean} zooming  set it to draw everything larger where the page's words are larger
 * @property {() => void} clear  wipes it and makes one unit one CSS pixel
 * @property {(words: string) => void} say  the one-sentence summary, for those who do not see it
 * @property {(() => void) | null} redraw  called when the size has changed
 * @property {() => void} fit  takes the parent's size now
 */

/**
 * A canvas that fills `parent` (which needs a height of its own) and follows its size.
 * @param {HTMLElement} parent @param {string} label @param {() => void} [redraw] @returns {Sheet}
 */
export function canvasIn(parent, label, redraw) {
  const canvas = el("canvas", { class: "sheet", role: "img", "aria-label": label });
  parent.classList.add("holds-sheet");
  parent.append(canvas);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  /** @type {Sheet} */
  const sheet = {
    canvas, context, width: 0, height: 0, zoom: 1, zooming: false, redraw: redraw ?? null,
    clear() {
      if (!sheet.width) sheet.fit();
      const dots = sheet.width ? canvas.width / sheet.width : 1;
      context.setTransform(dots, 0, 0, dots, 0, 0);
      context.clearRect(0, 0, sheet.width, sheet.height);
    },
    say(words) {
      if (canvas.getAttribute("aria-label") !== words) canvas.setAttribute("aria-label", words);
    },
    fit() {
      const dots = Math.min(window.devicePixelRatio || 1, 3);
      sheet.zoom = sheet.zooming ? pageZoom() : 1;
      const [width, height] = [parent.clientWidth / sheet.zoom, parent.clientHeight / sheet.zoom];
      if (!width || !height) return;
      if (width === sheet.width && height === sheet.height && canvas.width === Math.round(width * dots * sheet.zoom)) return;
      [sheet.width, sheet.height] = [width, height];
      [canvas.width, canvas.height] = [Math.round(width * dots * sheet.zoom), Math.round(height * dots * sheet.zoom)];
      context.setTransform(dots * sheet.zoom, 0, 0, dots * sheet.zoom, 0, 0);
    },
  };
  new ResizeObserver(() => {
    const before = [sheet.width, sheet.height, canvas.width].join();
    sheet.fit();
    if (before !== [sheet.width, sheet.height, canvas.width].join()) sheet.redraw?.();
  }).observe(parent);
  return sheet;
}

const COLOURS = {
  ink: "--ink", grey: "--grey", faint: "--faint", line: "--line", paper: "--paper", card: "--card",
  track: "--track", tile: "--tile", blue: "--blue", orange: "--orange", green: "--green",
  blueText: "--blue-text", orangeText: "--orange-text", greenText: "--green-text",
};

/** @typedef {Record<keyof typeof COLOURS, string>} Palette */

/** @type {{key: string, palette: Palette} | null} */
let domPalette = null;

/** The colours of the page as it looks now; …Text ones are dark enough for words. @returns {Palette} */
export function colours() {
  const root = /** @type {HTMLElement} */ (document.querySelector(".surefoot") ?? document.documentElement);
  const key = `${root.dataset.theme ?? ""} ${matchMedia("(prefers-color-scheme: dark)").matches} ${root.className}`;
  if (domPalette?.key === key) return domPalette.palette;
  const style = getComputedStyle(root);
  const found = Object.entries(COLOURS).map(([name, variable]) => [name, style.getPropertyValue(variable).trim()]);
  const palette = /** @type {Palette} */ (Object.fromEntries(found));
  if (palette.ink) domPalette = { key, palette };
  return palette;
}

/** #rrggbb as three numbers. @param {string} colour @returns {[number, number, number]} */
export function rgb(colour) {
  const n = parseInt(colour.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

/** The font of canvases. @param {number} size @param {string} [weight] */
export function font(size, weight = "") {
  return `${weight} ${size}px Inter, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", system-ui, sans-serif`;
}

/** How much larger than usual words are here: 1.25 on a projector. */
export function pageZoom() {
  const root = document.querySelector(".surefoot");
  return root ? (parseFloat(getComputedStyle(root).getPropertyValue("--text")) || 16) / 16 : 1;
}

/** A word with its one-sentence explanation on hover and on focus. @param {string} word @param {string} [shown] */
export function term(word, shown = word) {
  const sentence = explained(word);
  if (!sentence) return el("span", { text: shown });
  const id = freshId("term");
  return el("dfn", { class: "term", tabindex: "0", "aria-describedby": id, "data-term": word },
    shown, el("span", { class: "unseen", id, text: sentence }));
}

/**
 * A short hand-note with an arrow, switched off with the notes.
 * @param {string} text @param {"left" | "right" | "down" | "up" | "corner" | "none"} [side] where its arrow points
 */
export function note(text, side = "left") {
  const arrow = side === "none" ? null : icon("M3 6c6 0 12 3 16 12M19 18l-5.5-1.6M19 18l1.4-5.6", `note-arrow note-${side}`);
  const first = side === "left" || side === "corner";
  return el("span", { class: `note note-to-${side}` }, first ? arrow : null, el("span", { text }),
    first ? null : arrow);
}

/** Set a text where it has changed: what stays costs the page nothing. @param {HTMLElement} element @param {string} words */
export function tell(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** True where people asked their system for less motion. */
export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// numbers as people read them ---------------------------------------------------------------------

/** Four significant digits and a true minus: −0.5433, 1.2e−9. @param {number | null | undefined} value @param {number} [digits] */
export function figure(value, digits = 4) {
  if (value === null || value === undefined || !Number.isFinite(value)) return value === 0 ? "0" : "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e7 || size < 1e-4 ? value.toExponential(digits - 1) : trimmed(value, digits);
  return text.replace(/-/g, "−").replace("e+", "e");
}

/** @param {number} value @param {number} digits */
function trimmed(value, digits) {
  const text = value.toPrecision(digits);
  if (text.includes("e")) return Math.round(value).toLocaleString("en");
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

/** 84.1 %. @param {number | null | undefined} fraction */
export function inPercent(fraction) {
  return fraction === null || fraction === undefined ? "–" : `${(100 * fraction).toFixed(1)} %`;
}

/** 1 pass, 201 passes, 1,000 iterations. @param {number} many @param {string} thing */
export function count(many, thing) {
  const plural = /(s|x)$/.test(thing) ? "es" : "s";
  return `${many.toLocaleString("en")} ${thing}${many === 1 ? "" : plural}`;
}
