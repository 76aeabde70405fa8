// @ts-check
// Runs that are training in the lab: events come as they happen, questions and commands go by HTTP.
// Tabs are equal: each is told everything from the start, or from where its connection broke.

const LIVE_GONE = "The lab does not answer: it was closed, or is busy. Waiting for it ...";
const LIVE_WAIT = 2000; // milliseconds between tries once the browser has given up

/** The answer's JSON, or an Error with its sentence. @param {Response} response */
async function liveAnswer(response) {
  const text = await response.text();
  let told = null;
  try {
    told = JSON.parse(text);
  } catch {
    // a refusal is a plain sentence
  }
  if (!response.ok) throw new Error(told?.error ?? (text || `The lab answers ${response.status}.`));
  return told;
}

/** @param {string} address @param {RequestInit} options */
async function liveFetch(address, options) {
  let response;
  try {
    response = await fetch(address, { credentials: "same-origin", redirect: "error", ...options });
  } catch {
    throw new Error(LIVE_GONE);
  }
  return await liveAnswer(response);
}

/**
 * The lab that served this page.
 * @returns {import("./model.js").Source}
 */
export function liveSource() {
  return {
    kind: "live",
    can: { train: true, restart: true },
    subscribe: liveSubscribe,
    ask(what, args) {
      const query = new URLSearchParams(Object.entries(args ?? {}).map(([key, value]) => [key, String(value)]));
      const address = `/ask/${encodeURIComponent(what.replaceAll(" ", "-"))}`;
      return liveFetch(query.size ? `${address}?${query}` : address, { method: "GET" });
    },
    command(name, args) {
      return liveFetch(`/command/${encodeURIComponent(name)}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(args ?? {}),
      });
    },
  };
}

/**
 * Hear everything; after a break go on where it was.  A tab that nobody sees hangs up: a browser keeps six
 * connections to one server, and six silent tabs would be all of them.  A lab that was started anew has
 * other runs: then the page is loaded again.
 * @param {(event: any) => void} listener
 */
function liveSubscribe(listener) {
  let last = -1; // number of the newest event heard
  let strange = false; // the browser has given up: who answers now may be another lab
  let gone = false;
  let timer = 0;
  /** @type {EventSource | null} */
  let stream = null;

  function hangUp() {
    window.clearTimeout(timer);
    stream?.close();
    stream = null;
  }

  function connect() {
    hangUp();
    const line = new EventSource(last < 0 ? "/events" : `/events?after=${last}`);
    stream = line;
    line.onopen = () => {
      if (strange) location.reload();
      if (gone) listener({ type: "trouble", sentence: "" });
      gone = false;
    };
    line.onmessage = (message) => {
      if (strange || line !== stream) return;
      last = Number(message.lastEventId);
      listener(JSON.parse(message.data));
    };
    line.onerror = () => {
      if (line !== stream) return;
      if (!gone) listener({ type: "trouble", sentence: LIVE_GONE });
      gone = true;
      if (line.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      strange = true;
      timer = window.setTimeout(connect, LIVE_WAIT);
    };
  }

  function turn() {
    if (document.visibilityState === "hidden") hangUp();
    else if (!stream) connect();
  }

  connect();
  document.addEventListener("visibilitychange", turn);
  return () => {
    document.removeEventListener("visibilitychange", turn);
    hangUp();
  };
}
