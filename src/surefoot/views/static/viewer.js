// @ts-check
// The viewer: one screen on which a run is watched, stopped, rewound, branched and questioned.
//
//     one sentence: where the run is
//     tabs          one panel at a time │ loss over iterations
//                                       │ the line-search microscope
//     timeline

import { makeAsk } from "./ask.js";
import { makeCompare } from "./compare.js";
import { makeData } from "./data.js";
import { count, el, figure, freshId, icon, inPercent, term } from "./dom.js";
import { makeDrawing } from "./drawing.js";
import { makeErrors } from "./errors.js";
import { makeHelp, watchTerms } from "./help.js";
import { makeLoss } from "./loss.js";
import { makeMicroscope } from "./microscope.js";
import { Model } from "./model.js";
import { makeNetwork, nextSample } from "./network.js";
import { makeProgress } from "./progress.js";
import { Searches } from "./searches.js";
import { makeSurface } from "./surface.js";
import { leap, makeTimeline, stride } from "./timeline.js";

/** @typedef {{update(changed: Set<string>): void}} Panel */

const ALL_TOPICS = ["runs", "steps", "cursor", "weights", "sample", "status", "settings"];
const VIEWER_REST = 900; // milliseconds of stillness before the sentence is spoken

/** name, title, maker, takes the whole width @type {[string, string, (element: HTMLElement, model: any) => Panel, boolean][]} */
const PANELS = [
  ["network", "Network", makeNetwork, false],
  ["errors", "Errors", makeErrors, true],
  ["surface", "Surface", makeSurface, false],
  ["progress", "Progress", makeProgress, true],
  ["draw", "Draw", makeDrawing, false],
  ["compare", "Compare", makeCompare, true],
  ["data", "Data", makeData, true],
];

/**
 * Build the viewer in an element, on a source of runs.
 * @param {HTMLElement} element @param {import("./model.js").Source} source
 * @param {{theme?: "light" | "dark" | "", panel?: string, notebook?: boolean}} [options]
 */
export function mount(element, source, options = {}) {
  const model = new Model(source);
  const viewer = new Viewer(element, model, options);
  return { model, close: () => viewer.close() };
}

class Viewer {
  /** @param {HTMLElement} element @param {Model} model @param {any} options */
  constructor(element, model, options) {
    this.model = model;
    this.root = el("div", { class: options.notebook ? "surefoot in-notebook" : "surefoot", "data-theme": options.theme || null });
    this.searches = new Searches(model);
    /** @type {Map<string, {tab: HTMLButtonElement, element: HTMLElement, make: any, panel: Panel | null, wide: boolean}>} */
    this.panels = new Map();
    this.open = "";
    this.listening = false;
    this._spoken = 0;
    this._header();
    this._body();
    element.append(this.root);
    this.ask = makeAsk(this.root, model, this.searches);
    this.unwatch = watchTerms(this.root);
    this.show(options.panel ?? "network");
    this.listening = true;
    this.unlisten = model.on((changed) => this.update(changed));
    this.root.addEventListener("keydown", (event) => this._key(event));
    this._global = (/** @type {KeyboardEvent} */ event) => {
      if (event.target === document.body) this._key(event);
    };
    document.addEventListener("keydown", this._global);
    model.change(...ALL_TOPICS);
  }

  close() {
    document.removeEventListener("keydown", this._global);
    this.unwatch();
    this.unlisten();
    this.model.close();
    this.root.remove();
  }

  // the page ----------------------------------------------------------------------------------------

  _header() {
    const { model } = this;
    this.sentence = el("p", { class: "sentence" });
    this.spoken = el("p", { class: "unseen", "aria-live": "polite" });
    const restarts = model.source.can.restart;
    const choice = (/** @type {string} */ label) => restarts ? el("button", {
      type: "button", class: "choice", title: `${label}: choose another and start again`, onclick: () => this.show("data") })
      : el("span", { class: "choice", title: label });
    this.choices = { method: choice("method"), architecture: choice("architecture"), data: choice("data") };
    const choices = el("div", { class: "choices", role: "group", "aria-label": "what is trained" },
      this.choices.method, this.choices.architecture, this.choices.data);
    this.root.append(el("header", { class: "top" },
      el("h1", { class: "brand", text: "surefoot" }), this.sentence, this.spoken, choices));
  }

  _body() {
    const { model } = this;
    const tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "panels" });
    this.heading = el("h2", { class: "unseen" });
    const main = el("div", { class: "panels" });
    for (const [name, title, make, wide] of PANELS) {
      const id = freshId("tab");
      const tab = el("button", { type: "button", class: "tab", role: "tab", id, tabindex: "-1", text: title, onclick: () => this.show(name) });
      const panel = el("section", { class: `tab-panel tab-${name}`, role: "tabpanel", id: `${id}-panel`, "aria-labelledby": id, hidden: true });
      tab.setAttribute("aria-controls", panel.id);
      tabs.append(tab);
      main.append(panel);
      this.panels.set(name, { tab, element: panel, make, panel: null, wide });
    }
    tabs.addEventListener("keydown", (event) => this._tabKey(event));
    this.runs = el("select", { class: "quiet runs", "aria-label": "run", hidden: true });
    this.runs.onchange = () => model.look(this.runs?.value ?? "");
    this.notes = el("button", { type: "button", class: "switch", "aria-pressed": "true", title: "hand-notes on or off (n)", onclick: () => this._toggleNotes() }, "notes");
    this.theme = el("button", { type: "button", class: "switch icon-only", "aria-label": "light or dark (t)", title: "light or dark (t)", onclick: () => this._toggleTheme() },
      icon("M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z", "icon solid"));
    this.help = makeHelp(this.root);
    const help = el("button", { type: "button", class: "switch", "aria-label": "help (?)", title: "help (?)", onclick: () => this.help?.open() }, "?");
    const bar = el("nav", { class: "bar", "aria-label": "panels and settings" }, tabs, el("div", { class: "settings" }, this.runs, this.notes, this.theme, help));
    const loss = el("section", { class: "card card-loss", "aria-label": "loss and accuracy" });
    const search = el("section", { class: "card card-search", "aria-label": "line-search microscope" });
    this.side = el("aside", { class: "side", "aria-label": "loss and line search" }, loss, search);
    const bottom = el("footer", { class: "timeline" });
    this.root.append(bar, el("div", { class: "middle" }, this.heading, main, this.side), bottom, this.help.element);
    this.beside = [makeLoss(loss, model), makeMicroscope(search, model, this.searches)];
    this.timeline = makeTimeline(bottom, model);
  }

  /** Open a panel. @param {string} name */
  show(name) {
    if (!this.panels.has(name) || name === this.open) return;
    this.open = name;
    for (const [other, entry] of this.panels) {
      const here = other === name;
      entry.element.hidden = !here;
      entry.tab.setAttribute("aria-selected", String(here));
      entry.tab.tabIndex = here ? 0 : -1;
      if (here) {
        this.root.classList.toggle("is-wide", entry.wide);
        if (this.heading) this.heading.textContent = entry.tab.textContent;
        entry.panel ??= entry.make(entry.element, this.model);
      }
    }
    this.ask?.close();
    if (this.listening) this.update(new Set(ALL_TOPICS));
  }

  // showing what changed ----------------------------------------------------------------------------

  /** @param {Set<string>} changed */
  update(changed) {
    this.root.classList.toggle("no-notes", !this.model.notes);
    this._say();
    if (changed.has("runs") || changed.has("status")) this._name();
    this.panels.get(this.open)?.panel?.update(changed);
    if (!this.root.classList.contains("is-wide")) for (const panel of this.beside ?? []) panel.update();
    this.timeline?.update(changed);
  }

  /** Where the run is, in one sentence. */
  _say() {
    const { run, step, k, source } = this.model;
    if (!this.sentence || !this.spoken) return;
    const parts = run && step ? whereItIs(run, step, k)
      : [source.can.restart ? "No run yet: choose data and a network, then start." : "Waiting for a run …"];
    sayParts(this.sentence, parts);
    clearTimeout(this._spoken);
    const { sentence, spoken } = this;
    this._spoken = window.setTimeout(() => {
      const words = parts.map((part) => (typeof part === "string" ? part : part.b ?? part.shown)).join("");
      if (!this.model.moving && spoken.textContent !== words) spoken.textContent = words;
      void sentence;
    }, VIEWER_REST);
  }

  _name() {
    const { run, runs } = this.model;
    if (!run || !this.choices || !this.runs) return;
    const { method, architecture, data } = run.header;
    const named = { method, architecture, data };
    for (const [what, button] of Object.entries(this.choices)) button.textContent = `${named[/** @type {"data"} */ (what)]}${this.model.source.can.restart ? " ▾" : ""}`;
    this.runs.hidden = runs.size < 2;
    const key = [...runs.keys()].join();
    if (this.runs.dataset.key !== key) {
      this.runs.dataset.key = key;
      this.runs.replaceChildren(...[...runs.values()].map((one) => el("option", { value: one.id,
        text: `${one.id}: ${one.header.method}${one.parent ? ` from ${one.parent.run} at ${one.parent.iteration}` : ""}` })));
    }
    this.runs.value = run.id;
  }

  _toggleNotes() {
    this.model.notes = !this.model.notes;
    this.notes?.setAttribute("aria-pressed", String(this.model.notes));
    this.model.change("settings");
  }

  _toggleTheme() {
    const dark = this.root.dataset.theme ? this.root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    this.root.dataset.theme = dark ? "light" : "dark";
    document.documentElement.dataset.surefootTheme = this.root.dataset.theme;
    this.model.change(...ALL_TOPICS);
  }

  // keys --------------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  _tabKey(event) {
    const names = PANELS.map(([name]) => name);
    const at = names.indexOf(this.open);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.show(names[(to + names.length) % names.length]);
    this.panels.get(this.open)?.tab.focus();
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest?.("input, select, textarea, [contenteditable], .help, .ask, .own-keys")) return;
    const { model } = this;
    const pressing = target.closest?.("button, a, summary");
    /** @type {Record<string, () => unknown>} */
    const keys = {
      ArrowLeft: () => stride(model, -1), ArrowRight: () => stride(model, 1),
      ArrowUp: () => nextSample(model, -1), ArrowDown: () => nextSample(model, 1),
      Home: () => leap(model, 0), End: () => leap(model, model.head),
      n: () => this._toggleNotes(), t: () => this._toggleTheme(), "?": () => this.help?.open(),
      ...(pressing ? {} : { " ": () => (model.moving ? model.pause() : model.play()) }),
    };
    PANELS.forEach(([name], i) => (keys[String(i + 1)] = () => this.show(name)));
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

/** Write the parts; elements stay where only their words change, so that a term being read stays. @param {HTMLElement} sentence @param {(string | {b?: string, term?: string, shown?: string})[]} parts */
function sayParts(sentence, parts) {
  const kind = parts.map((part) => (typeof part === "string" ? "" : part.b ? "b" : part.term)).join();
  if (sentence.dataset.kind !== kind) {
    sentence.dataset.kind = kind;
    sentence.replaceChildren(...parts.map((part) => (typeof part === "string" ? document.createTextNode(part)
      : part.b ? el("b", { text: part.b }) : term(part.term ?? "", part.shown))));
  }
  parts.forEach((part, i) => {
    const node = sentence.childNodes[i];
    const text = node instanceof Text ? node : node.firstChild;
    const words = typeof part === "string" ? part : (part.b ?? part.shown ?? "");
    if (text && text.nodeValue !== words) text.nodeValue = words;
  });
}

/**
 * "784-6-10, 4,780 parameters, iteration 37: loss 0.612, 84.1 % of unseen digits right, 76 passes"
 * @param {import("./model.js").RunView} run @param {any} step @param {number} k
 * @returns {(string | {b?: string, term?: string, shown?: string})[]}
 */
export function whereItIs(run, step, k) {
  const { header } = run;
  const things = /^(mnist|digits)/.test(header.data) ? "digits" : "samples";
  const parts = [
    `${header.architecture}, `, { term: "parameters", shown: count(header.parameters, "parameter") }, ", ",
    { term: "iteration", shown: "iteration" }, " ", { b: k.toLocaleString("en") }, ": ",
    { term: "loss", shown: "loss" }, " ", { b: typeof step.loss === "number" ? step.loss.toPrecision(3).replace("e-", "e−") : "not finite" },
  ];
  const tested = lastKnown(run.steps, k, "accuracy_test");
  if (tested !== null) {
    const at = lastAt(run.steps, k, "accuracy_test");
    parts.push(", ", { b: inPercent(tested) }, " of ", { term: "unseen", shown: `unseen ${things}` }, ` right${k - at > 10 ? ` (at ${at.toLocaleString("en")})` : ""}`);
  }
  else if (step.accuracy_train) parts.push(", ", { b: inPercent(step.accuracy_train) }, ` of training ${things} right`);
  else if (lastKnown(run.steps, k, "loss_test") !== null) parts.push(", ", { term: "unseen", shown: "unseen" }, " ", { b: figure(lastKnown(run.steps, k, "loss_test"), 3) });
  parts.push(", ", { term: "passes", shown: count(step.passes ?? 0, "pass") });
  return parts;
}

/** Where it was last measured at or before k; −1: nowhere. @param {any[]} steps @param {number} k @param {string} name */
function lastAt(steps, k, name) {
  let at = k;
  while (at >= 0 && typeof steps[at]?.[name] !== "number") at--;
  return at;
}

/** What was last measured at or before k. @param {any[]} steps @param {number} k @param {string} name @returns {number | null} */
function lastKnown(steps, k, name) {
  return steps[lastAt(steps, k, name)]?.[name] ?? null;
}
