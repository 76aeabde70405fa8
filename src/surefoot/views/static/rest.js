// @ts-check
// Asking when the eye rests: a question about an iteration is put once the cursor has stood still for a moment.
//
//     cursor moves ──▶ 150 ms of rest ──▶ ask {run, k} ──▶ answer kept, panel told; the last picture stays meanwhile

/** @typedef {import("./model.js").Model} RestModel */

const REST = 150; // milliseconds
const KEPT = 150; // answers

export class Rest {
  /**
   * @param {RestModel} model @param {string} what  the question: "errors", "surface", "gradient"
   * @param {() => void} heard  called when an answer, or a refusal, has come
   */
  constructor(model, what, heard) {
    this.model = model;
    this.what = what;
    this.heard = heard;
    /** @type {Map<string, any>} */
    this.answers = new Map();
    /** The answer on show: perhaps an earlier iteration's. @type {any} */
    this.answer = null;
    this.answerAt = -1;
    this.answerRun = "";
    /** @type {string} a sentence, where the question was refused */
    this.refusal = "";
    this.waiting = false;
    this._timer = 0;
  }

  /** Show what is known of the cursor's iteration, or ask for it soon. @returns {void} */
  want() {
    const { run, k } = this.model;
    clearTimeout(this._timer);
    if (!run || !run.steps.length) return;
    const known = this.answers.get(`${run.id} ${k}`);
    this.waiting = !known;
    if (known) this._show(known, run.id, k);
    else this._timer = setTimeout(() => this._ask(run.id, k), REST);
  }

  /** @param {string} run @param {number} k */
  async _ask(run, k) {
    try {
      const answer = await this.model.source.ask(this.what, { run, k });
      this.answers.set(`${run} ${k}`, answer);
      if (this.answers.size > KEPT) this.answers.delete(this.answers.keys().next().value ?? "");
      if (this.model.run?.id !== run || this.model.k !== k) return;
      this._show(answer, run, k);
    } catch (error) {
      if (this.model.run?.id !== run || this.model.k !== k) return;
      this.refusal = String(/** @type {Error} */ (error).message);
    }
    this.waiting = false;
    this.heard();
  }

  /** @param {any} answer @param {string} run @param {number} k */
  _show(answer, run, k) {
    this.answer = answer;
    this.answerAt = k;
    this.answerRun = run;
    this.refusal = "";
  }

  /** True where the picture is not what the cursor asks for. */
  get stale() {
    const { run, k } = this.model;
    return this.refusal !== "" || this.answerRun !== run?.id || this.answerAt !== k;
  }

  /** What to say of the picture: "" where it is the cursor's own; a recording's answer has a note of its own. */
  remark() {
    const { run, k } = this.model;
    if (this.refusal) return this.refusal;
    if (!this.answer) return "Asking …";
    if (this.answerRun !== run?.id) return "Another run’s picture; this run’s comes when the cursor rests.";
    return this.answerAt === k ? (this.answer.note ?? "") : `Picture of iteration ${this.answerAt}; a new one comes when the cursor rests.`;
  }
}
