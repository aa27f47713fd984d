// The exercises under a lesson: an editor for each function, the project's own check, and the reader's file kept in the browser.

import { Output, PREFIX, make, sentence, store, stored } from "./engine.js";

export function exercises(data, engine) {
  new Exercises(data, engine);
}

class Exercises {
  constructor({ lesson, exercise }, engine) {
    Object.assign(this, { lesson, engine, file: exercise.file, original: exercise.text, functions: exercise.functions });
    this.parts = [];
    this.output = new Output();
    this.element = make("section", { className: "exercises", "aria-label": "exercises" });
    const place = document.getElementById("exercises") ?? document.querySelector("article section");
    place.append(this.element);
    this.fill(localStorage.getItem(PREFIX + this.file) ?? this.original);
  }

  get text() {
    return this.parts.map((part) => part.text).join("");
  }

  /** The file cut before each `def` of a function that the reader writes. Joined again it is the same file. */
  cut(text) {
    return text.split(new RegExp(`^(?=def (?:${this.functions.join("|")})\\()`, "m"));
  }

  fill(text) {
    this.parts = this.cut(text).map((part) => new Part(this, part));
    const button = (label, onclick) => make("button", { type: "button", onclick }, label);
    this.upload = make("input", { type: "file", accept: ".py", hidden: true, onchange: () => this.read() });
    const all = button("Check all", () => this.check(this.functions, this.output));
    const bar = make("div", { className: "bar" }, all, button("Download the file", () => this.download()),
      button("Upload a file", () => this.upload.click()), button("Start again", () => this.again()), this.upload);
    this.element.replaceChildren(...this.parts.map((part) => part.element), bar, this.output.element);
    for (const part of this.parts) part.mark(stored("done")[this.lesson]?.[part.name]);
    this.number();
  }

  /** Number the lines of what is shown as they are numbered in the file. */
  number() {
    for (const part of this.parts) part.code.style.counterReset = `line ${this.firstLine(part) - 1}`;
  }

  firstLine(part) {
    return this.parts.slice(0, this.parts.indexOf(part)).reduce((lines, above) => lines + above.text.split("\n").length - 1, 1);
  }

  keep() {
    this.number();
    if (this.text === this.original) localStorage.removeItem(PREFIX + this.file);
    else store(this.file, this.text);
  }

  async check(functions, output) {
    output.clear();
    const question = { what: "check", file: this.file, text: this.text, functions, columns: output.columns, progress: stored("failures", null) && JSON.stringify(stored("failures")) };
    try {
      const { states, progress } = await this.engine.ask(question, (told) => output.add(told));
      if (progress) store("failures", progress);
      const done = stored("done");
      done[this.lesson] = { ...done[this.lesson], ...states };
      store("done", done);
      for (const part of this.parts) part.mark(done[this.lesson][part.name]);
    } catch (error) {
      output.clear();
      output.add({ type: "note", text: sentence(error) });
    }
  }

  download() {
    const address = URL.createObjectURL(new Blob([this.text], { type: "text/x-python" }));
    make("a", { href: address, download: this.file }).click();
    URL.revokeObjectURL(address);
  }

  async read() {
    const [file] = this.upload.files;
    if (!file) return;
    this.fill(await file.text());
    this.keep();
  }

  again() {
    if (!confirm(`Throw away what you wrote in ${this.file}?`)) return;
    const done = stored("done");
    delete done[this.lesson];
    store("done", done);
    this.fill(this.original);
    this.keep();
  }
}

/** A function of the file with its editor, or what stands before the first one. */
class Part {
  constructor(exercises, text) {
    this.exercises = exercises;
    this.start = text;
    this.name = text.match(/^def (\w+)\(/)?.[1];
    this.output = new Output();
    const lines = text.trimEnd().split("\n").map((line) => make("span", { className: "line" }, `${line}\n`));
    this.code = make("pre", { className: "blank", tabIndex: 0 }, ...lines);
    this.code.onclick = () => this.edit();
    this.code.onkeydown = (event) => event.key === "Enter" && (event.preventDefault(), this.edit());
    this.element = make("div", { className: "exercise" }, this.code);
    if (!this.name) return;
    this.element.id = `exercise-${this.name}`;
    this.title = make("h3", {}, make("code", {}, this.name));
    const check = make("button", { type: "button", className: "run", onclick: () => this.check() }, "Check");
    const edit = make("button", { type: "button", onclick: () => this.edit() }, "Edit");
    this.element.prepend(this.title);
    this.element.append(make("div", { className: "bar", role: "group", "aria-label": this.name }, check, edit), this.output.element);
  }

  get text() {
    return this.editor ? this.editor.text : this.start;
  }

  check() {
    return this.exercises.check([this.name], this.output);
  }

  async edit() {
    if (!this.editor) {
      const { edit } = await import("./editor.js");
      const place = make("div", { className: "editor" });
      this.code.replaceWith(place);
      const firstLine = () => this.exercises.firstLine(this);
      const changed = () => this.exercises.keep();
      this.editor = edit(place, this.start, { label: this.name ?? "the top of the file", run: () => this.name && this.check(), changed, firstLine });
    }
    this.editor.focus();
  }

  mark(state) {
    if (this.name) this.title.dataset.state = state ?? "blank";
  }
}
