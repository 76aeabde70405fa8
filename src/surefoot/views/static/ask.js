// @ts-check
// Ask a number: a small panel in place says where it comes from, reckoned from the exact weights.

import { unpack } from "./arrays.js";
import { el, figure, icon, term } from "./dom.js";
import { entryOf, explain, explainAlpha, factsOf } from "./reckon.js";

/** @typedef {import("./reckon.js").About} AskedAbout */
/** @typedef {import("./model.js").Model} AskModel */

const ASK_EVENT = "surefoot-ask";

/**
 * Ask where a number comes from; anybody inside the viewer may.
 * @param {Element} from  what was clicked @param {AskedAbout} about @param {number} [x] @param {number} [y]  in the window
 */
export function askAbout(from, about, x, y) {
  const box = from.getBoundingClientRect();
  const place = { x: x || box.right, y: y || box.top + box.height / 2 };
  from.dispatchEvent(new CustomEvent(ASK_EVENT, { bubbles: true, detail: { about, from, place } }));
}

/** @param {HTMLElement} root @param {AskModel} model @param {import("./searches.js").Searches} searches */
export function makeAsk(root, model, searches) {
  const panel = new AskPanel(root, model, searches);
  root.addEventListener(ASK_EVENT, (event) => panel.ask(/** @type {CustomEvent} */ (event).detail));
  model.on((changed) => panel.follow(changed));
  return { close: () => panel.close() };
}

class AskPanel {
  /** @param {HTMLElement} root @param {AskModel} model @param {import("./searches.js").Searches} searches */
  constructor(root, model, searches) {
    this.root = root;
    this.model = model;
    this.searches = searches;
    this.title = el("h2", { tabindex: "-1" });
    this.body = el("div", { class: "ask-body" });
    this.backButton = el("button", { type: "button", class: "switch icon-only", "aria-label": "back to the question before", hidden: true, onclick: () => this._back() }, icon("M14 6l-6 6 6 6"));
    const close = el("button", { type: "button", class: "switch icon-only", "aria-label": "close (escape)", onclick: () => this.close() }, icon("M6 6l12 12M18 6L6 18"));
    this.element = el("div", { class: "ask", role: "dialog", "aria-label": "where a number comes from", hidden: true },
      el("header", {}, this.backButton, this.title, close), this.body);
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    root.append(this.element);
    /** @type {AskedAbout[]} */
    this.trail = [];
    /** @type {HTMLElement | null} */
    this.from = null;
    this._timer = 0;
    this._ticket = 0;
  }

  /** @param {{about: AskedAbout, from: HTMLElement, place: {x: number, y: number}}} asked */
  ask({ about, from, place }) {
    this.from = from;
    this.trail = [about];
    this.element.hidden = false;
    this.place = place;
    this.body.replaceChildren(el("p", { class: "quiet-words", text: "Reckoning …" }));
    this.title.textContent = "";
    this._show().then(() => this.title.focus({ preventScroll: true }));
  }

  close() {
    if (this.element.hidden) return;
    this.element.hidden = true;
    this._ticket += 1;
    const { from } = this;
    if (from?.isConnected && from.tabIndex >= 0) from.focus({ preventScroll: true });
  }

  /** @param {Set<string>} changed */
  follow(changed) {
    if (this.element.hidden || !["cursor", "sample", "runs"].some((topic) => changed.has(topic))) return;
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this._show(), 220);
  }

  _back() {
    this.trail.pop();
    this._show();
  }

  /** @param {AskedAbout} about */
  _deeper(about) {
    this.trail.push(about);
    this._show().then(() => this.title.focus({ preventScroll: true }));
  }

  async _show() {
    const about = this.trail[this.trail.length - 1];
    const ticket = ++this._ticket;
    this.backButton.hidden = this.trail.length < 2;
    try {
      const content = about.kind === "alpha" ? await this._alpha() : await this._number(about);
      if (ticket !== this._ticket) return;
      this.title.textContent = content.title;
      this.body.replaceChildren(...content.nodes);
    } catch (error) {
      if (ticket !== this._ticket) return;
      this.body.replaceChildren(el("p", { text: String(/** @type {Error} */ (error).message) }));
    }
    this._place();
  }

  /** @param {AskedAbout} about */
  async _number(about) {
    const { run, sample, k } = this.model;
    if (!run || !sample) throw new Error("There is nothing to ask about yet.");
    const { theta, exact, at } = await this._weights();
    const facts = factsOf(run.header, theta, sample);
    const said = explain(about, facts);
    const nodes = said.parts.map((part) => this._part(part));
    const entry = entryOf(about, facts);
    if (entry >= 0) nodes.push(this._batch(entry, run, k));
    nodes.push(el("p", { class: "ask-truth" }, exact ? term("exact", "Exact") : term("rounded", "Rounded"),
      exact ? `: reckoned here from the weights of iteration ${at} as training left them, for ${sample.title}.`
        : `: this recording holds the weights of iteration ${at} rounded; reckoned from those, for ${sample.title}.`));
    return { title: said.title, nodes };
  }

  /** Exact weights; where they are not to be had, the rounded ones. */
  async _weights() {
    const { k } = this.model;
    try {
      return { theta: await this.model.exactWeights(), exact: true, at: k };
    } catch (error) {
      const here = this.model.weights();
      if (!here) throw error;
      return { theta: here.theta, exact: here.exact, at: here.k };
    }
  }

  /** The entry of the whole gradient, once the source has answered. @param {number} entry @param {any} run @param {number} k */
  _batch(entry, run, k) {
    const line = el("div", { class: "ask-part" },
      el("p", { class: "formula" }, `over all ${run.header.n_train.toLocaleString("en")} training samples: ∂f/∂θ[${entry.toLocaleString("en")}]`),
      el("p", { class: "ask-result", text: "asking …" }));
    this.model.source.ask("gradient", { run: run.id, k }).then(
      (told) => line.lastElementChild?.replaceChildren("= ", el("b", { text: figure(unpack(told.gradient)[entry], 7) })),
      (error) => line.lastElementChild?.replaceChildren(el("span", { class: "quiet-words", text: String(error.message) })),
    );
    return line;
  }

  async _alpha() {
    const { run, step, k } = this.model;
    if (!run || !step || k < 1) throw new Error("The start: no step led here, so there is no α to ask about.");
    const key = `${run.id} ${k}`;
    let search = this.searches.known.get(key);
    let trouble = "";
    if (!search) {
      try {
        search = await this.model.source.ask("microscope", { run: run.id, k });
        this.searches.known.set(key, search);
      } catch (error) {
        trouble = String(/** @type {Error} */ (error).message);
        search = { phi0: run.steps[k - 1]?.loss, slope0: step.slope, c1: this.searches.c1.get(run.id) ?? null, c2: null };
      }
    }
    const said = explainAlpha(step, search);
    const c = [search.c1 === null ? "" : `c₁ = ${figure(search.c1)}`, search.c2 === null ? "" : `c₂ = ${figure(search.c2)}`].filter(Boolean).join(",  ");
    const nodes = [
      el("p", {}, "The length of the step to iteration ", el("b", { text: k.toLocaleString("en") }), ", found by ", term("line search"), `: ${step.outcome}.`),
      el("p", { class: "formula" }, term("φ", "φ(0)"), ` = ${figure(search.phi0, 9)},  `, term("slope", "φ′(0)"), ` = ${figure(search.slope0, 6)}${c ? `,  ${c}` : ""}`),
      ...said.parts.map((part) => this._trial(part)),
      el("p", { class: "ask-truth", text: trouble || "Exact: as the search saw it; the inequality is evaluated here." }),
    ];
    return { title: said.title, nodes };
  }

  /** @param {import("./reckon.js").Reckoning} part */
  _trial(part) {
    return el("div", { class: `ask-part ${part.holds ? "is-right" : ""}` }, el("p", {}, el("b", { text: part.formula })),
      el("p", { class: "formula", text: `φ = ${part.operands[0].told}` }), ...part.result.split("\n").map((line) => el("p", { class: "formula", text: line })));
  }

  /** @param {import("./reckon.js").Reckoning} part */
  _part(part) {
    const node = el("div", { class: "ask-part" }, el("p", { class: "formula", text: part.formula }));
    if (part.operands.length) {
      const table = el("table", { class: "ask-table" });
      for (const one of part.operands) table.append(this._operand(one));
      if (part.more) {
        table.append(el("tr", {}, el("td", { class: "quiet-words", text: `${part.more.toLocaleString("en")} others together` }), el("td"), el("td", { class: "number", text: figure(part.rest, 5) }), el("td")));
      }
      node.append(table);
    }
    node.append(el("p", { class: "ask-result" }, `${part.result} = `, el("b", { text: figure(part.value, 7) })));
    return node;
  }

  /** @param {import("./reckon.js").Operand} one */
  _operand(one) {
    const { about } = one;
    const name = about ? el("button", { type: "button", class: "ask-link", onclick: () => this._deeper(about), text: one.name }) : el("span", { text: one.name });
    const bar = el("td", { class: "ask-bar" });
    if (one.share !== undefined) {
      const fill = el("span", { class: one.share < 0 ? "takes" : "adds" });
      fill.style.setProperty("width", `${Math.max(Math.abs(one.share) * 100, 2)}%`);
      bar.append(fill);
    }
    return el("tr", {}, el("td", {}, name), el("td", { class: "quiet-words", text: one.told }), el("td", { class: "number", text: figure(one.value, 5) }), bar);
  }

  _place() {
    const { element, place } = this;
    if (!place) return;
    const [wide, tall] = [element.offsetWidth, element.offsetHeight];
    const frame = this.root.getBoundingClientRect();
    const [right, bottom] = [Math.min(window.innerWidth, frame.right), Math.min(window.innerHeight, frame.bottom)];
    const beside = place.x + 18 + wide < right ? place.x + 18 : place.x - wide - 18;
    element.style.setProperty("left", `${Math.max(beside, Math.max(frame.left, 0) + 8)}px`);
    element.style.setProperty("top", `${Math.max(Math.min(place.y - 60, bottom - tall - 12), 8)}px`);
  }
}
