// @ts-check
// Line searches as the source knows them: asked for one at a time, and kept.

const SEARCHES_KEPT = 400;
const SEARCHES_FAST = 0.2; // seconds an iteration: below, training would wait for the questions

/** What the source knows of line searches, asked for one at a time and kept. */
export class Searches {
  /** @param {import("./model.js").Model} model */
  constructor(model) {
    this.model = model;
    /** @type {Map<string, any>} */
    this.known = new Map();
    /** @type {Map<string, string>} */
    this.refused = new Map();
    /** @type {Map<string, number>} c1 by run */
    this.c1 = new Map();
    this._busy = false;
    this.heard = () => {};
  }

  /** The search of step k, or null: it is asked for unless another question is under way. @param {string} run @param {number} k */
  look(run, k) {
    const key = `${run} ${k}`;
    if (!this.known.has(key) && !this.refused.has(key) && !this._hurries(run)) this._ask(run, k, key);
    return this.known.get(key) ?? null;
  }

  /** True while a run trains faster than one can look: the curve comes when it rests. @param {string} run */
  _hurries(run) {
    const { training, steps } = this.model.runs.get(run) ?? { training: false, steps: [] };
    const last = steps.length - 1;
    const then = Math.max(last - 10, 0);
    return training && last > then && (steps[last].seconds - steps[then].seconds) / (last - then) < SEARCHES_FAST;
  }

  /** @param {string} run @param {number} k @param {string} key */
  async _ask(run, k, key) {
    if (this._busy || k < 1) return;
    this._busy = true;
    try {
      const told = await this.model.source.ask("microscope", { run, k });
      this.known.set(key, told);
      if (told.c1 !== null) this.c1.set(run, told.c1);
      if (this.known.size > SEARCHES_KEPT) this.known.delete(/** @type {string} */ (this.known.keys().next().value));
    } catch (error) {
      this.refused.set(key, String(/** @type {Error} */ (error).message));
    }
    this._busy = false;
    this.heard(); // the cursor may have moved on: the panel asks again
  }
}
