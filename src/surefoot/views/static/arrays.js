// @ts-check
// Numbers on their way from Python: {"dtype": "f4", "shape": [m, n], "data": base64, little-endian}.

const KINDS = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, i4: Int32Array };

/**
 * @typedef {{dtype: keyof typeof KINDS, shape: number[], data: string}} Packed
 * @typedef {Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array | number[]} Numbers
 */

/** The bytes of a base64 text. @param {string} text @returns {Uint8Array} */
export function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** The numbers of a packed array, flat, in C order. @param {Packed} packed @returns {any} */
export function unpack(packed) {
  return new KINDS[packed.dtype](/** @type {ArrayBuffer} */ (bytes(packed.data).buffer));
}

/** The rows of a packed (m, n) array, each a view. @param {Packed} packed @returns {any[]} */
export function rows(packed) {
  const flat = unpack(packed);
  const [m, n] = packed.shape;
  return Array.from({ length: m }, (_, i) => flat.subarray(i * n, (i + 1) * n));
}

/** The place of the largest number. @param {ArrayLike<number>} numbers @returns {number} */
export function argmax(numbers) {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}

/** The largest absolute value, 0 of nothing. @param {ArrayLike<number>} numbers @returns {number} */
export function largest(numbers) {
  let most = 0;
  for (let i = 0; i < numbers.length; i++) most = Math.max(most, Math.abs(numbers[i]));
  return most;
}
