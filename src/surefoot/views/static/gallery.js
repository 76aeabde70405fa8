// @ts-check
// The samples at hand as small pictures: what each is, and what the network takes it for at the cursor.
//
//     ✓ green: right      ✗ orange: what it is taken for

import { argmax } from "./arrays.js";
import { el, tell } from "./dom.js";
import { inkScale, paintValues } from "./maps.js";
import { forward } from "./maths.js";

/** @typedef {import("./model.js").Model} GalleryModel */

const GALLERY_REST = 160; // milliseconds of stillness before the network is asked about all of them

/** @param {HTMLElement} element @param {GalleryModel} model */
export function makeGallery(element, model) {
  const title = el("h3");
  const words = el("p", { class: "panel-remark", "aria-live": "polite" });
  const list = el("ul", { class: "gallery" });
  element.append(title, words, list);
  let painted = "";
  let timer = 0;

  function paint() {
    const run = /** @type {import("./model.js").RunView} */ (model.run);
    const key = `${run.id} ${run.samples.length} ${getComputedStyle(element).getPropertyValue("--tile")}`;
    if (painted === key) return;
    painted = key;
    const [rows, columns] = run.header.image_shape;
    const scale = inkScale();
    tell(title, run.header.n_test ? "Unseen samples to look at" : "Samples to look at");
    list.style.setProperty("--columns", String(run.header.classes.length > 4 && run.header.classes.length <= 10 ? run.header.classes.length : 8)); // a class a column
    list.replaceChildren(...run.samples.map((sample) => {
      const picture = el("canvas", { class: "pixels", "aria-hidden": "true" });
      paintValues(picture, sample.x, columns, rows, scale, 0, Math.max(1, ...Array.from(sample.x)));
      const button = el("button", { type: "button", class: "gallery-card", onclick: () => model.show(sample) }, picture, el("span", { class: "gallery-words" }));
      return el("li", {}, button);
    }));
  }

  function judge() {
    const run = model.run;
    const here = model.weights();
    if (!run || !here || !element.offsetParent) return;
    const { classes } = run.header;
    let right = 0;
    run.samples.forEach((sample, i) => {
      const button = list.children[i]?.firstElementChild;
      if (!(button instanceof HTMLElement)) return;
      const { outputs } = forward(run.header, here.theta, sample.x);
      const guess = outputs.length === 1 ? Number(outputs[0] > 0.5) : argmax(outputs);
      const good = guess === sample.label;
      right += Number(good);
      button.classList.toggle("is-good", good);
      const shown = good ? `${classes[guess]} ✓` : `${classes[sample.label]} ✗ ${classes[guess]}`;
      const label = `${shown}. ${sample.title}: a ${classes[sample.label]}, ${good ? "recognised" : `taken for a ${classes[guess]}`}`;
      tell(/** @type {HTMLElement} */ (button.lastElementChild), shown);
      if (button.title !== label) button.setAttribute("aria-label", (button.title = label));
      button.setAttribute("aria-pressed", String(sample.key === model.sample?.key));
    });
    tell(words, `At iteration ${here.k.toLocaleString("en")}, ${right} of these ${run.samples.length} are right. Press one to look at it in every picture.`);
  }

  return {
    draw() {
      paint();
      clearTimeout(timer);
      timer = window.setTimeout(judge, list.querySelector("[aria-pressed]") ? GALLERY_REST : 0);
    },
  };
}
