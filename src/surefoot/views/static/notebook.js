// @ts-check
// The viewer in a notebook cell: anywidget's model is the wire, its traits the memory.
//
//     told_0, told_1, ...  events as JSON        newest  the newest weights        recorded  the run, when it has ended
//     ask, command ──message──▶ Python ──message──▶ answer

import { Recording } from "./recording.js";
import { mount } from "./viewer.js";

const NOTEBOOK_PATIENCE = 400; // milliseconds to wait for weights before the newest that are here are used
const NOTEBOOK_SILENCE = 2500; // milliseconds after which a command counts as unheard

/**
 * A run in a notebook's kernel as a source.
 * @param {any} wire  anywidget's model @returns {import("./model.js").Source}
 */
export function notebookSource(wire) {
  /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  /** @type {Promise<Recording> | null} */
  let recording = null;
  let number = 0;

  const recorded = () => {
    if (!recording && wire.get("recorded")) recording = Recording.open(wire.get("recorded"));
    return recording;
  };
  wire.on("msg:custom", (/** @type {any} */ message) => {
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if ("trouble" in message) asked?.reject(new Error(message.trouble));
    else asked?.resolve(message.answer);
  });

  /** @param {any} content @returns {Promise<any>} */
  const send = (content) => new Promise((resolve, reject) => {
    number += 1;
    waiting.set(number, { resolve, reject });
    wire.send({ ...content, id: number });
  });

  return {
    kind: "notebook",
    can: {
      get train() {
        return Boolean(wire.get("pausable")) && !wire.get("recorded");
      },
      restart: false,
      branch: false,
    },

    subscribe(listener) {
      let [heard, wanted] = [0, true];
      const hear = () => {
        for (; heard < wire.get("count"); heard++) {
          const text = wire.get(`told_${heard}`);
          if (text === undefined) return; // on its way
          listener(JSON.parse(text));
        }
      };
      const finished = async () => {
        if (!wire.get("recorded") || wire.get("count")) return;
        try {
          const opened = await recorded();
          if (wanted && opened) for (const event of opened.events()) listener(event);
        } catch (error) {
          listener({ type: "trouble", sentence: /** @type {Error} */ (error).message });
        }
      };
      hear();
      finished();
      wire.on("change:count", hear);
      wire.on("change:recorded", finished);
      return () => {
        wanted = false;
        wire.off("change:count", hear);
        wire.off("change:recorded", finished);
      };
    },

    async ask(what, args) {
      const opened = await recorded();
      if (opened) return opened.answer(what, args);
      const asked = send({ ask: what, args });
      if (what !== "weights") return asked;
      const newest = new Promise((resolve) => setTimeout(() => {
        const text = wire.get("newest");
        if (text) resolve(JSON.parse(text));
      }, NOTEBOOK_PATIENCE));
      return Promise.race([asked, newest]);
    },

    async command(name, args) {
      if (wire.get("recorded")) throw new Error("The run has ended; train on with sf.resume, or with `surefoot lab`.");
      const silence = new Promise((_, reject) => setTimeout(() => reject(new Error(
        "The kernel does not listen while a cell runs here: ■ (interrupt) ends the run, and what was reached is kept.",
      )), NOTEBOOK_SILENCE));
      return Promise.race([send({ command: name, args }), silence]);
    },
  };
}

/** What anywidget calls for every view of the widget. @param {{model: any, el: HTMLElement}} view */
export function notebookRender({ model, el: cell }) {
  const place = document.createElement("div");
  place.className = "surefoot-cell";
  cell.append(place);
  const viewer = mount(place, notebookSource(model), { notebook: true });
  return () => viewer.close();
}
