// The exercises under a lesson: an editor for each function, the project's own check, and the reader's file kept in the browser.

import { Output, WAY_OUT, make, sentence, single } from "./engine.js";
import { onStored, store, stored, storedFiles } from "./kept.js";

export function exercises(data, engine) {
  new Exercises(data, engine);
}

/** With the line ends that an editor gives, so that no text changes by being looked at. */
const unix = (text) => text.replace(/\r\n?/g, "\n");

class Exercises {
  constructor({ lesson, exercise }, engine) {
    Object.assign(this, { lesson, engine, file: exercise.file, original: exercise.text, functions: exercise.functions });
    this.parts = [];
    this.states = {}; // what the check said of functions, by their names
    this.places = make("div");
    this.note = make("p", { className: "note", role: "status", hidden: true });
    this.output = new Output();
    this.element = make("section", { className: "exercises", "aria-label": "exercises" }, this.places, this.#bar(), this.note, this.output.element);
    const place = document.getElementById("exercises") ?? document.querySelector("article section");
    place.append(this.element);
    this.load();
    onStored((key) => {
      if (key === this.file) this.load();
      else if (key === "done") this.mark(stored("done")[this.lesson] ?? {});
    });
  }

  #bar() {
    const button = (label, onclick) => make("button", { type: "button", onclick }, label);
    const all = button("Check all", single(() => this.check(this.functions, this.output, all)));
    this.upload = make("input", { type: "file", accept: ".py", hidden: true, onchange: () => this.read() });
    return make("div", { className: "bar" }, all, button("Download the file", () => this.download()),
      button("Upload a file", () => this.upload.click()), button("Start again", () => this.again()), this.upload);
  }

  get text() {
    return this.parts.map((part) => part.text).join("");
  }

  get texts() {
    return Object.fromEntries(this.parts.map(({ name, text }) => [name, text]));
  }

  /** The file cut before each `def` of a function that the reader writes. Joined again it is the same file. */
  cut(text) {
    return text.split(new RegExp(`^(?=def (?:${this.functions.join("|")})\\()`, "m"));
  }

  /** Show what the browser keeps: at the beginning, and when another tab wrote it, so that this one never keeps an older text. */
  load() {
    this.fill(unix(storedFiles()[this.file] ?? this.original));
    this.kept = this.texts;
    this.mark(stored("done")[this.lesson] ?? {});
  }

  /** Show a file. A part whose text stays keeps its editor, and each its output. A function that is not in the file stands there blank:
   * it was deleted, or the lesson asks for more than it did when the file was written. */
  fill(text) {
    const old = new Map(this.parts.map((part) => [part.name, part]));
    const missing = this.functions.filter((name) => !new RegExp(`^(?:def +)?${name}\\b`, "m").test(text));
    const blanks = this.cut(this.original).filter((piece) => missing.some((name) => piece.startsWith(`def ${name}(`)));
    this.parts = [...this.cut(text), ...blanks].map((piece) => {
      const name = piece.match(/^def (\w+)\(/)?.[1];
      const part = old.get(name) ?? new Part(this, name);
      old.delete(name); // the reader may have written a function twice
      part.show(piece);
      return part;
    });
    this.places.replaceChildren(...this.parts.map((part) => part.element));
    this.mark(this.states);
    this.number();
  }

  mark(states) {
    this.states = states;
    for (const part of this.parts) part.mark(states[part.name]);
  }

  /** Mark the functions, and keep it. */
  remember(states) {
    this.mark(states);
    store("done", { ...stored("done"), [this.lesson]: states });
  }

  /** Number the lines of what is shown as they are numbered in the file. */
  number() {
    for (const part of this.parts) {
      const reset = `line ${this.firstLine(part) - 1}`;
      if (part.code.style.counterReset !== reset) part.editor?.renumber();
      part.code.style.counterReset = reset;
    }
  }

  firstLine(part) {
    return this.parts.slice(0, this.parts.indexOf(part)).reduce((lines, above) => lines + above.text.split("\n").length - 1, 1);
  }

  /** Keep what the reader wrote. What the check said of a function holds no longer once its text is another. */
  keep() {
    this.number();
    const { kept, texts } = this;
    const marked = Object.entries(this.states);
    const same = marked.filter(([name]) => kept[name] === texts[name]);
    if (same.length < marked.length) this.remember(Object.fromEntries(same));
    this.kept = texts;
    const written = store(this.file, this.text === this.original ? null : this.text);
    this.say(written ? "" : "This browser keeps nothing more; download the file.");
  }

  say(text) {
    if (this.note.textContent !== text) this.note.textContent = text;
    this.note.hidden = !text;
  }

  /** Check functions; where the button's check waits or runs already, stop it. */
  async check(functions, output, button) {
    const bar = button.parentElement;
    if (bar.dataset.state) return this.engine.stop(output);
    const label = button.textContent;
    bar.dataset.state = "running";
    button.textContent = "Stop";
    output.clear();
    output.add({ type: "wait", text: "Waiting for what runs now …" });
    try {
      await this.engine.turn((ask) => this.ask(ask, functions, output), output);
    } catch (error) {
      output.add({ type: "note", text: sentence(error) });
    }
    button.textContent = label;
    delete bar.dataset.state;
  }

  async ask(ask, functions, output) {
    const { text, texts } = this;
    const question = { what: "check", file: this.file, text, functions, columns: output.columns, progress: stored("failures", null) && JSON.stringify(stored("failures")) };
    output.clear();
    const { states, progress } = await ask(question, (told) => output.add(told));
    if (progress) store("failures", progress);
    const now = this.texts; // the reader may have written on meanwhile
    const found = Object.entries(states).filter(([name]) => now[name] === texts[name]);
    this.remember({ ...this.states, ...Object.fromEntries(found) });
  }

  download() {
    const address = URL.createObjectURL(new Blob([this.text], { type: "text/x-python" }));
    make("a", { href: address, download: this.file }).click();
    URL.revokeObjectURL(address);
  }

  /** Take the file that the reader chose, if it is one of this lesson. */
  async read() {
    const [file] = this.upload.files;
    if (!file) return;
    const bytes = await file.arrayBuffer();
    this.upload.value = ""; // so that the same file can be chosen again
    let text;
    try {
      text = unix(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
      return this.say(`${file.name} was not taken: it is no text in UTF-8.`);
    }
    const missing = this.functions.filter((name) => !this.cut(text).some((piece) => piece.startsWith(`def ${name}(`)));
    if (missing.length === this.functions.length) return this.say(`${file.name} was not taken: it has no function ${missing.join(", ")}.`);
    if (![text, this.original].includes(this.text) && !confirm(`Put ${file.name} in the place of what you wrote in ${this.file}?`)) return;
    this.fill(text);
    this.keep();
  }

  again() {
    if (!confirm(`Throw away what you wrote in ${this.file}?`)) return;
    this.fill(this.original);
    this.remember({});
    this.keep();
  }
}

/** A function of the file with its editor, or what stands before the first one. */
class Part {
  constructor(exercises, name) {
    this.exercises = exercises;
    this.name = name;
    this.output = new Output();
    this.code = make("pre", { className: "blank", tabIndex: 0 });
    this.code.onclick = () => this.edit();
    this.code.onkeydown = (event) => event.key === "Enter" && (event.preventDefault(), this.edit());
    this.field = make("div", {}, this.code);
    this.element = make("div", { className: "exercise" }, this.field);
    if (!name) return;
    this.element.id = `exercise-${name}`;
    this.title = make("h3", {}, make("code", {}, name));
    this.check_ = make("button", { type: "button", className: "run", onclick: single(() => this.check()) }, "Check");
    const edit = make("button", { type: "button", onclick: () => this.edit() }, "Edit");
    this.element.prepend(this.title);
    this.element.append(make("div", { className: "bar", role: "group", "aria-label": name }, this.check_, edit), this.output.element);
  }

  /** What was pasted without a line break at its end gets one, so that the next function begins in a line of its own. */
  get text() {
    const text = this.editor ? this.editor.text : this.start;
    return text?.replace(/[^\n]$/, "$&\n");
  }

  /** Show a text, where it is another than what stands there. */
  show(text) {
    if (text === this.text) return;
    this.start = text;
    this.editor = null;
    const lines = text.trimEnd().split("\n").map((line) => make("span", { className: "line" }, `${line}\n`));
    this.code.replaceChildren(...lines);
    this.field.replaceChildren(this.code);
  }

  check() {
    return this.exercises.check([this.name], this.output, this.check_);
  }

  async edit() {
    const { edit } = await import("./editor.js"); // before the question whether there is one: a double click asks twice
    if (!this.editor) {
      const place = make("div", { className: "editor" });
      this.field.replaceChildren(place);
      const firstLine = () => this.exercises.firstLine(this);
      const changed = () => this.exercises.keep();
      this.editor = edit(place, this.start, { label: `${this.name ?? "the top of the file"}. ${WAY_OUT}`, run: () => this.name && this.check(), changed, firstLine });
    }
    this.editor.focus();
  }

  mark(state) {
    if (this.name) this.title.dataset.state = state ?? "blank";
  }
}
