// @ts-check
// What is trained, on what, how: chosen here, then started again.  The same seed gives the same starting weights.

import { el, term, tell } from "./dom.js";
import { makeGallery } from "./gallery.js";
import { makePoints } from "./points.js";

/** @typedef {import("./model.js").Model} DataModel */
/** @typedef {{data: string, hidden: number[], activation: string, method: string, l2: number, rng: number, noise: number}} DataWish */

const DATA_LAYERS = 3;
const DATA_UNITS = 100;

/** @param {HTMLElement} element @param {DataModel} model */
export function makeData(element, model) {
  const summary = el("p", { class: "panel-summary", "aria-live": "polite" });
  const body = el("div", { class: "data-body" });
  const remark = el("p", { class: "panel-remark" });
  element.classList.add("panel-data");
  element.append(summary, body, remark);
  /** @type {any} */
  let choices = null;
  /** @type {DataWish | null} */
  let wish = null;
  /** @type {import("./points.js").Points | null} */
  let points = null;
  let edited = false;
  let plotted = "";
  /** @type {ReturnType<typeof makePoints> | null} */
  let plot = null;
  let asked = false;
  const form = el("form", { class: "data-form" });
  const side = el("section", { class: "data-points", "aria-label": "Points in the plane" });
  const seen = el("section", { class: "data-gallery", "aria-label": "Samples" });
  const gallery = makeGallery(seen, model);
  body.append(form, side, seen);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start(false);
  });

  async function ask() {
    asked = true;
    try {
      choices = await model.source.ask("choices", {});
      wish = { ...choices.now, hidden: [...choices.now.hidden] };
      drawForm();
    } catch (error) {
      tell(remark, String(/** @type {Error} */ (error).message));
    }
    draw();
  }

  /** @param {boolean} withPoints */
  async function start(withPoints) {
    if (!wish) return;
    const args = { ...wish, hidden: [...wish.hidden], ...(withPoints && points ? { points } : {}) };
    tell(remark, "Starting …");
    const answer = await model.command("restart", args);
    tell(remark, answer ? "Started; press play to train." : model.trouble);
  }

  function plane() {
    return Boolean(choices?.data.find((/** @type {any} */ one) => one.name === wish?.data)?.plane);
  }

  function drawForm() {
    if (!choices || !wish) return;
    const w = wish;
    const can = model.source.can.restart;
    const again = () => {
      edited = false;
      drawForm();
      draw();
    };
    const chosen = choices.data.find((/** @type {any} */ one) => one.name === w.data);
    const method = choices.methods.find((/** @type {any} */ one) => one.name === w.method);
    const had = /** @type {HTMLElement | null} */ (form.contains(document.activeElement) ? document.activeElement : null)?.dataset.field;
    form.replaceChildren(
      dataRow("Data", dataSelect("data", choices.data.map((/** @type {any} */ one) => one.name), w.data, (v) => { w.data = v; again(); }), chosen?.what),
      dataRow("Hidden layers", dataSteppers(w.hidden, again), `${w.hidden.length ? "units in each, from the inputs on" : "none: a softmax regression"}`),
      dataRow(term("activation", "Activation"), dataSelect("activation", choices.activations, w.activation, (v) => { w.activation = v; again(); })),
      dataRow(term("method", "Method"), dataSelect("method", choices.methods.map((/** @type {any} */ one) => one.name), w.method, (v) => { w.method = v; again(); }), method?.what),
      dataRow(term("l2", "l2"), dataSelect("l2", ["0", "0.0001", "0.0003", "0.001", "0.003", "0.01", "0.1"], String(w.l2), (v) => { w.l2 = Number(v); }), "½ l2 Σ W² joins the loss"),
      dataRow("Seed", dataNumber("rng", w.rng, 0, 99999, 1, (v) => { w.rng = v; }), "same seed, same starting weights"),
      ...(plane() ? [dataRow("Noise", dataRange("noise", w.noise, (v) => { w.noise = v; }))] : []),
      el("div", { class: "data-start" }, el("button", { type: "submit", class: "panel-button is-main", text: "Start again" })),
    );
    for (const field of form.querySelectorAll("input, select, button")) /** @type {HTMLInputElement} */ (field).disabled ||= !can;
    if (had) /** @type {HTMLElement | null} */ (form.querySelector(`[data-field="${had}"]`))?.focus();
  }

  function draw() {
    const run = model.run;
    tell(summary, run ? dataInWords(run.header, run.points) : "There is no run yet.");
    const can = model.source.can.restart;
    if (!can) tell(remark, "This is a recording: what it was trained on cannot be changed here; surefoot lab can start again.");
    element.classList.toggle("is-fixed", !can);
    const show = Boolean(run?.points) && (!choices || wish?.data === run?.header.data || plane());
    side.hidden = !show;
    if (show && run?.points) drawPlot(run, can);
    const pictures = Boolean(run?.header.image_shape && run.samples.length && run.header.classes.length);
    seen.hidden = !pictures;
    if (pictures) gallery.draw();
  }

  /** @param {import("./model.js").RunView} run @param {boolean} can */
  function drawPlot(run, can) {
    const from = /** @type {import("./points.js").Points} */ (run.points);
    const key = `${run.id} ${can}`;
    if (plotted !== key && !edited) {
      plotted = key;
      const mine = { x: [...from.x], y: [...from.y], label: [...from.label], tested: [...from.tested] };
      points = mine;
      side.replaceChildren();
      const again = el("button", { type: "button", class: "panel-button is-main", text: "Start again with these points", disabled: !can });
      const back = el("button", { type: "button", class: "panel-button", text: "Undo", disabled: true });
      plot = makePoints(side, mine, run.header.classes, () => {
        edited = true;
        back.disabled = false;
      });
      again.addEventListener("click", () => {
        edited = false;
        start(true);
      });
      back.addEventListener("click", () => {
        Object.assign(mine, { x: [...from.x], y: [...from.y], label: [...from.label], tested: [...from.tested] });
        edited = false;
        back.disabled = true;
        plot?.reset();
      });
      side.append(el("div", { class: "pad-buttons" }, again, back));
    }
    plot?.draw();
  }

  return {
    /** @param {Set<string>} changed */
    update(changed) {
      if (!asked && model.run && model.source.can.restart) ask();
      if (!asked && model.run && !model.source.can.restart && !wish) {
        choices = dataChoicesOf(model.run.header);
        wish = choices.now;
        drawForm();
      }
      if (changed.size) draw();
    },
  };
}

/** What a recording was trained with, as the only choices there are. @param {any} header */
function dataChoicesOf(header) {
  const { sizes, options } = header;
  const now = { data: header.data, hidden: sizes.slice(1, -1), activation: header.activation, method: header.method, l2: header.l2, rng: options?.rng ?? 0, noise: options?.noise ?? 0 };
  return { data: [{ name: header.data, what: "", plane: sizes[0] === 2 }], methods: [{ name: header.method, what: "" }], activations: [header.activation], now };
}

/** @param {Node | string} name @param {HTMLElement} field @param {string} [why] */
function dataRow(name, field, why) {
  return el("div", { class: "data-row" }, el("span", { class: "data-name" }, name), el("div", { class: "data-field" }, field, why ? el("small", { text: why }) : null));
}

/** @param {string} field @param {string[]} names @param {string} now @param {(value: string) => void} choose */
function dataSelect(field, names, now, choose) {
  const all = names.includes(now) ? names : [...names, now];
  const select = el("select", { class: "panel-select", "aria-label": field, "data-field": field }, ...all.map((name) => el("option", { value: name, text: name })));
  select.value = now;
  select.addEventListener("change", () => choose(select.value));
  return select;
}

/** @param {string} field @param {number} now @param {number} low @param {number} high @param {number} step @param {(value: number) => void} choose */
function dataNumber(field, now, low, high, step, choose) {
  const input = el("input", { type: "number", class: "panel-select data-number", "aria-label": field === "rng" ? "Seed" : field, "data-field": field, min: low, max: high, step, value: String(now) });
  input.addEventListener("change", () => {
    const value = Math.min(Math.max(Math.round(Number(input.value) || 0), low), high);
    input.value = String(value);
    choose(value);
  });
  return input;
}

/** @param {string} field @param {number} now @param {(value: number) => void} choose */
function dataRange(field, now, choose) {
  const shown = el("output", { class: "slider-value", text: String(now) });
  const input = el("input", { type: "range", "aria-label": "Noise", "data-field": field, min: 0, max: 0.5, step: 0.05, value: String(now) });
  input.addEventListener("input", () => {
    shown.textContent = input.value;
    choose(Number(input.value));
  });
  return el("span", { class: "data-range" }, input, shown);
}

/** Hidden layers as steppers: − 8 +, and one to add or remove a layer. @param {number[]} hidden @param {() => void} again */
function dataSteppers(hidden, again) {
  const button = (/** @type {string} */ text, /** @type {string} */ label, /** @type {boolean} */ off, /** @type {() => void} */ press) =>
    el("button", { type: "button", text, "aria-label": label, "data-field": label, disabled: off, onclick: () => { press(); again(); } });
  const layers = hidden.map((units, i) => el("span", { class: "stepper", role: "group", "aria-label": `Hidden layer ${i + 1}` },
    button("−", `One unit fewer in layer ${i + 1}`, units <= 1, () => { hidden[i] -= dataStep(units - 1); }),
    el("output", { text: String(units) }),
    button("+", `One unit more in layer ${i + 1}`, units >= DATA_UNITS, () => { hidden[i] += dataStep(units); })));
  return el("span", { class: "steppers" }, ...layers,
    el("span", { class: "stepper" },
      button("−", "Remove the last hidden layer", !hidden.length, () => { hidden.pop(); }),
      el("output", { text: "layer" }),
      button("+", "Add a hidden layer", hidden.length >= DATA_LAYERS, () => { hidden.push(hidden.at(-1) ?? 6); })));
}

/** Steps grow with the layer: 1 up to 16, then 4, then 10. @param {number} units */
function dataStep(units) {
  return units < 16 ? 1 : units < 40 ? 4 : 10;
}

/** @param {any} header @param {import("./points.js").Points | null} points */
function dataInWords(header, points) {
  const { n_train: train, n_test: test, sizes, classes, image_shape: shape } = header;
  const what = shape ? `images of ${shape[0]} × ${shape[1]} pixels` : points ? "points in a plane" : `rows of ${sizes[0]} numbers`;
  const split = `${train.toLocaleString("en")} to train on${test ? ` and ${test.toLocaleString("en")} unseen` : ""}`;
  const kinds = classes.length ? `, in ${classes.length} classes` : "";
  return `This run: ${header.data}, ${what}${kinds}; ${split}; network ${header.architecture}, ${header.activation}, method ${header.method}, seed ${header.options?.rng ?? 0}.`;
}
