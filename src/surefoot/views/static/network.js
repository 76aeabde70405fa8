// @ts-check
// The network as what it is: the sample, each hidden unit as the image of its weights, the outputs, values flowing.

import { askAbout } from "./ask.js";
import { calm, canvasIn, colours, el, figure, font, icon, note } from "./dom.js";
import { byActivity, inBox, planNetwork } from "./layers.js";
import { nameOf, weightsInto } from "./maths.js";
import { makePlane } from "./plane.js";
import { tilePicture, tileShape } from "./tiles.js";
import { drawAnswers, drawInput, drawUnit, networkWords } from "./units.js";
import { drawFlow, drawWires, wireAt, wiresOf } from "./wires.js";

/** @typedef {import("./model.js").Model} NetworkModel */

const NETWORK_REST = 350; // milliseconds of stillness before words are written and units chosen anew
const FLOW_TIME = 620; // milliseconds that values take from one layer to the next

/** @param {HTMLElement} element @param {NetworkModel} model */
export function makeNetwork(element, model) {
  const flat = el("div", { class: "network-plane", hidden: true });
  const stage = el("div", { class: "network-stage" });
  element.append(stage, flat);
  const picture = new NetworkPicture(stage, model);
  /** @type {any} */
  let plane = null;
  return {
    /** @param {Set<string>} changed */
    update(changed) {
      const planar = model.run?.header.sizes[0] === 2;
      const turned = flat.hidden === planar;
      flat.hidden = !planar;
      stage.hidden = planar;
      if (!planar) return picture.update(changed);
      const all = turned || !plane;
      plane ??= makePlane(flat, model);
      plane.update(all ? new Set(["runs", "steps", "cursor", "weights", "sample", "status", "settings"]) : changed);
    },
  };
}

class NetworkPicture {
  /** @param {HTMLElement} stage @param {NetworkModel} model */
  constructor(stage, model) {
    this.model = model;
    this.sheet = canvasIn(stage, "The network", () => this.draw());
    this.sheet.canvas.classList.add("network-canvas");
    this.spots = el("div", { class: "network-spots" });
    this.hint = el("div", { class: "network-hint", hidden: true });
    this.caption = el("p", { class: "network-caption" });
    this.chooser = this._chooser();
    this.notes = [
      note("each hidden unit, drawn as the weights it holds", "right"),
      note("blue, solid: adds to an output\norange, dashed: takes away", "corner"),
    ];
    this.notes.forEach((one, i) => one.classList.add(`network-note-${i + 1}`));
    stage.append(this.chooser, this.caption, ...this.notes, this.spots, this.hint);
    /** @type {number[][]} */
    this.orders = [];
    this.orderKey = "";
    /** @type {any} */ this.plan = null;
    /** @type {any} */ this.shown = null;
    /** @type {import("./wires.js").Wire[]} */ this.wires = [];
    /** @type {{l: number, u: number} | null} */ this.lit = null;
    this._flowing = 0;
    this._rest = 0;
    this._settled = 0;
    const { canvas } = this.sheet;
    canvas.addEventListener("pointermove", (event) => this._hover(event));
    canvas.addEventListener("pointerleave", () => this._leave());
    canvas.addEventListener("click", (event) => this._click(event));
  }

  _chooser() {
    const move = (/** @type {number} */ by) => () => nextSample(this.model, by);
    this.title = el("span", { class: "sample-title", "aria-live": "polite" });
    return el("div", { class: "sample-chooser", role: "group", "aria-label": "sample" },
      el("button", { class: "round small", type: "button", "aria-label": "previous sample", title: "previous sample (up)", onclick: move(-1) },
        icon("M14 6l-6 6 6 6")),
      this.title,
      el("button", { class: "round small", type: "button", "aria-label": "next sample", title: "next sample (down)", onclick: move(1) },
        icon("M10 6l6 6-6 6")));
  }

  /** @param {Set<string>} changed */
  update(changed) {
    if (changed.has("sample") || changed.has("runs")) this._flow();
    this.draw();
    clearTimeout(this._rest);
    const late = performance.now() - this._settled > 4 * NETWORK_REST; // a run that never rests is told of now and then
    this._rest = window.setTimeout(() => this._settle(), late ? 0 : NETWORK_REST);
  }

  draw() {
    const { sheet, model } = this;
    const passed = model.passed();
    sheet.clear();
    if (!sheet.width || !model.run) return;
    this._name(passed);
    if (!passed) {
      this.plan = null;
      sheet.context.font = font(16);
      sheet.context.fillStyle = colours().grey;
      const words = model.sample && model.sample.x.length !== model.run.header.sizes[0]
        ? "This sample does not fit the network; choose another." : "The weights are on their way …";
      sheet.context.fillText(words, 24, 40);
      return;
    }
    this._choose(passed, false);
    this._plan(passed);
    this._paint(passed);
  }

  /** Which units are shown: the most active, chosen at rest so that scrubbing is calm. @param {any} passed @param {boolean} anew */
  _choose(passed, anew) {
    const { run, sample } = this.model;
    const key = `${run?.id} ${sample?.key}`;
    if (!anew && key === this.orderKey) return;
    this.orderKey = key;
    this.orders = passed.a.map((/** @type {ArrayLike<number>} */ a) => byActivity(a));
  }

  /** @param {any} passed */
  _plan(passed) {
    const { sheet, model } = this;
    const { sizes, classes } = /** @type {any} */ (model.run).header;
    const narrow = sheet.width < 560;
    const scale = Math.min(Math.max(Math.min(sheet.width / 790, sheet.height / 520), 0.85), 1.9);
    const { context } = sheet;
    context.font = font(narrow ? 15 : 17 * scale, "700");
    const names = classes.length ? classes : passed.outputs.length > 1 ? ["y 00"] : ["y"];
    const widest = Math.max(...names.map((/** @type {string} */ name) => context.measureText(name).width), 10);
    const label = Math.min(widest + 2, narrow ? 60 : 110 * scale) + 14;
    this.plan = planNetwork(sizes, sheet.width, sheet.height, this.orders, label, classes.length > 0);
    this.wires = wiresOf(this.plan, passed, sizes, model.blocks());
    this.shown = passed;
  }

  /** @param {any} passed */
  _paint(passed) {
    const { sheet, plan, model } = this;
    const { context } = sheet;
    drawWires(context, this.wires, plan.scale, this.lit);
    drawInput(context, plan.input, /** @type {any} */ (model.run), model.sample);
    for (const column of plan.columns) {
      for (const unit of column.units) {
        const { picture, most } = this._tile(unit.l, unit.u, passed);
        drawUnit(context, unit, passed, picture, most, plan.scale, this.lit);
      }
    }
    drawAnswers(context, plan, passed, model, plan.columns.length ? null : (u) => this._tile(1, u, passed).picture);
    if (this._flowing) {
      const depth = plan.columns.length + 1;
      const t = (performance.now() - this._flowing) / (FLOW_TIME * depth);
      if (t < 1) drawFlow(context, this.wires, depth, t, plan.scale);
    }
    this._place(plan);
  }

  /** The picture of the weights into unit u of layer l. @param {number} l @param {number} u @param {any} passed */
  _tile(l, u, passed) {
    const run = /** @type {any} */ (this.model.run);
    const { sizes, image_shape } = run.header;
    const shape = tileShape(sizes[l - 1], l === 1 ? image_shape : null);
    const key = `${run.id} ${passed.k} ${passed.exact} ${l} ${u}`;
    return tilePicture(key, () => weightsInto(sizes, passed.theta, l, u), shape, "signed");
  }

  /** Put the page's own elements where the picture is. @param {any} plan */
  _place(plan) {
    const { input, columns, scale, narrow } = plan;
    const place = (/** @type {HTMLElement} */ one, /** @type {Record<string, number>} */ at) => {
      for (const [side, value] of Object.entries(at)) one.style.setProperty(side, `${Math.round(value)}px`);
    };
    const wide = narrow ? 96 : Math.max(input.width + 16, 164);
    place(this.chooser, { left: narrow ? 0 : Math.max(input.x + input.width / 2 - wide / 2, 0), top: input.y + input.height + 8, width: wide });
    const first = columns[0];
    const roomy = first && !narrow && columns.length === 1 && first.units.length <= 10;
    for (const one of this.notes) one.hidden = !roomy;
    if (roomy) {
      place(this.notes[0], { left: input.x, top: Math.max(first.units[0].tile.y - 6, 4), width: Math.max(first.left - input.x - 16, 90) });
      const under = plan.answers[plan.answers.length - 1];
      place(this.notes[1], { left: Math.max(under.from.x - 30 * scale, 0), top: under.row.y + under.row.height - 4 });
    }
    const room = roomy ? plan.answers[0].from.x - 30 * scale - 30 : this.sheet.width - 14;
    if (!narrow) this.caption.style.setProperty("max-width", `${Math.round(room)}px`);
    else this.caption.style.removeProperty("max-width");
  }

  /** @param {any} passed */
  _name(passed) {
    const { sample, run } = this.model;
    if (!sample || !run || !this.title) return;
    const { classes } = run.header;
    const known = sample.label === null || sample.label === undefined ? "" : classes.length ? `: a ${classes[sample.label] ?? "?"}`
      : `: wanted ${figure(Array.isArray(sample.label) ? sample.label[0] : sample.label, 3)}`;
    const words = `${sample.title}${known}`;
    if (this.title.textContent !== words) this.title.textContent = words;
    void passed;
  }

  // at rest: choose units, write the words, set the buttons ---------------------------------------

  _settle() {
    this._settled = performance.now();
    const passed = this.model.passed();
    if (!passed || !this.model.run || !this.sheet.width) return;
    if (!this.model.moving) {
      const before = String(this.orders);
      this._choose(passed, true);
      if (before !== String(this.orders)) this.draw();
    }
    if (!this.plan) return;
    const words = networkWords(this.model, passed, this.plan);
    this.sheet.say(words.summary);
    if (this.caption.textContent !== words.caption) this.caption.textContent = words.caption;
    this._buttons(words);
  }

  /** Real buttons over units and outputs, for the keyboard. @param {{units: string[], answers: string[]}} words */
  _buttons(words) {
    const { columns, answers } = this.plan;
    const targets = [
      ...columns.flatMap((/** @type {any} */ column) => column.units).map((/** @type {any} */ unit) => ({
        box: unit.tile, about: { kind: "activation", l: unit.l, u: unit.u } })),
      ...answers.map((/** @type {any} */ answer) => ({ box: answer.row, about: { kind: "output", u: answer.u } })),
    ];
    const labels = [...words.units, ...words.answers];
    while (this.spots.childElementCount > targets.length) this.spots.lastElementChild?.remove();
    targets.forEach(({ box, about }, i) => {
      let spot = /** @type {HTMLButtonElement | undefined} */ (this.spots.children[i]);
      if (!spot) this.spots.append((spot = el("button", { class: "network-spot", type: "button" })));
      spot.onclick = () => askAbout(spot, about);
      if (spot.getAttribute("aria-label") !== labels[i]) spot.setAttribute("aria-label", labels[i]);
      spot.style.setProperty("transform", `translate(${Math.round(box.x)}px, ${Math.round(box.y)}px)`);
      spot.style.setProperty("width", `${Math.round(box.width)}px`);
      spot.style.setProperty("height", `${Math.round(box.height)}px`);
    });
  }

  // values flow once when another sample comes ----------------------------------------------------

  _flow() {
    if (calm() || this.model.moving) return;
    const fresh = !this._flowing;
    this._flowing = performance.now();
    if (!fresh) return;
    const tick = () => {
      const depth = (this.plan?.columns.length ?? 1) + 1;
      if (performance.now() - this._flowing > FLOW_TIME * depth || !this.sheet.canvas.isConnected) this._flowing = 0;
      else requestAnimationFrame(tick);
      this.draw();
    };
    requestAnimationFrame(tick);
  }

  // pointing and asking ---------------------------------------------------------------------------

  /** What is at a place. @param {number} x @param {number} y @returns {{about: any, words: string, lit: any} | null} */
  at(x, y) {
    const { plan, model, shown } = this;
    if (!plan || !shown || !model.run) return null;
    const { sizes, image_shape } = model.run.header;
    if (inBox(plan.input, x, y)) {
      const shape = image_shape ? tileShape(sizes[0], image_shape) : { rows: Math.min(sizes[0], Math.floor(plan.input.height / 9)), columns: 1 };
      const row = cellAt(plan.input, shape, x, y);
      return { about: { kind: "input", i: row }, words: `x[${row}] = ${figure(shown.a[0][row])}`, lit: null };
    }
    for (const unit of plan.columns.flatMap((/** @type {any} */ column) => column.units)) {
      if (inBox(unit.tile, x, y)) return this._weightAt(unit.tile, unit.l, unit.u, x, y);
      if (inBox(unit.bar, x, y, 9)) {
        return { about: { kind: "activation", l: unit.l, u: unit.u }, lit: unit,
          words: `activation of unit ${unit.u} = ${figure(shown.a[unit.l][unit.u])}` };
      }
    }
    const last = sizes.length - 1;
    for (const answer of plan.answers) {
      if (answer.tile && inBox(answer.tile, x, y)) return this._weightAt(answer.tile, 1, answer.u, x, y);
      if (inBox(answer.row, x, y)) {
        return { about: { kind: "output", u: answer.u }, lit: { l: last, u: answer.u }, words: `output ${answer.u} = ${figure(shown.outputs[answer.u])}` };
      }
    }
    const wire = wireAt(this.wires, x, y);
    if (!wire) return null;
    if (wire.row < 0) {
      const kind = last === 1 ? "output" : "activation";
      return { about: { kind, l: 1, u: wire.column }, lit: { l: 1, u: wire.column },
        words: `what the input says to unit ${wire.column}: z = ${figure(shown.z[1][wire.column])}` };
    }
    const W = model.blocks()[2 * (wire.l - 1)];
    return { about: { kind: "weight", l: wire.l, row: wire.row, column: wire.column }, lit: { l: wire.l, u: wire.column },
      words: `${nameOf(W, wire.row, wire.column)} × activation ${wire.row} = ${figure(wire.amount)}` };
  }

  /** @param {any} box @param {number} l @param {number} u @param {number} x @param {number} y */
  _weightAt(box, l, u, x, y) {
    const { sizes, image_shape } = /** @type {any} */ (this.model.run).header;
    const row = cellAt(box, tileShape(sizes[l - 1], l === 1 ? image_shape : null), x, y);
    if (row >= sizes[l - 1]) return null;
    const W = this.model.blocks()[2 * (l - 1)];
    return { about: { kind: "weight", l, row, column: u }, lit: { l, u },
      words: `${nameOf(W, row, u)} = ${figure(this.shown.theta[W.start + row * W.columns + u])}` };
  }

  /** @param {PointerEvent} event */
  _hover(event) {
    const found = this.at(event.offsetX, event.offsetY);
    this.sheet.canvas.classList.toggle("points", Boolean(found));
    this.hint.hidden = !found || event.pointerType === "touch";
    if (found) {
      this.hint.textContent = found.words;
      this.hint.style.setProperty("left", `${Math.min(event.offsetX + 14, this.sheet.width - 210)}px`);
      this.hint.style.setProperty("top", `${event.offsetY < 60 ? event.offsetY + 20 : event.offsetY - 36}px`);
    }
    const lit = found?.lit ?? null;
    if (lit?.l !== this.lit?.l || lit?.u !== this.lit?.u) {
      this.lit = lit;
      requestAnimationFrame(() => this.draw());
    }
  }

  _leave() {
    this.hint.hidden = true;
    if (!this.lit) return;
    this.lit = null;
    this.draw();
  }

  /** @param {MouseEvent} event */
  _click(event) {
    const found = this.at(event.offsetX, event.offsetY);
    if (found) askAbout(this.sheet.canvas, found.about, event.clientX, event.clientY);
  }
}

/** The number of the cell at a place of a picture. @param {any} box @param {{rows: number, columns: number}} shape @param {number} x @param {number} y */
function cellAt(box, shape, x, y) {
  const column = Math.min(Math.max(Math.floor(((x - box.x) / box.width) * shape.columns), 0), shape.columns - 1);
  const row = Math.min(Math.max(Math.floor(((y - box.y) / box.height) * shape.rows), 0), shape.rows - 1);
  return row * shape.columns + column;
}

/** Look at another of the run's samples. @param {NetworkModel} model @param {number} by */
export function nextSample(model, by) {
  const samples = model.run?.samples ?? [];
  if (!samples.length) return;
  const here = samples.findIndex((sample) => sample.key === model.sample?.key);
  model.show(samples[(here + by + samples.length) % samples.length]);
}
