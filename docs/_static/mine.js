// Build your own NRMS: `lessons.mine` in the page, with a table of the pieces and a learning curve that grows.

import { Engine, Output, Stopped, make, sentence, single } from "./engine.js";
import { stored, storedFiles } from "./kept.js";
import { Curve } from "./curve.js";

const place = document.getElementById("mine-here");
const recorded = JSON.parse(place.querySelector("script").textContent);
const engine = new Engine();
const output = new Output();
const curve = new Curve(recorded);
const button = make("button", { type: "button", className: "run", onclick: single(press) }, "Train with my pieces");
const say = make("p", { className: "note", role: "status", hidden: true });
const why = make("ul", { className: "why" });
const WORDS = { "not yet": "the package’s", yours: "yours ✓", wrong: "yours is wrong ✗", "set aside": "yours is set aside ✗" };
let running = false;

/** states: of functions by their names.    errors: of the layers' gradients by their titles, numbers or sentences. */
function pieces(states, errors = {}) {
  for (const cell of place.querySelectorAll("[data-function]:not([data-function=''])")) {
    const state = states[cell.dataset.function] ?? "not yet";
    cell.textContent = WORDS[state] ?? state;
    cell.dataset.state = state;
  }
  for (const cell of place.querySelectorAll("[data-layer]:not([data-layer=''])")) {
    const error = errors[cell.dataset.layer];
    cell.textContent = error === undefined ? "" : typeof error === "number" ? error.toExponential(0) : "wrong ✗";
  }
  const all = [...place.querySelectorAll("td[data-state]")];
  const own = all.filter((cell) => cell.dataset.state === "yours").length;
  const files = Object.keys(storedFiles()).length;
  place.querySelector(".count").textContent = `${own} of ${all.length} are yours; ` +
    (own || files ? "the model takes the package’s for the others." : "with nothing written yet, it trains with the package’s.");
}

/** What the Check buttons of the lessons found, until Python looks itself. */
function marked() {
  const states = {};
  for (const functions of Object.values(stored("done")))
    for (const [name, state] of Object.entries(functions)) states[name] = { done: "yours", wrong: "wrong" }[state] ?? "not yet";
  return states;
}

function press() {
  if (running) engine.stop();
  else train();
}

async function train() {
  show(true);
  output.clear();
  curve.begin();
  say.hidden = false;
  try {
    const { trained } = await engine.ask({ what: "mine", packages: recorded.epochs }, hear);
    say.textContent = trained ? curve.sentence : "The whole model of these pieces is wrong, so nothing was trained; below stands why.";
  } catch (error) {
    say.textContent = error instanceof Stopped ? "Stopped. Training begins anew with the next press." : sentence(error);
  }
  show(false);
}

function hear(told) {
  if (told.type === "pieces") {
    pieces(told.states, told.errors);
    why.replaceChildren(...told.reasons.map((reason) => make("li", {}, reason)));
  } else if (told.type === "curve") {
    curve.add(told);
    if (told.epoch !== undefined) say.textContent = curve.sentence; // it is read aloud; the curve shows each step
  } else if (told.type === "step") say.textContent = `Loading ${told.step} …`;
  else output.add(told);
}

function show(whether) {
  running = whether;
  button.textContent = whether ? "Stop" : "Train with my pieces";
  bar.dataset.state = whether ? "running" : "";
}

const bar = make("div", { className: "bar", role: "group", "aria-label": "training" }, button,
  make("span", { className: "size" }, "Loads about 26 MB once; then half a minute or so."));
place.querySelector(".count").after(why, bar, say, curve.element, output.element);
pieces(marked());
curve.draw();
