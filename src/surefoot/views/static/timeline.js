// @ts-check
// The timeline, as in a video editor: play, step, scrub, marks where something happened, branch from here.
//
//     ▼ orange   backtracked: more lengths refused than this run's searches usually refuse
//     ✕          no step was taken
//     ! note     a fallback was used
//     ⑂ fork     another run branches from here

import { canvasIn, colours, el, figure, font, icon } from "./dom.js";
import { roundValues } from "./scales.js";

/** @typedef {import("./model.js").Model} TimelineModel */
/** @typedef {{k: number, kind: "back" | "cross" | "note" | "fork", words: string}} Mark */

const TIMELINE_ICONS = {
  start: "M6 5v14M19 5l-10 7 10 7z", back: "M12 5l-9 7 9 7zM21 5l-9 7 9 7z", play: "M7 4l13 8-13 8z",
  pause: "M7 5h4v14H7zM14 5h4v14h-4z", forward: "M3 5l9 7-9 7zM12 5l9 7-9 7z", end: "M18 5v14M5 5l10 7-10 7z",
};
const TIMELINE_SPEEDS = [["2", "2 / s"], ["6", "6 / s"], ["12", "12 / s"], ["30", "30 / s"], ["60", "60 / s"], ["", "full speed"]];
const TIMELINE_THUMB = 24; // pixels: the range input's thumb, whose middle is the value

/** @param {HTMLElement} element @param {TimelineModel} model */
export function makeTimeline(element, model) {
  const timeline = new Timeline(element, model);
  return { update: (/** @type {Set<string>} */ changed) => timeline.update(changed) };
}

class Timeline {
  /** @param {HTMLElement} element @param {TimelineModel} model */
  constructor(element, model) {
    this.model = model;
    const round = (/** @type {keyof typeof TIMELINE_ICONS} */ name, /** @type {string} */ label, /** @type {() => void} */ act, more = "") =>
      el("button", { type: "button", class: `round ${more}`, "aria-label": label, title: label, onclick: act }, icon(TIMELINE_ICONS[name], "icon solid"));
    this.playIcon = icon(TIMELINE_ICONS.play, "icon solid");
    this.play = el("button", { type: "button", class: "round main", onclick: () => (model.moving ? model.pause() : model.play()) }, this.playIcon);
    const buttons = el("div", { class: "transport", role: "group", "aria-label": "play" },
      round("start", "to the start (home)", () => leap(model, 0), "wide-only"),
      round("back", "one iteration back (left arrow)", () => stride(model, -1)),
      this.play,
      round("forward", "one iteration on (right arrow)", () => stride(model, 1)),
      round("end", "to the newest (end)", () => leap(model, model.head), "wide-only"));
    this.speed = el("select", { class: "quiet", "aria-label": "speed, iterations a second", title: "speed, iterations a second" },
      ...TIMELINE_SPEEDS.map(([value, text]) => el("option", { value, text })));
    this.speed.value = "12";
    this.speed.onchange = () => this._hurry();
    this.range = el("input", { type: "range", class: "scrubber", min: "0", max: "1", step: "1", value: "0", "aria-label": "iteration" });
    this.range.oninput = () => leap(model, Number(this.range.value));
    const track = el("div", { class: "track" });
    this.sheet = canvasIn(track, "", () => this.draw());
    this.sheet.zooming = true;
    this.sheet.canvas.setAttribute("aria-hidden", "true");
    this.sheet.canvas.removeAttribute("role");
    track.append(this.range);
    track.addEventListener("pointermove", (event) => this._tell(event));
    this.method = el("select", { class: "quiet", "aria-label": "method of the branch", title: "method of the branch" });
    this.branch = el("button", { type: "button", class: "main-button", onclick: () => model.branch(this.method.value), "aria-label": "Branch here" },
      "Branch", el("span", { class: "wide-words", text: " here" }));
    this.state = el("p", { class: "state", role: "status" });
    const branching = el("div", { class: "branching" }, this.method, this.branch);
    element.append(el("div", { class: "timeline-row" }, buttons, this.speed, track, branching), this.state);
    /** @type {Mark[]} */
    this.marks = [];
    this._marksKey = "";
    this._asked = false;
    this._told = "";
    new ResizeObserver(() => this._fold()).observe(this.state);
    const { train, branch = train } = model.source.can;
    branching.hidden = !branch;
  }

  _hurry() {
    const each = this.speed.value ? Number(this.speed.value) : null;
    this.model.speed = each ?? 240;
    if (this.model.source.can.train) this.model.command("speed", { per_second: each });
  }

  /** @param {Set<string>} changed */
  update(changed) {
    const { model } = this;
    if (!this._asked && model.run && model.source.can.train) this._methods();
    if (changed.has("runs") || changed.has("steps")) this._findMarks();
    this.range.max = String(Math.max(model.head, 1));
    this.range.value = String(model.k);
    this.range.setAttribute("aria-valuetext", `iteration ${model.k} of ${model.head}`);
    const moving = model.moving;
    this.playIcon.firstElementChild?.setAttribute("d", moving ? TIMELINE_ICONS.pause : TIMELINE_ICONS.play);
    const name = moving ? "pause (space)" : "play (space)";
    if (this.play.getAttribute("aria-label") !== name) {
      this.play.setAttribute("aria-label", name);
      this.play.title = name;
    }
    this._state();
    this.draw();
  }

  async _methods() {
    this._asked = true;
    try {
      const told = await this.model.source.ask("choices", {});
      this.method.replaceChildren(...told.methods.map((/** @type {any} */ one) => el("option", { value: one.name, text: one.name, title: one.what })));
      const other = told.methods.find((/** @type {any} */ one) => one.name !== this.model.run?.header.method);
      if (other) this.method.value = other.name;
    } catch (error) {
      this.model.complain(String(/** @type {Error} */ (error).message));
    }
  }

  _state() {
    const { run, trouble } = this.model;
    const words = trouble || (run?.training ? "training" : (run?.ending?.sentence ?? ""));
    const named = run?.parent ? `branched from ${run.parent.run} at iteration ${run.parent.iteration}` : "";
    const full = [named, words].filter(Boolean).join(" · ");
    if (this._told === full) return;
    this._told = full;
    this.state.textContent = [named, timelineShort(words)].filter(Boolean).join(" · ");
    this.state.classList.toggle("is-trouble", Boolean(trouble));
    this._fold();
  }

  /** What is cut or left out of the status is told where it is pointed at or has the focus. */
  _fold() {
    const { state, _told: full } = this;
    const cut = full !== state.textContent || state.scrollWidth > state.clientWidth + 1;
    state.toggleAttribute("data-full", cut);
    if (cut) state.dataset.full = full;
    if (cut) state.tabIndex = 0;
    else state.removeAttribute("tabindex");
  }

  _findMarks() {
    const { run, runs, head } = this.model;
    if (!run) return;
    const key = `${run.id} ${head} ${runs.size}`;
    if (key === this._marksKey) return;
    this._marksKey = key;
    this.marks = marksOf(run, [...runs.values()]);
  }

  /** @param {number} k */
  _x(k) {
    const thumb = TIMELINE_THUMB / this.sheet.zoom;
    return thumb / 2 + (k / Math.max(this.model.head, 1)) * (this.sheet.width - thumb);
  }

  /** @param {PointerEvent} event */
  _tell(event) {
    const { zoom, width } = this.sheet;
    const x = event.offsetX / zoom;
    const part = (x - TIMELINE_THUMB / zoom / 2) / (width - TIMELINE_THUMB / zoom);
    const k = Math.round(part * this.model.head);
    const found = this.marks.filter((mark) => Math.abs(this._x(mark.k) - x) < 6);
    const loss = this.model.run?.steps[k]?.loss;
    this.range.title = found.length ? found.map((mark) => `iteration ${mark.k}: ${mark.words}`).join("\n")
      : `iteration ${k}${loss === undefined ? "" : `: loss ${figure(loss)}`}`;
  }

  draw() {
    const { sheet, model } = this;
    sheet.clear();
    if (!sheet.width) return;
    const { context, width, height } = sheet;
    const { ink, blue, faint, card } = colours();
    const y = Math.round(height - 31);
    const [x0, x1, x] = [this._x(0), this._x(Math.max(model.head, 1)), this._x(model.k)];
    context.lineCap = "round";
    for (const [from, to, colour, thick] of /** @type {[number, number, string, number][]} */ ([[x0, x1, faint, 5], [x0, x, blue, 6]])) {
      context.strokeStyle = colour;
      context.lineWidth = thick;
      context.beginPath();
      context.moveTo(from, y);
      context.lineTo(to, y);
      context.stroke();
    }
    this._ticks(y);
    this._drawMarks(y);
    context.beginPath();
    context.arc(x, y, 11, 0, 2 * Math.PI);
    context.fillStyle = card;
    context.fill();
    context.lineWidth = 4;
    context.strokeStyle = blue;
    context.stroke();
    context.font = font(15, "700");
    context.fillStyle = ink;
    context.textAlign = "center";
    const words = model.k.toLocaleString("en");
    const half = context.measureText(words).width / 2;
    context.fillText(words, Math.min(Math.max(x, half), width - half), y + 27);
  }

  /** @param {number} y */
  _ticks(y) {
    const { context } = this.sheet;
    const { k, head } = this.model;
    context.font = font(13);
    context.fillStyle = colours().grey;
    context.textAlign = "center";
    const here = this._x(k);
    const values = roundValues(0, Math.max(head, 1), Math.min(Math.max(Math.floor(this.sheet.width / 90), 2), head)).filter(Number.isInteger);
    for (const value of values) {
      const at = this._x(value);
      if (Math.abs(at - here) > 30) context.fillText(value.toLocaleString("en"), at, y + 27);
    }
  }

  /** @param {number} y */
  _drawMarks(y) {
    const { context, width } = this.sheet;
    const { orange, orangeText, ink, blue, blueText } = colours();
    const top = y - 19;
    let free = -1e9; // where the next label may begin
    const crowd = this.marks.length > 24;
    const here = this.marks.find((mark) => mark.k === this.model.k);
    const told = here ? [here, ...this.marks.filter((mark) => mark !== here)] : this.marks;
    context.font = font(13, "500");
    /** @type {[number, number][]} */
    const taken = [];
    for (const mark of told) {
      const x = this._x(mark.k);
      const colour = mark.kind === "fork" ? blue : mark.kind === "note" ? ink : orange;
      timelineMark(context, mark.kind, x, top, crowd ? 4 : 6, colour);
      const words = mark.words;
      const half = context.measureText(words).width / 2;
      const middle = Math.min(Math.max(x, half), width - half);
      if (taken.some(([from, to]) => middle - half < to + 10 && middle + half > from - 10)) continue;
      if (top < 18) continue;
      taken.push([middle - half, middle + half]);
      context.textAlign = "center";
      context.fillStyle = mark.kind === "fork" ? blueText : mark.kind === "note" ? ink : orangeText;
      context.fillText(words, middle, top - 8);
      free = Math.max(free, middle + half);
    }
  }
}

/** @param {CanvasRenderingContext2D} context @param {string} kind @param {number} x @param {number} y @param {number} r @param {string} colour */
function timelineMark(context, kind, x, y, r, colour) {
  context.fillStyle = colour;
  context.strokeStyle = colour;
  context.lineWidth = 2.2;
  context.beginPath();
  if (kind === "back") {
    context.moveTo(x - r, y - r * 0.8);
    context.lineTo(x + r, y - r * 0.8);
    context.lineTo(x, y + r * 0.8);
    context.closePath();
    context.fill();
  } else if (kind === "cross") {
    context.moveTo(x - r * 0.8, y - r * 0.8);
    context.lineTo(x + r * 0.8, y + r * 0.8);
    context.moveTo(x + r * 0.8, y - r * 0.8);
    context.lineTo(x - r * 0.8, y + r * 0.8);
    context.stroke();
  } else if (kind === "fork") {
    context.moveTo(x, y + r);
    context.lineTo(x, y);
    context.lineTo(x - r * 0.8, y - r);
    context.moveTo(x, y);
    context.lineTo(x + r * 0.8, y - r);
    context.stroke();
  } else {
    context.fillRect(x - 1.3, y - r, 2.6, r * 1.2);
    context.fillRect(x - 1.3, y + r * 0.55, 2.6, 2.6);
  }
}

/** The first sentence. @param {string} words */
function timelineShort(words) {
  const end = words.search(/[.!?] [A-Z]/);
  return end < 0 ? words : words.slice(0, end + 1);
}

/** Trials that were refused. @param {any} step */
function refusals(step) {
  return step.trials.filter((/** @type {any} */ trial) => trial.verdict.startsWith("refused")).length;
}

/** Where something happened. @param {any} run @param {any[]} runs @returns {Mark[]} */
export function marksOf(run, runs) {
  const steps = run.steps.slice(1).filter(Boolean);
  const sorted = steps.map(refusals).sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
  const usual = sorted.length ? sorted[Math.floor(sorted.length * 0.75)] : 0; // most steps refuse no more
  /** @type {Mark[]} */
  const marks = [];
  for (const step of steps) {
    const k = step.iteration;
    const refused = refusals(step);
    if (!step.alpha) marks.push({ k, kind: "cross", words: "no step" });
    else if (step.notes?.length || step.happened?.length) marks.push({ k, kind: "note", words: "note" });
    else if (refused > 2 * usual) marks.push({ k, kind: "back", words: refused === 1 ? "backtracked" : `backtracked × ${refused}` });
  }
  for (const other of runs) {
    if (other.parent?.run === run.id) marks.push({ k: other.parent.iteration, kind: "fork", words: `branch: ${String(other.header.method).slice(0, 24)}` });
  }
  return marks.sort((a, b) => a.k - b.k);
}

/** @param {TimelineModel} model @param {number} k */
export function leap(model, k) {
  model.playing = false;
  model.go(k);
  model.change("status");
}

/** @param {TimelineModel} model @param {number} by */
export function stride(model, by) {
  model.playing = false;
  if (by < 0) model.back();
  else model.forward();
  model.change("status");
}

