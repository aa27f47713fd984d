// Python for a page: starts the worker at the first question, asks one thing at a time, and can be stopped at any moment.

import { storedFiles } from "./kept.js";

const page = document.querySelector("[data-pyodide]");
const here = new URL(".", import.meta.url);
const MOST = 100_000; // letters of a text; what is longer loses its middle
export const loading = (step) => `Loading ${step} (about 26 MB, once) …`;
export const WAY_OUT = "Escape, then Tab, leaves the editor"; // by keyboard; pages.css says it to the eye

export class Unreachable extends Error {}
export class Stopped extends Error {}

export class Engine {
  #worker = null;
  #turns = []; // {task, who, resolve, reject} in their order; the first one has begun
  #asked = null; // {id, on, resolve, reject, stopped} of the question that is being answered
  #next = 1;
  #written = {};
  ready = false;
  gone = () => {}; // called where Python ends, and with it all that the cells defined

  /** files: what the worker fetches besides: {path for Python: address relative to this script}. */
  constructor(files = {}) {
    this.files = Object.fromEntries(Object.entries(files).map(([path, address]) => [path, new URL(address, here).href]));
  }

  /** Do a task when those before it are done. It is given `ask`, for as many questions as it has. who: its name for stop(). */
  turn(task, who) {
    return new Promise((resolve, reject) => {
      this.#turns.push({ task, who, resolve, reject });
      if (this.#turns.length === 1) this.#serve();
    });
  }

  /** A turn of one question: {what, ...arguments} as in page.py. on: told {type: "step" | "text" | "figure" | "curve", ...} on the way. */
  ask(question, on) {
    return this.turn((ask) => ask(question, on));
  }

  /** Let the turn of `who` not begin. Where it does not wait, end whatever runs, and let nothing begin that waits for it.
   *
   * Where the page may share memory, what the cells defined stays, unless code goes on all the same and stop is called again;
   * else Python begins anew. */
  stop(who) {
    const place = this.#turns.findIndex((turn) => turn.who === who);
    const dropped = place > 0 ? this.#turns.splice(place, 1) : this.#turns.splice(1);
    for (const { reject } of dropped) reject(new Stopped("It had not begun."));
    if (place > 0 || !this.#asked) return;
    if (this.interrupt && this.ready && !this.#asked.stopped) {
      this.interrupt[0] = 2;
      this.#asked.stopped = true;
    } else {
      this.#worker.terminate();
      this.#end(new Stopped("What the cells defined is gone; “Run to here” brings it back."));
    }
  }

  async #serve() {
    const ask = (question, on = () => {}) => this.#withFiles(question, on);
    while (this.#turns.length) {
      const { task, resolve, reject } = this.#turns[0];
      await task(ask).then(resolve, reject);
      this.#turns.shift();
    }
  }

  /** Ask, after Python has the exercise files as the browser keeps them; null stands for one that it keeps no longer. */
  async #withFiles(question, on) {
    const files = storedFiles();
    for (const file of new Set([...Object.keys(this.#written), ...Object.keys(files)])) {
      const text = files[file] ?? null;
      if (this.#written[file] === text) continue;
      await this.#send({ what: "write", file, text }, on);
      this.#written[file] = text;
    }
    return this.#send(question, on);
  }

  #send(question, on) {
    return new Promise((resolve, reject) => {
      if (!this.#worker) this.#begin();
      if (this.interrupt) this.interrupt[0] = 0;
      this.#asked = { id: this.#next++, on, resolve, reject };
      const { pyodide } = page.dataset;
      const addresses = { pyodide: new URL(pyodide, document.baseURI).href, course: new URL("in-page.zip", here).href, files: this.files };
      this.#worker.postMessage({ id: this.#asked.id, ...addresses, interrupt: this.interrupt, ask: question });
    });
  }

  #begin() {
    this.#worker = new Worker(new URL("worker.js", here), { type: "module" });
    this.interrupt = self.crossOriginIsolated ? new Uint8Array(new SharedArrayBuffer(1)) : null;
    this.#worker.onmessage = ({ data }) => this.#heard(data);
    this.#worker.onerror = (event) => this.#heard({ id: this.#asked?.id, type: "unreachable", message: event.message });
  }

  #heard(told) {
    if (!this.#asked || told.id !== this.#asked.id) return;
    if (told.type === "done") {
      this.ready = true;
      const { resolve, reject, stopped } = this.#asked;
      this.#asked = null;
      const late = stopped && !told.result.error; // it came to its end before it could be stopped; what would come next is not asked
      if (told.result.stopped || late) reject(new Stopped("What the cells defined is still there."));
      else resolve(told.result);
    } else if (told.type === "unreachable") {
      this.#worker.terminate();
      this.#end(new Unreachable(told.message));
    } else if (told.type === "failed") {
      this.#worker.terminate();
      this.#end(new Error(told.message));
    } else this.#asked.on(told);
  }

  #end(error) {
    const { reject } = this.#asked;
    this.#worker = this.#asked = null;
    this.#written = {};
    this.ready = false;
    this.gone();
    reject(error);
  }
}

/** One sentence for whatever kept Python from answering. */
export function sentence(error) {
  if (error instanceof Stopped) return `Stopped. ${error.message}`;
  if (error instanceof Unreachable)
    return "Python could not be loaded, so nothing runs in this page now; everything else can be read as it is.";
  return `Python failed: ${error.message}`;
}

/** An element: make("button", { className: "run", onclick }, "Run"). */
export function make(tag, properties = {}, ...children) {
  const { dataset, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(rest)) if (name.startsWith("aria-") || name === "role") element.setAttribute(name, value);
  Object.assign(element.dataset, dataset);
  element.append(...children);
  return element;
}

/** For a button that also stops: the second click of a double click would end at once what the first began. */
export const single = (press) => ({ detail }) => detail > 1 || press();

/** A key that is held down presses once, too: its repetitions would stop and begin in turns. */
addEventListener("keydown", (event) => {
  const { key, repeat, target, ctrlKey, metaKey, shiftKey } = event;
  if (!repeat || key !== "Enter") return;
  if (target.closest(".bar button") || (target.closest(".editor") && (ctrlKey || metaKey || shiftKey))) {
    event.preventDefault();
    event.stopPropagation();
  }
}, true); // before the editor hears it

/** Where output appears: text, errors and figures in the order in which they come. */
export class Output {
  constructor() {
    this.element = make("div", { className: "live", role: "status", hidden: true });
  }
  clear() {
    this.element.replaceChildren();
    this.element.hidden = true;
  }
  /** How many letters a line of text has room for. */
  get columns() {
    const letter = make("span", {}, "0");
    const block = make("pre", {}, letter);
    this.element.append(block);
    this.element.hidden = false;
    const room = block.clientWidth - 2 * parseFloat(getComputedStyle(block).paddingLeft);
    const found = Math.floor(room / letter.getBoundingClientRect().width);
    this.clear();
    return found;
  }
  add(told) {
    this.element.querySelector(".step")?.remove();
    this.element.hidden = false;
    if (told.type === "text") this.#text(told.text, told.stream);
    else if (told.type === "figure") this.element.insertAdjacentHTML("beforeend", told.html);
    else if (told.type === "step") this.element.append(make("p", { className: "step" }, loading(told.step)));
    else if (told.type === "wait") this.element.append(make("p", { className: "step" }, told.text));
    else if (told.type === "note") this.element.append(make("p", { className: "note" }, told.text));
  }
  #text(text, stream) {
    const last = this.element.lastElementChild;
    const block = last?.dataset.stream === stream ? last : this.element.appendChild(make("pre", { dataset: { stream }, tabIndex: 0 }));
    block.append(text);
    block.letters = (block.letters ?? 0) + text.length;
    if (block.letters > MOST) this.#shorten(block);
  }
  /** Keep the beginning and the newest lines of what a loop printed. */
  #shorten(block) {
    const all = block.textContent;
    block.beginning ??= `${all.slice(0, all.lastIndexOf("\n", MOST / 4) + 1)}… lines are left out here …\n`;
    const newest = all.slice(-MOST / 4);
    block.textContent = block.beginning + newest.slice(newest.indexOf("\n") + 1);
    block.letters = block.textContent.length;
  }
}
