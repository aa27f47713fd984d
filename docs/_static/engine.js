// Python for a page: starts the worker at the first question, asks one thing at a time, and can be stopped at any moment.

const page = document.querySelector("[data-pyodide]");
const here = new URL(".", import.meta.url);
export const PREFIX = "course/"; // of what the reader wrote, in localStorage
export const loading = (step) => `Loading ${step} (about 26 MB, once) …`;

export class Unreachable extends Error {}
export class Stopped extends Error {}

export class Engine {
  #worker = null;
  #asked = null; // {id, on, resolve, reject} of the question that is being answered
  #queue = Promise.resolve();
  #next = 1;
  #written = {};
  ready = false;

  /** files: what the worker fetches besides: {path for Python: address relative to this script}. */
  constructor(files = {}) {
    this.files = Object.fromEntries(Object.entries(files).map(([path, address]) => [path, new URL(address, here).href]));
  }

  /** Ask Python: {what, ...arguments} as in page.py. on: told {type: "step" | "text" | "figure" | "curve", ...} on the way. */
  ask(question, on = () => {}) {
    const answer = this.#queue.then(() => this.#withFiles(question, on));
    this.#queue = answer.catch(() => {});
    return answer;
  }

  /** End whatever runs. Where the page may share memory, what the cells defined stays; else Python begins anew. */
  stop() {
    if (!this.#asked) return;
    if (this.interrupt && this.ready) this.interrupt[0] = 2;
    else {
      this.#worker.terminate();
      this.#end(new Stopped());
    }
  }

  async #withFiles(question, on) {
    for (const [file, text] of storedFiles()) {
      if (this.#worker && this.#written[file] === text) continue;
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
      const addresses = { pyodide: new URL(pyodide, document.baseURI).href, course: new URL("course.zip", here).href, files: this.files };
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
      const { resolve } = this.#asked;
      this.#asked = null;
      resolve(told.result);
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
    reject(error);
  }
}

/** One sentence for whatever kept Python from answering. */
export function sentence(error) {
  if (error instanceof Stopped) return "Stopped. What the cells defined is gone; “Run to here” brings it back.";
  if (error instanceof Unreachable)
    return "Python could not be loaded, so nothing runs in this page now; everything else can be read as it is.";
  return `Python failed: ${error.message}`;
}

/** What the reader wrote, by the names of the exercise files. */
export function storedFiles() {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX) && key.endsWith(".py"))
    .map((key) => [key.slice(PREFIX.length), localStorage.getItem(key)]);
}

/** An object in localStorage. */
export function stored(key, otherwise = {}) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function store(key, value) {
  localStorage.setItem(PREFIX + key, typeof value === "string" ? value : JSON.stringify(value));
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
  }
}
