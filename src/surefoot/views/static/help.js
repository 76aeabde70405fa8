// @ts-check
// Help: the keys, and the tip that explains a term where it stands.

import { el } from "./dom.js";
import { explained } from "./terms.js";

const HELP_KEYS = [
  ["space", "play, pause"], ["← →", "one iteration back, on"], ["home, end", "to the start, to the newest"],
  ["↑ ↓", "previous, next sample"], ["1 … 7", "open a panel"], ["n", "hand-notes on, off"], ["t", "light, dark"],
  ["?", "this help"], ["esc", "close"],
];

/** @param {HTMLElement} root */
export function makeHelp(root) {
  const element = el("dialog", { class: "help", "aria-label": "help" },
    el("h2", { text: "What one can do here" }),
    el("p", { text: "A network learns in front of you. Scrub the timeline to go back; click any number, weight, bar or curve to ask where it comes from; branch to try another rule from any iteration. A dotted underline explains a word." }),
    el("dl", { class: "help-keys" }, ...HELP_KEYS.flatMap(([key, does]) => [el("dt", {}, el("kbd", { text: key })), el("dd", { text: does })])),
    el("p", {}, el("b", { text: "Blue, solid" }), " is positive and adds; ", el("b", { text: "orange, dashed" }), " is negative and takes away; ",
      el("b", { text: "green ✓" }), " is right."),
    el("button", { type: "button", class: "main-button", onclick: () => element.close() }, "Close"));
  element.addEventListener("click", (event) => {
    if (event.target === element) element.close();
  });
  void root;
  return { element, open: () => (element.open ? element.close() : element.showModal()) };
}

/** Show a term's sentence while it is pointed at or has the focus. @param {HTMLElement} root */
export function watchTerms(root) {
  const tip = el("div", { class: "tip", role: "tooltip", hidden: true });
  root.append(tip);
  const show = (/** @type {Event} */ event) => {
    const word = /** @type {HTMLElement} */ (event.target).closest?.(".term, [data-full]");
    if (!(word instanceof HTMLElement)) return;
    tip.textContent = word.dataset.full ?? explained(word.dataset.term ?? "");
    tip.hidden = false;
    const [at, frame] = [word.getBoundingClientRect(), tip.getBoundingClientRect()];
    const left = Math.min(Math.max(at.left, 8), window.innerWidth - frame.width - 8);
    const below = at.bottom + 8 + frame.height < window.innerHeight;
    tip.style.setProperty("left", `${left}px`);
    tip.style.setProperty("top", `${below ? at.bottom + 8 : at.top - frame.height - 8}px`);
  };
  const hide = () => (tip.hidden = true);
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") hide();
  };
  root.addEventListener("pointerover", show);
  root.addEventListener("pointerout", hide);
  root.addEventListener("focusin", show);
  root.addEventListener("focusout", hide);
  root.addEventListener("keydown", keys);
  return () => tip.remove();
}
