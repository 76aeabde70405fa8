// @ts-check
// A run that was recorded: views/recording.py wrote it, this reads it.  Nothing is fetched, nothing computed anew.
//
//     text ──base64──▶ deflated ──▶ JSON, 0, numbers        the JSON points into the numbers: {dtype, shape, at}
//
//     shownₖ = θₖ at keyframes,   shownₖ = shownₖ₋₁ + s cₖ between them

import { bytes } from "./arrays.js";

const RECORDING_FORMAT = "surefoot recording 1";
const RECORDING_KINDS = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, i4: Int32Array };

/** @typedef {{dtype: keyof typeof RECORDING_KINDS, shape: number[], at: number, over?: number}} Place */

/** @param {Uint8Array} deflated @returns {Promise<Uint8Array>} */
async function recordingInflated(deflated) {
  const stream = new Blob([/** @type {BlobPart} */ (deflated)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Numbers as Python packs them. @param {ArrayLike<number> & ArrayBufferView} numbers @param {string} dtype @param {number[]} shape */
function recordingPacked(numbers, dtype, shape) {
  const flat = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  let letters = "";
  for (let i = 0; i < flat.length; i += 8192) letters += String.fromCharCode(...flat.subarray(i, i + 8192));
  return { dtype, shape, data: btoa(letters) };
}

/** 0, 50, ..., 300. @param {number[]} iterations */
function recordingListed(iterations) {
  const told = iterations.map((k) => k.toLocaleString("en"));
  return (told.length <= 5 ? told : [...told.slice(0, 2), "...", told[told.length - 1]]).join(", ");
}

/** The entry nearest to k, the earlier of two. @param {number[]} iterations @param {number} k */
function recordingNearest(iterations, k) {
  return iterations.reduce((best, at) => (Math.abs(at - k) < Math.abs(best - k) ? at : best), iterations[0]);
}

/** What a recording holds, opened. */
export class Recording {
  /** @param {any} told @param {Uint8Array} numbers */
  constructor(told, numbers) {
    if (told.format !== RECORDING_FORMAT) throw new Error("This is not a recording that this viewer reads.");
    this.told = told;
    this._numbers = numbers;
    const w = told.weights;
    this._codes = /** @type {Int8Array} */ (this.numbers(w.codes));
    this._scales = /** @type {Float64Array} */ (this.numbers(w.scales));
    this._exact = /** @type {Float64Array} */ (this.numbers(w.exact));
    /** @type {number[]} */
    this.kept = w.kept;
    /** @type {number[]} */
    this.keyframes = w.keyframes;
    /** @type {number} */
    this.size = w.bounds[w.bounds.length - 1];
    /** Which row of the codes an iteration has; keyframes have none. @type {Map<number, number>} */
    this._row = new Map(this.kept.filter((k) => !this.keyframes.includes(k)).map((k, row) => [k, row]));
    this._last = { k: -1, shown: new Float64Array(0) };
  }

  /** @param {string} text @returns {Promise<Recording>} */
  static async open(text) {
    let all;
    try {
      all = await recordingInflated(bytes(text.trim()));
    } catch {
      throw new Error("This recording is damaged: make it again with `surefoot show RUN --html replay.html`.");
    }
    const end = all.indexOf(0);
    return new Recording(JSON.parse(new TextDecoder().decode(all.subarray(0, end))), all.slice(end + 1));
  }

  /** The numbers at a place. @param {Place} place */
  numbers(place) {
    const Kind = RECORDING_KINDS[place.dtype];
    const count = place.shape.reduce((product, side) => product * side, 1);
    const flat = new Kind(this._numbers.slice(place.at, place.at + count * Kind.BYTES_PER_ELEMENT).buffer);
    const over = place.over;
    return over === undefined ? flat : Float32Array.from(flat, (value) => value / over);
  }

  /** A tree with its places filled in as Python packs arrays. @param {any} value @returns {any} */
  filled(value) {
    if (Array.isArray(value)) return value.map((part) => this.filled(part));
    if (value === null || typeof value !== "object") return value;
    if ("at" in value && "dtype" in value) {
      return recordingPacked(this.numbers(value), value.over === undefined ? value.dtype : "f4", value.shape);
    }
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, this.filled(part)]));
  }

  /** The kept iteration at or before k. @param {number} k */
  at(k) {
    let [low, high] = [0, this.kept.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.kept[middle] <= k) low = middle;
      else high = middle - 1;
    }
    return this.kept[low];
  }

  /** Weights at a kept iteration, float64 (P,): from the keyframe before it on. @param {number} k */
  weights(k) {
    const index = this.kept.indexOf(k);
    let first = index;
    while (this._row.has(this.kept[first]) && this.kept[first] !== this._last.k) first--;
    let shown = this.kept[first] === this._last.k ? this._last.shown : this._keyframe(this.kept[first]);
    for (let i = first + 1; i <= index; i++) shown = this._next(shown, this.kept[i]);
    this._last = { k, shown };
    return shown;
  }

  /** @param {number} k */
  _keyframe(k) {
    const row = this.keyframes.indexOf(k);
    return this._exact.slice(row * this.size, (row + 1) * this.size);
  }

  /** @param {Float64Array} shown @param {number} k */
  _next(shown, k) {
    const row = this._row.get(k);
    if (row === undefined) return this._keyframe(k);
    const bounds = this.told.weights.bounds;
    const next = Float64Array.from(shown);
    for (let b = 0; b + 1 < bounds.length; b++) {
      const scale = this._scales[row * (bounds.length - 1) + b];
      for (let i = bounds[b]; i < bounds[b + 1]; i++) next[i] += scale * this._codes[row * this.size + i];
    }
    return next;
  }

  /** The answer to a question of the viewer. @param {string} what @param {any} args @returns {any} */
  answer(what, args) {
    if (what === "weights") return this._between(args.from, args.to);
    if (what === "exact weights") return this._exactly(args.k);
    if (what === "microscope") return this._microscope(args.k);
    if (["errors", "surface", "gradient"].includes(what)) return this._nearest(what, args.k);
    throw new Error(`A recording does not hold ${what}; open the run with \`surefoot lab\` to ask for it.`);
  }

  /** @param {number} from @param {number} to */
  _between(from, to) {
    const flat = new Float32Array((to - from + 1) * this.size);
    for (let k = from; k <= to; k++) flat.set(this.weights(this.at(k)), (k - from) * this.size);
    const exact = this.keyframes.filter((k) => from <= k && k <= to);
    const weights = recordingPacked(flat, "f4", [to - from + 1, this.size]);
    return { from, weights, exact: [], keyframes: exact, note: this.told.weights.sentence };
  }

  /** @param {number} k */
  _exactly(k) {
    if (!this.keyframes.includes(k)) throw new Error(this.told.weights.sentence);
    return { weights: recordingPacked(this._keyframe(k), "f8", [this.size]) };
  }

  /** @param {number} k */
  _microscope(k) {
    const found = this._stored("microscopes")[k];
    if (!found) throw new Error(`This recording holds no line search at iteration ${k}.`);
    const { curves, ...rest } = found;
    const flat = this.numbers(curves);
    const m = curves.shape[1];
    const told = (/** @type {number} */ value) => (Number.isFinite(value) ? value : null);
    const [alphas, phi, slopes] = [0, 1, 2].map((row) => Array.from(flat.subarray(row * m, (row + 1) * m), told));
    return { ...rest, alphas, phi, slopes, step: this.told.events[1].steps[k] };
  }

  /** @param {string} what @param {number} k */
  _nearest(what, k) {
    const stored = this._stored(what);
    const iterations = Object.keys(stored).map(Number).sort((a, b) => a - b);
    if (!iterations.length) throw new Error(`This recording holds no ${what}.`);
    const at = recordingNearest(iterations, k);
    const note = at === k ? "" : `A recording holds this at iterations ${recordingListed(iterations)}: what is `
      + `shown is of iteration ${at.toLocaleString("en")}.`;
    return { ...this.filled(stored[at]), iteration: at, note };
  }

  /** @param {string} name */
  _stored(name) {
    if (!this.told[name]) throw new Error(this.told.missing || `This recording holds no ${name}.`);
    return this.told[name];
  }

  /** All events, as a live source tells them. @returns {any[]} */
  events() {
    const events = this.filled(this.told.events);
    if (this.told.softmax) events.push({ type: "softmax", run: "r1", softmax: this.told.softmax });
    return events;
  }
}

/**
 * A recording as a source of the viewer: it can be played and searched, not trained.
 * @param {string | Promise<string>} text @returns {import("./model.js").Source}
 */
export function recordingSource(text) {
  const opening = Promise.resolve(text).then((letters) => Recording.open(letters));
  return {
    kind: "recording",
    can: { train: false, restart: false },
    subscribe(listener) {
      let wanted = true;
      opening.then(
        (recording) => recording.events().forEach((event) => wanted && listener(event)),
        (error) => wanted && listener({ type: "trouble", sentence: error.message }),
      );
      return () => {
        wanted = false;
      };
    },
    ask: async (what, args) => (await opening).answer(what, args),
    command: async () => {
      throw new Error("This is a recording: play it, or go anywhere in it; to train on, open the run with `surefoot lab`.");
    },
  };
}
