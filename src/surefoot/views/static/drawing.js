// @ts-check
// Draw: a pad, what the network sees of the drawing, and what it says.  With the mouse, a finger, a pen or the keyboard.

import { argmax } from "./arrays.js";
import { canvasIn, colours, el, figure, inPercent, note, tell } from "./dom.js";
import { inkScale, paintValues } from "./maps.js";
import { forward } from "./maths.js";
import { asSeen, inkBox } from "./seen.js";

/** @typedef {import("./model.js").Model} DrawingModel */

const DRAWING_DOTS = 224; // of the pad, each way
const DRAWING_SLIDERS = 20;
let drawingCount = 0; // tells drawings apart

/** @param {HTMLElement} element @param {DrawingModel} model */
export function makeDrawing(element, model) {
  const summary = el("p", { class: "panel-summary", "aria-live": "polite" });
  const bars = el("div", { class: "verdict-bars" });
  const side = el("section", { class: "verdict", "aria-label": "What the network says" }, el("h3", { text: "What it says" }), bars);
  const place = el("div", { class: "drawing-place" });
  element.classList.add("panel-drawing");
  element.append(summary, el("div", { class: "drawing-body" }, place, side));
  let made = "";
  /** @type {{x: () => ArrayLike<number> | null, hint: () => string, redraw: () => void}} */
  let input = { x: () => null, hint: () => "", redraw: () => {} };

  /** The drawing has changed: show it to the network, everywhere. */
  function changed() {
    const x = input.x();
    if (x) {
      drawingCount += 1;
      model.show({ x, label: null, title: model.run?.header.image_shape ? "your drawing" : "your numbers", key: `drawing ${drawingCount}` });
    }
    draw();
  }

  /** @param {boolean} [repaint] */
  function draw(repaint = true) {
    const run = model.run;
    if (!run) return;
    const kind = `${run.header.data} ${run.header.sizes[0]} ${run.header.image_shape}`;
    if (made !== kind) {
      made = kind;
      place.replaceChildren();
      input = run.header.image_shape ? drawingPad(place, run.header.image_shape, changed, model) : drawingSliders(place, model, changed);
    }
    if (repaint) input.redraw();
    const here = model.weights();
    const x = input.x();
    if (!x || !here) {
      tell(summary, input.hint() || "Waiting for the weights.");
      drawingBars(bars, run.header, null);
      return;
    }
    const { outputs } = forward(run.header, here.theta, x);
    tell(summary, drawingVerdict(run.header, outputs));
    drawingBars(bars, run.header, outputs);
  }

  return {
    /** @param {Set<string>} topics */
    update(topics) {
      if (topics.size) draw(topics.has("settings") || topics.has("runs"));
    },
  };
}

/** What the outputs say, in words. @param {any} header @param {ArrayLike<number>} outputs */
export function drawingVerdict(header, outputs) {
  const { classes } = header;
  if (!classes.length) return `The network answers ${Array.from(outputs, (v) => figure(v, 3)).join(", ")}.`;
  const shares = drawingShares(outputs, classes.length);
  const best = argmax(shares);
  const a = /^[aeiou8]/i.test(classes[best]) ? "an" : "a";
  const thing = header.image_shape ? `looks like ${a} ${classes[best]}` : `is taken for ${classes[best]}`;
  const sure = shares[best] < 0.5 ? "; the network is not sure" : "";
  return `This ${thing}: ${inPercent(shares[best]).replace(/\.\d/, "")}${sure}.`;
}

/** One logistic output stands for two classes. @param {ArrayLike<number>} outputs @param {number} classes */
function drawingShares(outputs, classes) {
  return outputs.length === 1 && classes === 2 ? [1 - outputs[0], outputs[0]] : Array.from(outputs);
}

/** @param {HTMLElement} bars @param {any} header @param {ArrayLike<number> | null} outputs */
function drawingBars(bars, header, outputs) {
  const names = header.classes.length ? header.classes : Array.from({ length: header.sizes.at(-1) }, (_, i) => `output ${i}`);
  const shown = names.slice(0, 26);
  if (bars.childElementCount !== shown.length) {
    const longest = Math.max(...shown.map((/** @type {string} */ name) => name.length));
    bars.style.setProperty("--names", `${Math.min(Math.max(0.62 * longest + 0.6, 1.2), 8)}em`);
    bars.replaceChildren(...shown.map((/** @type {string} */ name) => el("div", { class: "verdict-row" }, el("b", { text: name, title: name }),
      el("span", { class: "verdict-track" }, el("span", { class: "verdict-bar" })), el("span", { class: "verdict-share" }))));
  }
  const shares = outputs ? drawingShares(outputs, header.classes.length) : null;
  const best = shares && header.classes.length ? argmax(shares) : -1;
  [...bars.children].forEach((row, i) => {
    row.classList.toggle("is-best", i === best);
    const [name, track, share] = row.children;
    if (name.textContent !== shown[i]) name.textContent = shown[i];
    const value = shares ? shares[i] : 0;
    /** @type {HTMLElement} */ (track.firstElementChild).style.setProperty("--share", String(header.classes.length ? value : Math.min(Math.abs(value), 1)));
    tell(/** @type {HTMLElement} */ (share), !shares ? "" : header.classes.length ? value.toFixed(2) : figure(value, 3));
  });
}

/**
 * The pad and, beside it, what the network sees.
 * @param {HTMLElement} place @param {number[]} shape @param {() => void} changed @param {DrawingModel} model
 */
function drawingPad(place, shape, changed, model) {
  const small = shape[0] === 8 && shape[1] === 8;
  const dots = DRAWING_DOTS;
  /** @type {Float64Array} ink 0..1 */
  let bitmap = new Float64Array(dots * dots);
  /** @type {Float64Array[]} */
  const before = [];
  const brush = { x: dots / 2, y: dots / 4, down: false, shown: false, drawing: false, r: small ? 14 : 10.5 };
  /** @type {Float64Array | null} */
  let seen = null;

  const box = el("div", { class: "pad", tabindex: "0", role: "application", "aria-label":
    "Drawing pad. Arrow keys move the brush, with Shift in large steps; Space puts it down or lifts it; Z takes the last stroke back; Delete clears." });
  const picture = el("canvas", { class: "pixels seen", role: "img", "aria-label": "What the network sees" });
  const undo = el("button", { type: "button", class: "panel-button", text: "Undo" });
  const wipe = el("button", { type: "button", class: "panel-button", text: "Clear" });
  const keys = el("p", { class: "panel-remark pad-keys", "aria-live": "polite" });
  const hand = note(small ? "set upright, scaled, ink counted in 4 × 4 blocks" : shape[0] === 28 ? "scaled into 20 × 20, its balance in the middle" : "scaled and centred like the data", "up");
  place.append(
    el("section", { class: "pad-side", "aria-label": "Your drawing" }, el("h3", { text: "Draw here" }), box, el("div", { class: "pad-buttons" }, undo, wipe), keys),
    el("section", { class: "seen-side", "aria-label": "What the network sees" }, el("h3", { text: "What the network sees" }), picture,
      el("p", { class: "panel-remark", text: `${shape[0]} × ${shape[1]} pixels` }), hand),
  );
  const usual = "Keyboard: arrows move, Space draws, Z takes back, Delete clears.";
  const view = canvasIn(box, "Your drawing", () => paint());
  view.canvas.setAttribute("aria-hidden", "true");

  function paint() {
    view.clear();
    const { grey, line, orange } = colours();
    const { context, width } = view;
    const pad = document.createElement("canvas");
    paintValues(pad, bitmap, dots, dots, inkScale(), 0, 1);
    context.drawImage(pad, 0, 0, width, width);
    if (!seen) {
      [context.strokeStyle, context.lineWidth] = [line, 1.5];
      context.setLineDash([4, 5]);
      context.strokeRect(width / 7, width / 7, (5 * width) / 7, (5 * width) / 7);
      context.setLineDash([]);
    }
    if (brush.shown) {
      context.beginPath();
      context.arc((brush.x * width) / dots, (brush.y * width) / dots, (brush.r * width) / dots, 0, 2 * Math.PI);
      [context.strokeStyle, context.lineWidth] = [brush.down ? orange : grey, 2.5];
      context.stroke();
    }
    const ink = brush.drawing ? null : inkBox(bitmap, dots, dots);
    const tiny = ink && Math.max(ink.right - ink.left, ink.bottom - ink.top) < 0.28 * dots;
    keys.textContent = tiny ? "The drawing is tiny: draw it larger, so that it nearly fills the pad." : usual;
    keys.classList.toggle("is-hint", Boolean(tiny));
    hand.hidden = !model.notes;
    undo.disabled = !before.length;
    const scale = inkScale();
    paintValues(picture, seen ?? new Float64Array(shape[0] * shape[1]), shape[1], shape[0], scale, 0, 1);
    picture.setAttribute("aria-label", seen ? "What the network sees: your drawing, scaled and centred" : "What the network sees: nothing yet");
  }

  /** Ink along a line, its edge one dot soft. @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
  function stroke(x0, y0, x1, y1) {
    const r = brush.r;
    const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    for (let y = Math.max(0, Math.floor(Math.min(y0, y1) - r - 1)); y <= Math.min(dots - 1, Math.max(y0, y1) + r + 1); y++) {
      for (let x = Math.max(0, Math.floor(Math.min(x0, x1) - r - 1)); x <= Math.min(dots - 1, Math.max(x0, x1) + r + 1); x++) {
        const along = length ? Math.min(Math.max(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length, 0), 1) : 0;
        const away = Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
        const ink = Math.min(Math.max(r + 0.5 - away, 0), 1);
        if (ink > bitmap[y * dots + x]) bitmap[y * dots + x] = ink;
      }
    }
  }

  function keep() {
    before.push(bitmap.slice());
    if (before.length > 30) before.shift();
  }

  function look() {
    seen = inkBox(bitmap, dots, dots) ? asSeen(bitmap, dots, dots, shape) : null;
    changed();
    paint();
  }

  function clear() {
    if (seen) keep();
    bitmap = new Float64Array(dots * dots);
    look();
  }

  function takeBack() {
    const last = before.pop();
    if (last) bitmap = last;
    look();
  }

  undo.addEventListener("click", takeBack);
  wipe.addEventListener("click", clear);
  drawingByPointer(box, dots, brush, keep, (x0, y0, x1, y1) => { stroke(x0, y0, x1, y1); look(); }, paint);
  drawingByKeys(box, dots, brush, { keep, clear, takeBack, paint, stroke: (x0, y0, x1, y1) => { stroke(x0, y0, x1, y1); look(); } });

  return {
    x: () => seen,
    hint() {
      return `Draw ${model.run?.header.data.includes("digit") || shape[0] === 28 ? "a digit" : "something"}; the network answers while you draw.`;
    },
    redraw: paint,
  };
}

/** @param {HTMLElement} box @param {number} dots @param {any} brush @param {() => void} keep @param {(x0: number, y0: number, x1: number, y1: number) => void} stroke @param {() => void} lifted */
function drawingByPointer(box, dots, brush, keep, stroke, lifted) {
  /** @param {PointerEvent} event */
  const at = (event) => {
    const frame = box.getBoundingClientRect();
    return [((event.clientX - frame.left) / frame.width) * dots, ((event.clientY - frame.top) / frame.height) * dots];
  };
  let pen = -1;
  box.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || pen >= 0) return;
    event.preventDefault();
    box.focus({ preventScroll: true });
    box.setPointerCapture(event.pointerId);
    pen = event.pointerId;
    keep();
    [brush.x, brush.y] = at(event);
    [brush.shown, brush.down, brush.drawing] = [false, false, true];
    stroke(brush.x, brush.y, brush.x, brush.y);
  });
  box.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pen) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.length ? between : [event]) {
      const [x, y] = at(one);
      const [x0, y0] = [brush.x, brush.y];
      [brush.x, brush.y] = [x, y];
      if (x0 !== x || y0 !== y) stroke(x0, y0, x, y);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    box.addEventListener(end, () => {
      pen = -1;
      brush.drawing = false;
      lifted();
    });
  }
}

/** @param {HTMLElement} box @param {number} dots @param {any} brush @param {{keep: () => void, clear: () => void, takeBack: () => void, paint: () => void, stroke: (x0: number, y0: number, x1: number, y1: number) => void}} hands */
function drawingByKeys(box, dots, brush, hands) {
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key !== "z") return;
    const by = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") hands.clear();
    else if (event.key === "z" || event.key === "Z") hands.takeBack();
    else if (event.key === " ") {
      if (!event.repeat) {
        brush.down = !brush.down;
        if (brush.down) {
          hands.keep();
          hands.stroke(brush.x, brush.y, brush.x, brush.y);
        }
      }
    } else if (by) {
      const far = dots / (event.shiftKey ? 10 : 32);
      const [x0, y0] = [brush.x, brush.y];
      brush.x = Math.min(Math.max(x0 + far * by[0], brush.r), dots - brush.r);
      brush.y = Math.min(Math.max(y0 + far * by[1], brush.r), dots - brush.r);
      if (brush.down) hands.stroke(x0, y0, brush.x, brush.y);
    } else return;
    brush.shown = true;
    event.preventDefault();
    event.stopPropagation();
    hands.paint();
  });
  box.addEventListener("focus", () => {
    brush.shown = box.matches(":focus-visible");
    hands.paint();
  });
  box.addEventListener("blur", () => {
    [brush.shown, brush.down] = [false, false];
    hands.paint();
  });
}

/** Numbers in place of a drawing: a slider for each feature. @param {HTMLElement} place @param {DrawingModel} model @param {() => void} changed */
function drawingSliders(place, model, changed) {
  const run = /** @type {import("./model.js").RunView} */ (model.run);
  const d = run.header.sizes[0];
  const sample = model.sample?.x.length === d ? model.sample : run.samples[0];
  const x = Float64Array.from(sample?.x ?? new Float64Array(d));
  const rows = Array.from({ length: Math.min(d, DRAWING_SLIDERS) }, (_, j) => {
    const values = run.samples.map((sample) => sample.x[j]);
    const [low, high] = [Math.min(-1, ...values), Math.max(1, ...values)];
    const shown = el("output", { class: "slider-value", text: figure(x[j], 3) });
    const slider = el("input", { type: "range", min: low, max: high, step: "any", "aria-label": `feature ${j + 1}`, value: String(x[j]) });
    slider.addEventListener("input", () => {
      x[j] = Number(slider.value);
      shown.textContent = figure(x[j], 3);
      changed();
    });
    return el("label", { class: "slider" }, el("span", { text: `x${j + 1}` }), slider, shown);
  });
  const rest = d > DRAWING_SLIDERS ? ` The other ${d - DRAWING_SLIDERS} stay as they are in ${sample?.title ?? "the sample"}.` : "";
  place.append(el("section", { class: "sliders-side", "aria-label": "The inputs" }, el("h3", { text: "Choose the inputs" }),
    el("div", { class: "sliders" }, ...rows), el("p", { class: "panel-remark", text: `What the network gets, already scaled.${rest}` })));
  return { x: () => x.slice(), hint: () => "", redraw: () => {} };
}
