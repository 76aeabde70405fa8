// @ts-check
// Hidden units and outputs, drawn; and the same in words.

import { colours, count, figure, font } from "./dom.js";
import { largest } from "./arrays.js";
import { tilePicture, tileShape } from "./tiles.js";

/**
 * What the network looks at: its image, or its inputs as bars.
 * @param {CanvasRenderingContext2D} context @param {import("./layers.js").Box} box
 * @param {import("./model.js").RunView} run @param {import("./model.js").Sample | null} sample
 */
export function drawInput(context, box, run, sample) {
  if (!sample) return;
  const { tile, line } = colours();
  const { x, y, width, height } = box;
  const shape = run.header.image_shape;
  context.fillStyle = tile;
  context.fillRect(x, y, width, height);
  if (shape) {
    const { picture } = tilePicture(`input ${run.id} ${sample.key}`, () => sample.x, tileShape(sample.x.length, shape), "ink");
    context.imageSmoothingEnabled = false;
    context.drawImage(picture, x, y, width, height);
  } else drawInputBars(context, box, sample.x);
  context.strokeStyle = line;
  context.lineWidth = 1;
  context.strokeRect(x - 0.5, y - 0.5, width + 1, height + 1);
}

/** @param {CanvasRenderingContext2D} context @param {import("./layers.js").Box} box @param {ArrayLike<number>} x */
function drawInputBars(context, box, x) {
  const { grey, ink, blue, orange } = colours();
  const many = Math.min(x.length, Math.floor(box.height / 9));
  const most = largest(x) || 1;
  for (let i = 0; i < many; i++) {
    const long = (x[i] / most) * (box.width / 2 - 6);
    context.fillStyle = long < 0 ? orange : blue;
    context.fillRect(box.x + box.width / 2 + Math.min(long, 0), box.y + (i + 0.2) * (box.height / many), Math.abs(long), (0.6 * box.height) / many);
  }
  context.fillStyle = ink;
  context.fillRect(box.x + box.width / 2 - 0.5, box.y, 1, box.height);
  if (many === x.length) return;
  context.fillStyle = grey;
  context.font = font(13);
  context.textAlign = "left";
  context.fillText(`${many} of ${x.length} inputs`, box.x, box.y - 6);
}

/** Where the bar of an activation begins and ends, as parts of its width. @param {string} kind @param {number} a @param {number} most */
function barSpan(kind, a, most) {
  if (kind === "logistic") return [0, a];
  if (kind === "tanh" || kind === "identity") {
    const part = kind === "tanh" ? a : a / (most || 1);
    return [0.5 + Math.min(part, 0) / 2, Math.abs(part) / 2];
  }
  return [0, a / (most || 1)];
}

/**
 * @param {CanvasRenderingContext2D} context @param {import("./layers.js").Unit} unit @param {any} passed
 * @param {HTMLCanvasElement} picture @param {number} most  the largest weight, the picture's full colour
 * @param {number} scale @param {{l: number, u: number} | null} lit
 */
export function drawUnit(context, unit, passed, picture, most, scale, lit) {
  const { ink, grey, line, track, card } = colours();
  const { tile, bar } = unit;
  const a = passed.a[unit.l][unit.u];
  context.imageSmoothingEnabled = false;
  context.fillStyle = card;
  context.fillRect(tile.x, tile.y, tile.width, tile.height);
  context.drawImage(picture, tile.x, tile.y, tile.width, tile.height);
  const here = lit?.l === unit.l && lit.u === unit.u;
  context.strokeStyle = here ? ink : line;
  context.lineWidth = here ? 2 : 1;
  context.strokeRect(tile.x - 0.5, tile.y - 0.5, tile.width + 1, tile.height + 1);
  context.fillStyle = track;
  context.fillRect(bar.x, bar.y, bar.width, bar.height);
  const [from, long] = barSpan(passed.activation ?? "logistic", a, largest(passed.a[unit.l]));
  context.fillStyle = ink;
  context.fillRect(bar.x + from * bar.width, bar.y, Math.max(Math.abs(long) * bar.width, 1), bar.height);
  if (unit.thin) return;
  context.fillStyle = ink;
  context.font = font(Math.max(15 * scale, 13), "500");
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  context.fillText(a.toFixed(2).replace("-", "−"), bar.x, bar.y - 5 * scale);
  if (tile.height < 44) return;
  context.fillStyle = grey;
  context.font = font(Math.max(11.5 * scale, 11));
  context.fillText(`±${figure(most, 2)}`, bar.x, bar.y + bar.height + 14 * scale);
}

/**
 * @param {CanvasRenderingContext2D} context @param {any} plan @param {any} passed
 * @param {import("./model.js").Model} model @param {((u: number) => HTMLCanvasElement) | null} picture
 */
export function drawAnswers(context, plan, passed, model, picture) {
  const { ink, grey, blue, orange, green, greenText, orangeText, track, line, faint: neutral } = colours();
  const { classes, loss } = /** @type {any} */ (model.run).header;
  const { scale, narrow } = plan;
  const most = loss === "squared-error" ? Math.max(largest(passed.outputs), largestOf(model.sample?.label), 1e-9) : 1;
  const big = Math.max(17 * scale, 14);
  context.textBaseline = "middle";
  for (const answer of plan.answers) {
    const { u, bar, row, tile } = answer;
    const p = passed.outputs[u];
    const y = bar.y + bar.height / 2;
    const mark = markOf(model, passed, u);
    if (tile && picture) {
      context.imageSmoothingEnabled = false;
      context.drawImage(picture(u), tile.x, tile.y, tile.width, tile.height);
      context.strokeStyle = line;
      context.strokeRect(tile.x - 0.5, tile.y - 0.5, tile.width + 1, tile.height + 1);
    }
    context.textAlign = "right";
    context.fillStyle = ink;
    context.font = font(Math.min(big, row.height * 0.8), mark ? "700" : "");
    context.fillText(fitted(context, nameOfAnswer(classes, u, passed.outputs.length), plan.label - 12), bar.x - 9, y);
    context.fillStyle = track;
    context.fillRect(bar.x, bar.y, bar.width, bar.height);
    const zero = loss === "squared-error" ? bar.x + bar.width / 2 : bar.x;
    const long = (p / most) * (loss === "squared-error" ? bar.width / 2 : bar.width);
    context.fillStyle = mark?.tone === "right" ? green : mark?.tone === "wrong" ? orange : loss === "squared-error" ? (p < 0 ? orange : blue) : neutral;
    context.fillRect(Math.min(zero, zero + long), bar.y, Math.max(Math.abs(long), 1), bar.height);
    if (mark?.tone === "wrong") stripes(context, Math.min(zero, zero + long), bar.y, Math.abs(long), bar.height);
    if (mark?.tone === "missed") {
      context.strokeStyle = green;
      context.lineWidth = 2;
      context.strokeRect(bar.x - 1, bar.y - 1, bar.width + 2, bar.height + 2);
    }
    wantedMark(context, model, loss, u, zero, bar, most);
    context.textAlign = "left";
    const tone = mark ? (mark.tone === "wrong" ? orangeText : greenText) : grey;
    context.fillStyle = mark ? tone : ink;
    context.font = font(Math.min(Math.max(15.5 * scale, 13), row.height * 0.8), mark ? "700" : "");
    const text = loss === "squared-error" ? figure(p, 3) : p.toFixed(2);
    context.fillText(text, bar.x + bar.width + 8, y);
    if (mark) context.fillText(narrow ? mark.sign : `${mark.sign} ${mark.words}`, bar.x + bar.width + 8 + context.measureText(`${text} `).width + 2, y);
  }
  context.textBaseline = "alphabetic";
}

/** @param {any} label */
function largestOf(label) {
  return typeof label === "number" ? Math.abs(label) : Array.isArray(label) ? largest(label) : 0;
}

/** A line where the number should be. @param {CanvasRenderingContext2D} context @param {any} model @param {string} loss
 * @param {number} u @param {number} zero @param {any} bar @param {number} most */
function wantedMark(context, model, loss, u, zero, bar, most) {
  const label = model.sample?.label;
  if (loss !== "squared-error" || label === null || label === undefined) return;
  const wanted = Array.isArray(label) ? label[u] : label;
  const x = zero + (wanted / most) * (bar.width / 2);
  context.fillStyle = colours().green;
  context.fillRect(x - 1.5, bar.y - 7, 3, bar.height + 14);
  context.fillStyle = colours().greenText;
  context.font = font(13);
  context.textAlign = "center";
  context.fillText("wanted", x, bar.y - 15);
}

/** What an output's mark is: right guess, wrong guess, missed class. @param {any} model @param {any} passed @param {number} u */
export function markOf(model, passed, u) {
  const label = model.sample?.label;
  const single = passed.outputs.length === 1;
  if (passed.guess < 0) return null;
  const known = typeof label === "number";
  if (single) {
    if (!known) return null;
    return passed.guess === label ? { sign: "✓", words: "right", tone: "right" } : { sign: "✗", words: "wrong", tone: "wrong" };
  }
  if (!known) return u === passed.guess ? { sign: "◂", words: "guess", tone: "guess" } : null;
  if (u === label) return u === passed.guess ? { sign: "✓", words: "right", tone: "right" } : { sign: "◂", words: "missed", tone: "missed" };
  return u === passed.guess ? { sign: "✗", words: "wrong", tone: "wrong" } : null;
}

/** @param {string[]} classes @param {number} u @param {number} many */
function nameOfAnswer(classes, u, many) {
  if (many === 1) return classes.length === 2 ? String(classes[1]) : "y";
  return String(classes[u] ?? `y ${u}`);
}

/** A text in so much room, the last a … when some is missing. @param {CanvasRenderingContext2D} context @param {string} text @param {number} room */
export function fitted(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let kept = text;
  while (kept.length > 1 && context.measureText(`${kept}…`).width > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} width @param {number} height */
function stripes(context, x, y, width, height) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = colours().card;
  context.lineWidth = 2;
  context.beginPath();
  for (let at = x - height; at < x + width; at += 8) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

/** The picture in words. @param {import("./model.js").Model} model @param {any} passed @param {any} plan */
export function networkWords(model, passed, plan) {
  const { classes, sizes } = /** @type {any} */ (model.run).header;
  const sample = /** @type {any} */ (model.sample);
  const label = typeof sample.label === "number" && classes.length ? `, a ${classes[sample.label]},` : "";
  const says = passed.guess < 0 ? `says ${figure(passed.outputs[0])}`
    : `says ${classes[passed.guess]} with probability ${(passed.outputs.length === 1 && !passed.guess ? 1 - passed.outputs[0] : passed.outputs[passed.outputs.length === 1 ? 0 : passed.guess]).toFixed(2)}`;
  const right = passed.guess < 0 || typeof sample.label !== "number" ? "" : passed.guess === sample.label ? ": right" : ": wrong";
  const units = plan.columns.flatMap((/** @type {any} */ column) => column.units.map((/** @type {any} */ unit) =>
    `hidden unit ${unit.u} of layer ${unit.l}: activation ${figure(passed.a[unit.l][unit.u])}; ask where it comes from`));
  const answers = plan.answers.map((/** @type {any} */ answer) =>
    `output ${classes[answer.u] ?? answer.u}: ${figure(passed.outputs[answer.u])}; ask where it comes from`);
  const caption = plan.columns
    .filter((/** @type {any} */ column) => column.units.length < column.total)
    .map((/** @type {any} */ column) => `${column.units.length} of ${column.total}`);
  if (caption.length) {
    const left = plan.columns.reduce((/** @type {number} */ sum, /** @type {any} */ column) => sum + column.total - column.units.length, 0);
    caption.unshift("Shown:");
    caption.push(`hidden units, the most active first; ${count(left, "unit")} not shown.`);
  }
  if (plan.missing > 0) caption.push(`${plan.missing} more outputs are not shown.`);
  const scale = sizes.length > 2 || sizes[0] > 2 ? "Each image has its own scale: full colour is ± its largest weight." : "";
  return {
    summary: `The network sees ${sample.title}${label} and ${says}${right}.`,
    caption: [...caption, scale].filter(Boolean).join(" ").replace(/(\d) (\d+ of)/g, "$1, $2"), units, answers,
  };
}
