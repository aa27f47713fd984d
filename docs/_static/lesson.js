// The cells of a lesson: run, change, reset; the exercises are in check.js.

import { Engine, Output, make, sentence } from "./engine.js";
import { exercises } from "./check.js";

const data = JSON.parse(document.getElementById("course-page").textContent);
const engine = new Engine(data.files);
const cells = [];

class Cell {
  constructor(block, number) {
    this.block = block;
    this.number = number;
    this.original = [...block.querySelectorAll("pre")].map((pre) => pre.textContent).join("").replace(/\n$/, "");
    this.recorded = make("div", { className: "recorded" });
    while (block.nextElementSibling?.matches(".predict, .sphx-glr-script-out, figure.drawn")) this.recorded.append(block.nextElementSibling);
    this.output = new Output();
    this.run_ = make("button", { className: "run", type: "button", onclick: () => this.press() }, "Run");
    this.above = make("button", { type: "button", onclick: () => runTo(this) }, "Run to here");
    this.edit_ = make("button", { type: "button", onclick: () => this.edit() }, "Edit");
    this.reset_ = make("button", { type: "button", hidden: true, onclick: () => this.reset() }, "Reset");
    this.bar = make("div", { className: "bar", role: "group", "aria-label": `cell ${number}` }, this.run_, this.above, this.edit_, this.reset_);
    block.after(this.bar, this.output.element, this.recorded);
    block.addEventListener("dblclick", ({ target }) => target.closest("summary") || this.edit());
    this.state = "new";
  }

  get code() {
    return this.editor ? this.editor.text : this.original;
  }

  async edit() {
    if (!this.editor) {
      const { edit } = await import("./editor.js");
      const place = make("div", { className: "editor" });
      this.block.after(place);
      this.block.hidden = true;
      this.editor = edit(place, this.original, { label: `code of cell ${this.number}`, run: () => this.press(), changed: () => (this.reset_.hidden = false) });
      this.place = place;
      this.edit_.hidden = true;
    }
    this.editor.focus();
  }

  reset() {
    this.place?.remove();
    this.block.hidden = this.editor = this.place = null;
    this.edit_.hidden = false;
    this.reset_.hidden = true;
    this.output.clear();
    this.recorded.hidden = false;
  }

  press() {
    if (this.state === "running") engine.stop();
    else runMissing(this);
  }

  /** Run it. Returns whether what comes after it can run. */
  async run() {
    this.#show("running");
    this.output.clear();
    try {
      const { error } = await engine.ask({ what: "run", code: this.code, name: `cell ${this.number}` }, (told) => this.#hear(told));
      if (error) this.#hear({ type: "text", stream: "err", text: error });
      this.recorded.hidden = true;
      this.#show(error ? "failed" : "done");
      return !error;
    } catch (error) {
      for (const cell of cells) if (cell.state === "done") cell.#show("new");
      this.#show("new");
      this.#hear({ type: "note", text: sentence(error) });
      return false;
    }
  }

  #hear(told) {
    if (told.type !== "step") this.recorded.hidden = true;
    this.output.add(told);
    if (told.type === "note") this.recorded.hidden = false;
  }

  #show(state) {
    this.state = state;
    this.bar.dataset.state = state;
    this.run_.textContent = state === "running" ? "Stop" : "Run";
    if (state === "done") this.output.element.querySelector(".step")?.remove();
  }
}

/** Run a cell; the cells above it that did not run yet run first. */
async function runMissing(last) {
  for (const cell of cells.slice(0, last.number)) {
    if (cell !== last && cell.state === "done") continue;
    if (!(await cell.run())) return;
  }
}

/** Run everything from the top to a cell, as if for the first time. */
async function runTo(last) {
  try {
    if (engine.ready) await engine.ask({ what: "restart" });
  } catch (error) {
    return last.output.add({ type: "note", text: sentence(error) });
  }
  for (const cell of cells.slice(0, last.number)) if (!(await cell.run())) return;
}

function begin() {
  const blocks = [...document.querySelectorAll("article .cell")];
  blocks.forEach((block, place) => cells.push(new Cell(block, place + 1)));
  const all = make("button", { type: "button", className: "run-all", onclick: () => runTo(cells.at(-1)) }, "Run the whole lesson");
  blocks[0].before(make("p", { className: "bar" }, all));
  if (data.remark) blocks[0].before(make("p", { className: "note" }, data.remark));
  if (data.exercise) exercises(data, engine);
  window.course = { cells, engine };
}

begin();
