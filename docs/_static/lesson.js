// The cells of a lesson: run, change, reset; the exercises are in check.js.

import { Engine, Output, loading, make, sentence, store, stored } from "./engine.js";
import { exercises } from "./check.js";

const data = JSON.parse(document.getElementById("course-page").textContent);
const engine = new Engine(data.files);
const cells = [];
const KEPT = `cells/${data.lesson}`; // of the cells that the reader changed, by number: the lesson's code, and the reader's

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
    this.reset_ = make("span", { className: "kept", hidden: true }, make("button", { type: "button", onclick: () => this.reset() }, "Reset"), " Your change is kept in this browser.");
    this.bar = make("div", { className: "bar", role: "group", "aria-label": `cell ${number}` }, this.run_, this.above, this.edit_, this.reset_);
    block.after(this.bar, this.output.element, this.recorded);
    block.addEventListener("dblclick", ({ target }) => target.closest("summary") || this.edit());
    this.state = "new";
    const [of, code] = stored(KEPT)[number] ?? [];
    this.code = of === this.original ? code : this.original;
    if (this.code !== this.original) this.edit(false);
  }

  /** Keep what the reader wrote; the lesson's own code is not kept, nor is what was changed in an older one. */
  keep(code) {
    this.code = code;
    this.reset_.hidden = false;
    const { [this.number]: _, ...kept } = stored(KEPT);
    store(KEPT, code === this.original ? kept : { ...kept, [this.number]: [this.original, code] });
  }

  async edit(focus = true) {
    const { edit } = await import("./editor.js");
    if (!this.editor) {
      const place = make("div", { className: "editor" });
      this.block.after(place);
      this.block.hidden = true;
      this.editor = edit(place, this.code, { label: `code of cell ${this.number}`, run: () => this.press(), changed: (code) => this.keep(code) });
      this.place = place;
      this.edit_.hidden = true;
      this.reset_.hidden = this.code === this.original;
    }
    if (focus) this.editor.focus();
  }

  reset() {
    this.place?.remove();
    this.block.hidden = this.editor = this.place = null;
    this.edit_.hidden = false;
    this.keep(this.original);
    this.reset_.hidden = true;
    this.output.clear();
    this.recorded.hidden = false;
  }

  press() {
    if (this.state === "running" || this.state === "waiting") engine.stop();
    else runMissing(this);
  }

  /** Say here what happens above, where it may be out of sight. */
  wait(what) {
    this.#show("waiting");
    this.output.clear();
    this.output.add({ type: "wait", text: `Waiting for the cells above. ${what}` });
  }

  /** It will not run after all. */
  leave(why) {
    this.#show("new");
    this.#hear({ type: "note", text: why });
  }

  /** Run it. on: hears what Python tells. Returns why what comes after it cannot run, if it cannot. */
  async run(on = () => {}) {
    this.#show("running");
    this.output.clear();
    try {
      const { error } = await engine.ask({ what: "run", code: this.code, name: `cell ${this.number}` }, (told) => (this.#hear(told), on(told)));
      if (error) this.#hear({ type: "text", stream: "err", text: error });
      this.recorded.hidden = true;
      this.#show(error ? "failed" : "done");
      return error && `Cell ${this.number} did not come to its end, so this one did not run.`;
    } catch (error) {
      for (const cell of cells) if (cell.state === "done") cell.#show("new");
      this.#show("new");
      this.#hear({ type: "note", text: sentence(error) });
      return sentence(error);
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
    this.run_.textContent = state === "running" || state === "waiting" ? "Stop" : "Run";
    if (state === "done") this.output.element.querySelector(".step")?.remove();
  }
}

/** Run a cell; the cells above it that did not run yet run first. */
function runMissing(last) {
  return runEach(cells.slice(0, last.number).filter((cell) => cell === last || cell.state !== "done"));
}

/** Run everything from the top to a cell, as if for the first time. */
async function runTo(last) {
  try {
    if (engine.ready) await engine.ask({ what: "restart" });
  } catch (error) {
    return last.leave(sentence(error));
  }
  return runEach(cells.slice(0, last.number));
}

/** Run cells until one fails. The reader looks at the last one. */
async function runEach(some) {
  const last = some.pop();
  let said;
  const say = (what) => what !== said && last.wait((said = what));
  for (const cell of some) {
    const runs = `Cell ${cell.number} runs …`;
    say(runs);
    const why = await cell.run((told) => say(told.type === "step" ? loading(told.step) : runs));
    if (why) return last.leave(why);
  }
  return last.run();
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
