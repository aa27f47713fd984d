// The cells of a lesson: run, change, reset; the exercises are in check.js.

import { Engine, Output, WAY_OUT, loading, make, sentence, single } from "./engine.js";
import { onStored, store, stored } from "./kept.js";
import { exercises } from "./check.js";

const data = JSON.parse(document.getElementById("course-page").textContent);
const engine = new Engine(data.files);
const cells = [];
const KEPT = `cells/${data.lesson}`; // of the cells that the reader changed, by number: the lesson's code, and the reader's
const forget = () => cells.forEach((cell) => cell.forget());
engine.gone = forget;

class Cell {
  constructor(block, number) {
    this.block = block;
    this.number = number;
    this.original = [...block.querySelectorAll("pre")].map((pre) => pre.textContent).join("").replace(/\n$/, "");
    this.output = new Output();
    this.run_ = make("button", { className: "run", type: "button", onclick: single(() => this.press()) }, "Run");
    this.above = make("button", { type: "button", onclick: () => runTo(this) }, "Run to here");
    this.edit_ = make("button", { type: "button", onclick: () => this.edit() }, "Edit");
    this.reset_ = make("span", { className: "kept", hidden: true }, make("button", { type: "button", onclick: () => this.reset() }, "Reset"), " Your change is kept in this browser.");
    this.bar = make("div", { className: "bar", role: "group", "aria-label": `cell ${number}` }, this.run_, this.above, this.edit_, this.reset_);
    this.recorded = this.#recorded();
    block.after(this.bar, this.output.element);
    block.addEventListener("dblclick", ({ target }) => target.closest("summary") || this.edit());
    this.state = "new"; // or waiting, running, failed, done: Python has what this very code defines
    this.code = this.original;
    this.load();
  }

  /** Show what the browser keeps: at the beginning, and when another tab wrote it, so that this one never keeps an older code. */
  load() {
    const [of, kept] = stored(KEPT)[this.number] ?? [];
    const code = of === this.original ? kept : this.original;
    if (code === this.code) return;
    this.code = code;
    this.forget();
    if (this.editor) this.editor.text = code;
    else this.edit(false);
    this.reset_.hidden = code === this.original;
  }

  get busy() {
    return this.state === "running" || this.state === "waiting";
  }

  /** What was recorded, in an element that steps aside for what a Run gives. What the lesson says about it stays in its fold. */
  #recorded() {
    const next = this.block.nextElementSibling;
    this.fold = next?.matches(".predict") && next.querySelector(":scope > p:not(.sphx-glr-script-out)") ? next : null;
    const above = this.fold ? this.fold.firstElementChild : this.block;
    const recorded = make("div", { className: "recorded" });
    while (above.nextElementSibling?.matches(".predict, .sphx-glr-script-out, figure.drawn")) recorded.append(above.nextElementSibling);
    above.after(recorded);
    return recorded;
  }

  /** Whether there is output of a Run in the place of what was recorded. */
  set live(live) {
    this.recorded.hidden = live;
    this.fold?.classList.toggle("ran", live);
  }

  /** Keep what the reader wrote; the lesson's own code is not kept, nor is what was changed in an older one. */
  keep(code) {
    this.code = code;
    this.reset_.hidden = false;
    const { [this.number]: _, ...others } = stored(KEPT);
    const kept = store(KEPT, code === this.original ? others : { ...others, [this.number]: [this.original, code] });
    this.reset_.lastChild.data = kept ? " Your change is kept in this browser." : " This browser keeps nothing more.";
    this.forget();
  }

  async edit(focus = true) {
    const { edit } = await import("./editor.js");
    if (!this.editor) {
      const place = make("div", { className: "editor" });
      this.block.after(place);
      this.block.hidden = true;
      this.editor = edit(place, this.code, { label: `code of cell ${this.number}. ${WAY_OUT}`, run: () => this.press(), changed: (code) => this.keep(code) });
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
    this.edit_.focus();
    this.keep(this.original);
    this.reset_.hidden = true;
    this.output.clear();
    this.live = false;
  }

  /** Run, or stop: while it only waits for its turn, that turn; else whatever runs. */
  press() {
    if (this.busy) engine.stop(this.state === "waiting" ? this : null);
    else runMissing(this);
  }

  /** Say here what happens elsewhere, where it may be out of sight. */
  wait(what) {
    this.#show("waiting");
    this.output.clear();
    this.output.add({ type: "wait", text: what });
  }

  /** It will not run after all. */
  leave(why) {
    this.#show("new");
    this.#hear({ type: "note", text: why });
  }

  /** Python has no longer what it defined, or that was another code. What runs or waits goes on. */
  forget() {
    if (!this.busy) this.#show("new");
  }

  /** Run it. on: hears what Python tells. Returns why what comes after it cannot run, if it cannot. */
  async run(ask, on = () => {}) {
    const { code } = this;
    this.#show("running");
    this.output.clear();
    try {
      const { error } = await ask({ what: "run", code, name: `cell ${this.number}` }, (told) => (this.#hear(told), on(told)));
      if (error) this.#hear({ type: "text", stream: "err", text: error });
      this.live = true;
      if (this.fold && !error) this.fold.open = true; // the answer can be seen now, so what is said about it can be read
      this.#show(error ? "failed" : code === this.code ? "done" : "new");
      return error && `Cell ${this.number} did not come to its end, so this one did not run.`;
    } catch (error) {
      this.leave(sentence(error));
      return sentence(error);
    }
  }

  #hear(told) {
    if (told.type !== "step") this.live = told.type !== "note";
    this.output.add(told);
  }

  #show(state) {
    this.state = state;
    this.bar.dataset.state = state;
    this.run_.textContent = this.busy ? "Stop" : "Run";
    this.reset_.firstChild.disabled = this.busy;
    if (state === "done") this.output.element.querySelector(".step")?.remove();
  }
}

/** Run a cell; the cells above it that did not run yet, or are another code now, run first. */
function runMissing(last) {
  return inTurn(last, (above) => above.filter((cell) => cell.state !== "done"));
}

/** Run everything from the top to a cell, as if for the first time. */
function runTo(last) {
  return inTurn(last, async (above, ask) => {
    if (engine.ready) await ask({ what: "restart" });
    forget();
    return above;
  }, true);
}

/** Run a cell after some of those above it, until one fails. Which ones, is seen when its turn comes: others may have run by then.
 *
 * again: also where the cell itself has run by then, above a cell further down. */
async function inTurn(last, choose, again = false) {
  if (last.busy) return;
  last.wait("Waiting for what runs now …");
  try {
    await engine.turn(async (ask) => {
      if (last.state !== "waiting" && !again) return;
      let said;
      const say = (what) => what !== said && last.wait(`Waiting for the cells above. ${(said = what)}`);
      for (const cell of await choose(cells.slice(0, last.number - 1), ask)) {
        const runs = `Cell ${cell.number} runs …`;
        say(runs);
        const why = await cell.run(ask, (told) => say(told.type === "step" ? loading(told.step) : runs));
        if (why) return last.leave(why);
      }
      await last.run(ask);
    }, last);
  } catch (error) {
    if (last.state === "waiting") last.leave(sentence(error));
  }
}

function begin() {
  const blocks = [...document.querySelectorAll("article .cell")];
  blocks.forEach((block, place) => cells.push(new Cell(block, place + 1)));
  const all = make("button", { type: "button", className: "run-all", onclick: () => runTo(cells.at(-1)) }, "Run the whole lesson");
  blocks[0].before(make("p", { className: "bar" }, all));
  if (data.remark) blocks[0].before(make("p", { className: "note" }, data.remark));
  if (data.exercise) exercises(data, engine);
  onStored((key) => key === KEPT && cells.forEach((cell) => cell.load()));
  window.course = { cells, engine };
}

begin();
