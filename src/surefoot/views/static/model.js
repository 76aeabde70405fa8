// @ts-check
// What is being looked at: runs, a cursor in one of them, a sample.  Panels read it and draw; nobody else keeps state.
//
//     source ──events──▶ Model ──changed topics, once a frame──▶ panels
//        ◀──asks, commands──┘
//
// Topics: "runs" (another run, or a run came), "steps" (records came), "cursor" (run or iteration looked at),
// "weights" (weights wanted before have come), "sample" (input looked at), "status" (training, ending),
// "settings" (notes on or off, colours).

import { argmax, rows, unpack } from "./arrays.js";
import { backward, forward, layout } from "./maths.js";

/**
 * @typedef {Object} Source  where runs come from: a server, a notebook, a recording in the page
 * @property {"live" | "notebook" | "recording"} kind
 * @property {{train: boolean, restart: boolean, branch?: boolean}} can  train: play, pause, step; branch: as train unless told; restart: other data, networks
 * @property {(listener: (event: any) => void) => () => void} subscribe  all events from the start; returns: stop
 * @property {(what: string, args: any) => Promise<any>} ask  rejects with an Error whose message is a sentence
 * @property {(name: string, args: any) => Promise<any>} command
 *
 * @typedef {Object} Sample  what the network looks at
 * @property {ArrayLike<number>} x  (d,) as the network sees it
 * @property {any} label  class number, numbers, or null where nobody knows
 * @property {string} title  "unseen row 107", "your drawing"
 * @property {string} key  tells samples apart
 *
 * @typedef {Object} RunView
 * @property {string} id
 * @property {any} header  records.Header.to_json()
 * @property {any[]} steps  records.Step.to_json(), by iteration
 * @property {Sample[]} samples
 * @property {{run: string, iteration: number} | null} parent
 * @property {{loss_test: number, accuracy_test: number, loss: number, accuracy_train: number} | null} softmax
 * @property {{x: number[], y: number[], label: number[], tested: boolean[]} | null} points  of data in a plane
 * @property {{kind: string, sentence: string} | null} ending
 * @property {boolean} training
 * @property {Map<number, ArrayLike<number>>} weights
 * @property {Set<number>} exact  iterations whose weights are not rounded
 */

const BATCH = 50; // iterations whose weights are asked for at once, fewer of large networks
const ASKED = 1_000_000; // numbers asked for at once, about
const KEPT_NUMBERS = 16_000_000; // numbers kept of a run: 64 MB; beyond, those farthest from the cursor go
const PATIENCE = 4000; // milliseconds before weights that were refused are asked for again

export class Model {
  /** @param {Source} source */
  constructor(source) {
    this.source = source;
    /** @type {Map<string, RunView>} */
    this.runs = new Map();
    /** @type {RunView | null} */
    this.run = null;
    /** @type {string | null} the run to compare with */
    this.rival = null;
    this.k = 0;
    /** Follow the newest record as it comes. */
    this.following = true;
    this.playing = false;
    /** Recorded iterations a second when playing. */
    this.speed = 12;
    this.notes = true;
    /** @type {Sample | null} */
    this.sample = null;
    /** @type {string} what went wrong last, for people */
    this.trouble = "";
    this._listeners = new Set();
    this._changed = new Set();
    this._asked = new Set();
    this._passed = { key: "", value: /** @type {any} */ (null) };
    this._clock = 0;
    this._ended = source.subscribe((event) => this._hear(event));
  }

  /** Be told of changed topics, at most once a frame. @param {(changed: Set<string>) => void} listener */
  on(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** @param {...string} topics */
  change(...topics) {
    if (!this._changed.size) requestAnimationFrame(() => this._tell());
    for (const topic of topics) this._changed.add(topic);
  }

  _tell() {
    const changed = this._changed;
    this._changed = new Set();
    for (const listener of this._listeners) listener(changed);
  }

  close() {
    this._ended();
    this._listeners.clear();
    this.playing = false;
  }

  // what comes from the source ------------------------------------------------------------------

  /** @param {any} event */
  _hear(event) {
    const run = this.runs.get(event.run);
    if (event.type === "run") this._welcome(event);
    else if (event.type === "steps" && run) {
      for (const step of event.steps) run.steps[step.iteration] = step;
      if (run === this.run && this.following && !this.playing) this.k = run.steps.length - 1;
      this.change("steps", ...(run === this.run && this.following ? ["cursor"] : []));
    } else if (event.type === "status" && run) {
      run.training = event.training;
      run.ending = event.ending ?? null;
      this.change("status");
    } else if (event.type === "softmax" && run) {
      run.softmax = event.softmax;
      this.change("steps");
    } else if (event.type === "trouble") {
      this.complain(event.sentence);
    }
  }

  /** @param {any} event */
  _welcome(event) {
    const inputs = event.samples ? rows(event.samples.inputs) : [];
    const samples = inputs.map((x, i) => ({
      x,
      label: event.samples.labels[i],
      title: `${event.header.n_test ? "unseen" : "training"} row ${event.samples.rows[i].toLocaleString("en")}`,
      key: `row ${event.samples.rows[i]}`,
    }));
    this.runs.set(event.run, {
      id: event.run, header: event.header, steps: [], samples, parent: event.parent ?? null,
      softmax: null, points: event.points ?? null, ending: null, training: false,
      weights: new Map(), exact: new Set(),
    });
    if (!this.run || event.look !== false) this.look(event.run);
    this.change("runs");
  }

  // where one looks -----------------------------------------------------------------------------

  /** Look at a run, from its newest record. @param {string} id */
  look(id) {
    const run = this.runs.get(id);
    if (!run) return;
    const same = this.run && String(this.run.header.sizes) === String(run.header.sizes)
      && this.run.header.data === run.header.data;
    if (this.run && this.run !== run) this.rival = this.run.header.data === run.header.data ? this.run.id : null;
    this.run = run;
    this.k = Math.max(run.steps.length - 1, 0);
    this.following = true;
    if (!same || !this.sample) this.sample = run.samples[0] ?? null;
    this.change("runs", "cursor", "sample", "steps");
  }

  get head() {
    return Math.max((this.run?.steps.length ?? 0) - 1, 0);
  }

  get step() {
    return this.run?.steps[this.k] ?? null;
  }

  /** @param {number} k */
  go(k) {
    this.k = Math.min(Math.max(Math.round(k), 0), this.head);
    this.following = this.k === this.head;
    this.change("cursor");
  }

  /** @param {Sample} sample */
  show(sample) {
    this.sample = sample;
    this.change("sample");
  }

  /** @param {string} sentence */
  complain(sentence) {
    this.trouble = sentence;
    this.change("status");
  }

  // weights and what follows from them ------------------------------------------------------------

  /**
   * The weights at iteration k, or the nearest that are here; asks for what is missing.
   * @param {number} [k] @param {RunView | null} [run]
   * @returns {{theta: ArrayLike<number>, k: number, exact: boolean} | null}
   */
  weights(k = this.k, run = this.run) {
    if (!run) return null;
    if (!run.weights.has(k)) this._want(run, k);
    for (let away = 0; away <= 2 * BATCH; away++) {
      for (const at of [k - away, k + away]) {
        const theta = run.weights.get(at);
        if (theta) return { theta, k: at, exact: run.exact.has(at) };
      }
    }
    return null;
  }

  /** @param {RunView} run @param {number} k */
  async _want(run, k) {
    const batch = Math.min(Math.max(Math.floor(ASKED / run.header.parameters), 1), BATCH);
    const alone = run.training && this.following; // the newest only: what is passed by may be asked for later
    const from = alone ? k : Math.floor(k / batch) * batch;
    const to = alone ? k : Math.min(from + batch, run.steps.length) - 1;
    if (k > to || k >= run.steps.length) return;
    const key = `${run.id} ${from} ${to}`;
    if (this._asked.has(key)) return;
    this._asked.add(key);
    try {
      const first = run.weights.has(from) ? k : from;
      const told = await this.source.ask("weights", { run: run.id, from: first, to });
      rows(told.weights).forEach((theta, i) => {
        if (!run.exact.has(told.from + i)) run.weights.set(told.from + i, theta);
      });
      for (const at of told.exact ?? []) run.exact.add(at);
      this._asked.delete(key);
      this._forget(run);
      this.change("weights");
    } catch (error) {
      setTimeout(() => this._asked.delete(key), PATIENCE);
      this.complain(String(/** @type {Error} */ (error).message));
    }
  }

  /** Let go of the weights farthest from the cursor when there are too many. @param {RunView} run */
  _forget(run) {
    const most = Math.max(Math.floor(KEPT_NUMBERS / run.header.parameters), 8);
    if (run.weights.size <= most) return;
    const far = [...run.weights.keys()].sort((a, b) => Math.abs(b - this.k) - Math.abs(a - this.k));
    for (const at of far.slice(0, run.weights.size - most)) {
      run.weights.delete(at);
      run.exact.delete(at);
    }
  }

  /** The weights at the cursor without rounding, asked for if need be. @returns {Promise<ArrayLike<number>>} */
  async exactWeights() {
    const run = this.run;
    if (!run) throw new Error("There is no run yet.");
    const k = this.k;
    if (!run.exact.has(k) || !run.weights.has(k)) {
      const told = await this.source.ask("exact weights", { run: run.id, k });
      run.weights.set(k, unpack(told.weights));
      run.exact.add(k);
    }
    return /** @type {ArrayLike<number>} */ (run.weights.get(k));
  }

  /** The network at the cursor at work on the sample: z, a, outputs, and D where the label is known; null: not yet. */
  passed() {
    const [run, here, sample] = [this.run, this.weights(), this.sample];
    if (!run || !here || !sample || sample.x.length !== run.header.sizes[0]) return null;
    const key = `${run.id} ${here.k} ${here.exact} ${sample.key}`;
    if (this._passed.key !== key) {
      const net = run.header;
      const value = forward(net, here.theta, sample.x);
      const D = sample.label === null ? null : backward(net, here.theta, value, sample.label);
      const sure = value.outputs;
      const guess = !net.classes.length ? -1 : sure.length === 1 ? Number(sure[0] > 0.5) : argmax(sure);
      const { activation } = net;
      this._passed = { key, value: { ...value, D, guess, activation, theta: here.theta, k: here.k, exact: here.exact } };
    }
    return this._passed.value;
  }

  /** @returns {import("./maths.js").Block[]} */
  blocks() {
    return this.run ? layout(this.run.header.sizes) : [];
  }

  // playing, training ------------------------------------------------------------------------------

  /** Play what is recorded; at the end of it train on, where that is possible. */
  async play() {
    if (!this.run || this.playing) return;
    const last = this.head;
    if (this.k < last) {
      this.playing = true;
      this._clock = performance.now();
      requestAnimationFrame((now) => this._tick(now));
    } else if (this.source.can.train) {
      this.following = true;
      await this.command("play", { run: this.run.id });
    } else if (last > 0) {
      this.go(0);
      await this.play();
    }
    this.change("status");
  }

  async pause() {
    this.playing = false;
    if (this.run?.training) await this.command("pause", { run: this.run.id });
    this.change("status");
  }

  get moving() {
    return this.playing || Boolean(this.run?.training);
  }

  /** @param {number} now */
  _tick(now) {
    if (!this.playing) return;
    const due = Math.floor(((now - this._clock) / 1000) * this.speed);
    if (due > 0) {
      this._clock += (due * 1000) / this.speed;
      this.go(this.k + due);
    }
    if (this.k >= this.head) {
      this.playing = false;
      this.change("status");
    } else requestAnimationFrame((then) => this._tick(then));
  }

  /** One iteration on: the next recorded one, or a new one. */
  async forward() {
    if (!this.run) return;
    if (this.k < this.head) this.go(this.k + 1);
    else if (this.source.can.train) {
      this.following = true;
      await this.command("step", { run: this.run.id });
    }
  }

  back() {
    this.go(this.k - 1);
  }

  /** Try another rule from the cursor on. @param {string} method */
  async branch(method) {
    if (!this.run) return null;
    return await this.command("branch", { run: this.run.id, k: this.k, method });
  }

  /** @param {string} name @param {any} args */
  async command(name, args) {
    try {
      const answer = await this.source.command(name, args);
      if (this.trouble) this.complain("");
      return answer;
    } catch (error) {
      this.complain(String(/** @type {Error} */ (error).message));
      return null;
    }
  }
}
