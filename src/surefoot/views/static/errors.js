// @ts-check
// The errors: what is taken for what, and the misclassified, worst first.
//
//     confusion[true][guess]   a row is a class; a cell's darkness is its share of the row; the diagonal is right
//     loss of one sample       −log of the probability of its true class: large where the network is sure and wrong

import { unpack } from "./arrays.js";
import { colours, el, figure, inPercent, note, tell } from "./dom.js";
import { inkScale, paintValues, rgbOf, sequentialScale } from "./maps.js";
import { Rest } from "./rest.js";

/** @typedef {import("./model.js").Model} ErrorsModel */

/** @param {HTMLElement} element @param {ErrorsModel} model */
export function makeErrors(element, model) {
  const summary = el("p", { class: "panel-summary", "aria-live": "polite" });
  const remark = el("p", { class: "panel-remark" });
  const table = el("table", { class: "confusion", role: "grid" });
  const cellText = el("p", { class: "panel-remark", "aria-live": "polite" });
  const list = el("ol", { class: "worst" });
  const listTitle = el("h3", { text: "Taken for something else, worst first" });
  const hint = note("a stronger colour: a larger share of the row");
  const left = el("section", { class: "confusion-side", "aria-label": "Confusion matrix" },
    el("h3", { text: "Which class is taken for which" }), table, cellText, hint);
  const right = el("section", { class: "worst-side", "aria-label": "The misclassified" }, listTitle, list);
  const body = el("div", { class: "errors-body" }, left, right);
  element.classList.add("panel-errors");
  element.append(summary, body, remark);

  const rest = new Rest(model, "errors", () => draw());
  /** @type {[number, number] | null} the cell chosen: true class, guess */
  let chosen = null;
  let focus = [0, 0];
  let drawn = "";

  let size = "";
  new ResizeObserver(() => {
    const now = `${list.clientWidth} ${list.clientHeight}`;
    if (size === now) return;
    [size, drawn] = [now, ""];
    requestAnimationFrame(draw);
  }).observe(right);

  /** @param {number} i @param {number} j */
  function choose(i, j) {
    chosen = chosen && chosen[0] === i && chosen[1] === j ? null : [i, j];
    draw();
  }

  function draw() {
    const { answer } = rest;
    tell(remark, rest.remark());
    element.classList.toggle("is-waiting", Boolean(answer) && (rest.waiting || rest.stale));
    body.hidden = !answer;
    if (!answer) {
      tell(summary, "");
      return;
    }
    tell(summary, errorsInWords(answer, answer.iteration ?? rest.answerAt));
    const key = `${rest.answerRun} ${rest.answerAt} ${chosen} ${colours().paper}`;
    if (drawn !== key) {
      drawn = key;
      drawTable(answer);
      drawWorst(answer);
    }
    showChosenSample();
  }

  /** @param {any} answer */
  function drawTable(answer) {
    const had = table.contains(document.activeElement);
    const { classes, confusion } = answer;
    const scale = sequentialScale();
    table.replaceChildren(errorsHead(classes), ...confusion.map((/** @type {number[]} */ row, /** @type {number} */ i) => {
      const sum = row.reduce((a, b) => a + b, 0);
      return el("tr", { role: "row" }, el("th", { scope: "row", role: "rowheader", text: classes[i] }), ...row.map((count, j) =>
        drawCell(answer, i, j, count, sum ? count / sum : 0, scale)));
    }));
    table.style.setProperty("--classes", String(classes.length));
    const longest = Math.max(...classes.map((/** @type {string} */ name) => name.length));
    table.style.setProperty("--names", `${Math.min(Math.max(longest + 2, 5), 12)}ch`);
    table.classList.toggle("is-dense", classes.length > 12);
    table.setAttribute("aria-label", "Rows: the true class; columns: the network’s guess. Arrow keys move.");
    if (had) cellAt(focus[0], focus[1])?.focus();
  }

  /** @param {any} answer @param {number} i @param {number} j @param {number} count @param {number} share @param {Uint8ClampedArray} scale */
  function drawCell(answer, i, j, count, share, scale) {
    const { classes } = answer;
    const words = i === j ? `${classes[i]} recognised: ${count} times, ${inPercent(share)} of all ${classes[i]}`
      : `${classes[i]} taken for ${classes[j]}: ${count} times, ${inPercent(share)} of all ${classes[i]}`;
    const cell = el("td", { role: "gridcell", class: i === j ? "is-right" : "", "aria-label": words,
      tabindex: i === focus[0] && j === focus[1] ? "0" : "-1",
      "aria-selected": String(Boolean(chosen && chosen[0] === i && chosen[1] === j)), text: count ? String(count) : "·" });
    const at = Math.round(255 * Math.sqrt(share)); // the root: small shares of errors are what one looks for
    const rgb = [scale[3 * at], scale[3 * at + 1], scale[3 * at + 2]];
    cell.style.setProperty("background-color", `rgb(${rgb.join(" ")})`);
    cell.style.setProperty("color", errorsContrast(rgb, "#ffffff") > errorsContrast(rgb, "#000000") ? "#ffffff" : "#000000");
    const point = () => { cellText.textContent = words + (i === j ? "." : ". Press to list them."); };
    cell.addEventListener("pointerenter", point);
    cell.addEventListener("focus", () => { focus = [i, j]; point(); });
    cell.addEventListener("click", () => choose(i, j));
    return cell;
  }

  /** @param {number} i @param {number} j @returns {HTMLElement | undefined} */
  function cellAt(i, j) {
    return /** @type {any} */ (table.rows[i + 1]?.cells[j + 1]);
  }

  table.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter" || event.key === " ") choose(focus[0], focus[1]);
    else if (!by) return;
    else {
      const k = rest.answer.classes.length - 1;
      const to = [Math.min(Math.max(focus[0] + by[0], 0), k), Math.min(Math.max(focus[1] + by[1], 0), k)];
      cellAt(focus[0], focus[1])?.setAttribute("tabindex", "-1");
      cellAt(to[0], to[1])?.setAttribute("tabindex", "0");
      cellAt(to[0], to[1])?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  });

  /** @param {any} answer */
  function drawWorst(answer) {
    const all = answer.worst.filter((/** @type {any} */ one) => one.guess !== one.label);
    const some = chosen ? all.filter((/** @type {any} */ one) => one.label === chosen?.[0] && one.guess === chosen?.[1]) : all;
    const { classes } = answer;
    listTitle.textContent = !chosen ? `Taken for something else, worst first`
      : `${classes[chosen[0]]} taken for ${classes[chosen[1]]}: ${some.length} of the ${all.length} worst`;
    const shape = model.run?.header.image_shape ?? null;
    const scale = inkScale();
    list.classList.toggle("has-images", Boolean(shape));
    const room = errorsRoom(list);
    list.replaceChildren(...some.slice(0, room).map((/** @type {any} */ one) => errorsCard(one, classes, shape, scale, () => {
      const part = answer.part === "unseen" ? "unseen" : "training";
      model.show({ x: unpack(one.inputs), label: one.label, title: `${part} row ${one.row.toLocaleString("en")}`, key: `${part} ${one.row}` });
    }, answer.resolution)));
    if (!some.length) list.append(el("li", { class: "worst-none", text: chosen ? "None of the worst is of this kind; press the cell again for all." : "Nothing is misclassified here." }));
  }

  function showChosenSample() {
    for (const button of list.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.key === model.sample?.key.replace(/^(unseen|training|row) /, "")));
    }
  }

  return {
    /** @param {Set<string>} changed */
    update(changed) {
      hint.hidden = !model.notes;
      if (changed.has("steps")) rest.answers.clear(); // "learned at" may have changed
      if (changed.has("runs")) chosen = null;
      if (changed.has("cursor") || changed.has("runs") || !rest.answer) rest.want();
      draw();
    },
  };
}

/** @param {string[]} classes */
function errorsHead(classes) {
  const corner = el("th", { class: "confusion-corner", scope: "col", role: "columnheader", text: "true \\ guess" });
  return el("tr", { role: "row" }, corner, ...classes.map((name) => el("th", { scope: "col", role: "columnheader", text: name })));
}

/** How many cards the list has room for, as it is laid out. @param {HTMLElement} list */
function errorsRoom(list) {
  if (getComputedStyle(list).overflowY === "visible") return 24; // stacked: the page scrolls
  const style = getComputedStyle(list);
  const columns = style.gridTemplateColumns.split(" ").length;
  const tall = (parseFloat(style.gridTemplateRows) || parseFloat(style.gridAutoRows) || 60) + 5;
  return Math.max(columns * Math.floor((list.clientHeight + 1) / tall), columns);
}

/** How far two colours are apart in lightness, roughly. @param {number[]} rgb @param {string} text */
function errorsContrast(rgb, text) {
  const light = (/** @type {number[]} */ [r, g, b]) => 0.2126 * (r / 255) ** 2.2 + 0.7152 * (g / 255) ** 2.2 + 0.0722 * (b / 255) ** 2.2;
  const [a, b] = [light(rgb), light(rgbOf(text))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** One misclassified sample: a picture, what it is, what it is taken for. @param {any} one @param {string[]} classes @param {number[] | null} shape @param {Uint8ClampedArray} scale @param {() => void} look @param {number} [within] iterations */
function errorsCard(one, classes, shape, scale, look, within = 1) {
  const [label, guess] = [classes[one.label], classes[one.guess]];
  const learned = one.learned === null || one.learned === undefined ? "not yet" : within > 1 && one.learned > 0 ? `learned by ${one.learned}` : `learned at ${one.learned}`;
  const late = one.learned === null || one.learned === undefined ? "not right at the newest record" : `right from iteration ${one.learned} on`;
  const words = `Row ${one.row}: a ${label}, taken for a ${guess}; loss ${figure(one.loss, 3)}; ${late}. Show it to the network.`;
  const button = el("button", { type: "button", class: "worst-card", title: words });
  button.dataset.key = String(one.row);
  const x = unpack(one.inputs);
  if (shape) {
    const canvas = el("canvas", { class: "pixels", "aria-hidden": "true" });
    paintValues(canvas, x, shape[1], shape[0], scale, 0, Math.max(1, ...x));
    button.append(canvas);
  } else button.append(el("span", { class: "worst-row", text: `row ${one.row}` }));
  button.append(
    el("span", { class: "unseen", text: `Row ${one.row}, true class and guess: ` }),
    el("span", { class: "worst-words" }, el("span", { class: "worst-names" }, el("b", { text: label }), el("span", { class: "worst-guess", text: ` → ${guess}` })),
      el("small", { text: `loss ${figure(one.loss, 3)}` }), el("small", { class: one.learned == null ? "worst-never" : "", text: learned })),
  );
  button.addEventListener("click", look);
  return el("li", {}, button);
}

/** The picture in one sentence. @param {any} answer @param {number} k */
function errorsInWords(answer, k) {
  const { confusion, classes, n, right, part } = answer;
  let [worst, at] = [0, [0, 0]];
  confusion.forEach((/** @type {number[]} */ row, /** @type {number} */ i) => row.forEach((count, j) => {
    if (i !== j && count > worst) [worst, at] = [count, [i, j]];
  }));
  const most = worst ? `; most often ${classes[at[0]]} is taken for ${classes[at[1]]} (${worst} times)` : "";
  const looked = confusion.flat().reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0);
  const evenly = looked < n ? ` (${looked.toLocaleString("en")} of ${n.toLocaleString("en")}, evenly chosen)` : "";
  return `At iteration ${k}, ${right.toLocaleString("en")} of ${looked.toLocaleString("en")} ${part} samples${evenly} are right, ${inPercent(looked ? right / looked : 0)}${most}.`;
}
