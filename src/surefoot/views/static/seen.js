// @ts-check
// What the network sees of a drawing: centred and scaled as the training data were.
//
//     28 x 28 (MNIST)    bounding box into 20 x 20, aspect kept, by area; centre of mass into the middle
//     8 x 8 (digits)     set upright (more is read then: tried on MNIST's digits), box into 32 x 32 dots, aspect kept;
//                        ink counted in blocks of 4 x 4: 0..16, over 16
//     others             bounding box into 5/7 of each side; centre of mass into the middle

const SEEN_INK = 0.5; // of full ink: fainter dots do not stretch the box
const SEEN_LEAN = 0.7; // columns a line: what leans more is meant so

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box  right and bottom excluded */

/**
 * The box around the ink; null where there is none.
 * @param {ArrayLike<number>} bitmap ink 0..1, rows from the top @param {number} width @param {number} height
 * @returns {Box | null}
 */
export function inkBox(bitmap, width, height) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!(bitmap[y * width + x] > SEEN_INK)) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    }
  }
  return right > left ? { left, top, right, bottom } : null;
}

/**
 * The mean ink of each of columns x rows equal parts of the box: averaging by area, also where parts cut dots.
 * @param {ArrayLike<number>} bitmap @param {number} width of the bitmap @param {Box} box
 * @param {number} columns @param {number} rows
 */
export function byArea(bitmap, width, box, columns, rows) {
  const [wide, tall] = [(box.right - box.left) / columns, (box.bottom - box.top) / rows];
  const means = new Float64Array(columns * rows);
  for (let j = 0; j < rows; j++) {
    const [y0, y1] = [box.top + j * tall, box.top + (j + 1) * tall];
    for (let i = 0; i < columns; i++) {
      const [x0, x1] = [box.left + i * wide, box.left + (i + 1) * wide];
      let sum = 0;
      for (let y = Math.floor(y0); y < y1; y++) {
        const high = Math.min(y + 1, y1) - Math.max(y, y0);
        for (let x = Math.floor(x0); x < x1; x++) {
          sum += high * (Math.min(x + 1, x1) - Math.max(x, x0)) * (bitmap[y * width + x] || 0);
        }
      }
      means[j * columns + i] = Math.min(sum / (wide * tall), 1); // rounding may leave 1 + 2e−16
    }
  }
  return means;
}

/** The box in whole parts of a frame: the longer side fills it, the aspect is kept. @param {Box} box @param {number} columns @param {number} rows */
function seenSize(box, columns, rows) {
  const [wide, tall] = [box.right - box.left, box.bottom - box.top];
  const factor = Math.min(columns / wide, rows / tall);
  return [Math.max(Math.round(wide * factor), 1), Math.max(Math.round(tall * factor), 1)];
}

/** Put a small picture into a frame at (left, top). @param {Float64Array} picture @param {number} wide @param {number} tall @param {number} width @param {number} height @param {number} left @param {number} top */
function seenPlaced(picture, wide, tall, width, height, left, top) {
  const frame = new Float64Array(width * height);
  for (let j = 0; j < tall; j++) for (let i = 0; i < wide; i++) {
    const [x, y] = [left + i, top + j];
    if (x >= 0 && x < width && y >= 0 && y < height) frame[y * width + x] = picture[j * wide + i];
  }
  return frame;
}

/** Where a picture's ink balances, in its own pixels. @param {Float64Array} picture @param {number} wide */
function seenBalance(picture, wide) {
  let [sum, across, down] = [0, 0, 0];
  picture.forEach((ink, at) => {
    sum += ink;
    across += ink * (at % wide);
    down += ink * Math.floor(at / wide);
  });
  return [across / sum, down / sum];
}

/**
 * A drawing as the network sees it.
 * @param {ArrayLike<number>} bitmap ink 0..1, rows from the top @param {number} width @param {number} height
 * @param {[number, number] | number[]} imageShape rows and columns of the data's images
 * @returns {Float64Array} (rows · columns,) 0..1; all 0 where nothing is drawn
 */
export function asSeen(bitmap, width, height, imageShape) {
  const [rows, columns] = imageShape;
  const box = inkBox(bitmap, width, height);
  if (!box) return new Float64Array(rows * columns);
  if (rows === 8 && columns === 8) return seenInBlocks(bitmap, width, height);
  const [wide, tall] = seenSize(box, Math.round((5 / 7) * columns), Math.round((5 / 7) * rows));
  const picture = byArea(bitmap, width, box, wide, tall);
  const [across, down] = seenBalance(picture, wide);
  const left = Math.min(Math.max(Math.round(columns / 2 - across), 0), columns - wide);
  const top = Math.min(Math.max(Math.round(rows / 2 - down), 0), rows - tall);
  return seenPlaced(picture, wide, tall, columns, rows, left, top);
}

/**
 * A drawing set upright: each line of dots pushed sideways against the slant Σ(x − x̄)(y − ȳ) / Σ(y − ȳ)² of its ink.
 * @param {ArrayLike<number>} bitmap @param {number} width @param {number} height
 */
export function upright(bitmap, width, height) {
  let [sum, across, down, slant, spread] = [0, 0, 0, 0, 0];
  for (let at = 0; at < width * height; at++) {
    sum += bitmap[at];
    across += bitmap[at] * (at % width);
    down += bitmap[at] * Math.floor(at / width);
  }
  for (let at = 0; at < width * height; at++) {
    const y = Math.floor(at / width) - down / sum;
    slant += bitmap[at] * ((at % width) - across / sum) * y;
    spread += bitmap[at] * y * y;
  }
  const lean = Math.min(Math.max(slant / spread || 0, -SEEN_LEAN), SEEN_LEAN);
  const straight = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    const push = Math.round(lean * (y - down / sum));
    for (let x = Math.max(0, -push); x < Math.min(width, width - push); x++) straight[y * width + x] = bitmap[y * width + x + push];
  }
  return straight;
}

/** 32 x 32 dots, black or white, counted in blocks of 4 x 4. @param {ArrayLike<number>} bitmap @param {number} width @param {number} height */
function seenInBlocks(bitmap, width, height) {
  const straight = upright(bitmap, width, height);
  const box = /** @type {Box} */ (inkBox(straight, width, height) ?? inkBox(bitmap, width, height));
  const [wide, tall] = seenSize(box, 24, 32); // the digits fill the height and, the widest, six of eight columns
  const dots = byArea(straight, width, box, wide, tall).map((ink) => Number(ink >= 0.5 - 1e-9));
  const frame = seenPlaced(dots, wide, tall, 32, 32, Math.round((32 - wide) / 2), Math.round((32 - tall) / 2));
  return byArea(frame, 32, { left: 0, top: 0, right: 32, bottom: 32 }, 8, 8);
}
