// A learning curve that grows: dev AUC by epoch, and below it the loss of each step; yours in ink, the package's in grey.

import { make } from "./engine.js";

const CHANCE = 0.5;
const HEIGHTS = { auc: 190, loss: 130 };
const LEFT = 50, RIGHT = 98, TOP = 14, BELOW = 24;

export class Curve {
  /** recorded: {epochs: [{epoch, step, loss, auc}], losses: [of each step]} of the package's own training. */
  constructor({ epochs, losses }) {
    this.theirs = { epochs, losses };
    this.figure = make("div", { className: "drawing" });
    this.rows = make("tbody");
    const head = (...names) => make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name)));
    const table = make("table", { className: "numbers" }, make("caption", {}, "The same in numbers"),
      make("thead", {}, head("epoch", "loss, yours", "package’s", "dev AUC, yours", "package’s")), this.rows);
    this.element = make("figure", { className: "curve" },
      make("figcaption", {}, make("b", {}, "Right gradients learn what the package’s learn")), this.figure, table);
    new ResizeObserver(() => this.draw()).observe(this.figure);
    this.begin();
  }

  begin() {
    this.yours = { epochs: [], losses: [] };
    this.draw();
  }

  add({ step, loss, epoch, auc }) {
    if (epoch === undefined) this.yours.losses[step - 1] = loss;
    else this.yours.epochs.push({ step, loss, epoch, auc });
    this.draw();
  }

  get sentence() {
    const { epochs, losses } = this.yours;
    const last = epochs.at(-1);
    const all = this.theirs.losses.length;
    if (!last) return "The referee looks at each piece and at the whole model; then it trains.";
    const after = last.epoch ? `after epoch ${last.epoch}` : "before the first step";
    return `Step ${losses.length} of ${all}. Dev AUC ${after}: ${last.auc.toFixed(3)}, the package’s ${this.theirs.epochs[last.epoch].auc.toFixed(3)}.` +
      (last.step === all ? " Done." : "");
  }

  draw() {
    const width = Math.max(280, Math.min(this.figure.clientWidth || 680, 720));
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${HEIGHTS.auc + HEIGHTS.loss}`, role: "img", "aria-label": `Learning curve. ${this.sentence}` });
    this.panel(drawing, width, 0, HEIGHTS.auc, "dev AUC", [0.46, 0.66], [0.5, 0.55, 0.6, 0.65], ({ epochs }) => epochs.map(({ step, auc }) => [step, auc]), true);
    this.panel(drawing, width, HEIGHTS.auc, HEIGHTS.loss, "loss of a step", [1.2, 1.8], [1.2, 1.4, 1.6, 1.8], ({ losses }) => losses.map((loss, place) => [place + 1, loss]), false);
    this.figure.replaceChildren(drawing);
    const number = (value) => (value === undefined ? "" : value.toFixed(3));
    this.rows.replaceChildren(...this.theirs.epochs.map((theirs, epoch) => {
      const yours = this.yours.epochs[epoch];
      return make("tr", {}, make("th", { scope: "row" }, String(epoch)), ...[yours?.loss, theirs.loss, yours?.auc, theirs.auc].map((value) => make("td", {}, number(value))));
    }));
  }

  panel(drawing, width, top, height, title, wanted, ticks, points, dots) {
    const theirs = points(this.theirs), yours = points(this.yours);
    const values = [...theirs, ...yours].map(([, value]) => value);
    const [low, high] = [Math.min(wanted[0], ...values), Math.max(wanted[1], ...values)];
    const steps = this.theirs.losses.length;
    const x = (step) => LEFT + (step / steps) * (width - LEFT - RIGHT);
    const y = (value) => top + TOP + 14 + ((high - value) / (high - low)) * (height - TOP - 14 - BELOW);
    const text = (at, up, words, properties = {}) => drawing.append(Object.assign(svg("text", { x: at, y: up, ...properties }), { textContent: words }));
    text(0, top + TOP, title, { class: "title" });
    for (const tick of ticks) {
      drawing.append(svg("line", { class: dots && tick === CHANCE ? "chance" : "grid", x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick) }));
      text(LEFT - 12, y(tick) + 4, tick.toFixed(ticks[1] % 0.1 ? 2 : 1), { "text-anchor": "end" });
    }
    if (dots) text(width - RIGHT + 12, y(CHANCE) + 4, "chance");
    for (const [of, className] of [[theirs, "theirs"], [yours, "yours"]])
      if (of.length) {
        drawing.append(svg("polyline", { class: className, points: of.map(([step, value]) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ") }));
        if (dots) for (const [step, value] of of) drawing.append(svg("circle", { class: className, cx: x(step), cy: y(value), r: className === "yours" ? 4 : 5.5 }));
      }
    if (dots) this.#labels(text, x, y, theirs.at(-1), yours.at(-1), width);
    else {
      for (const { epoch, step } of this.theirs.epochs) text(x(step), top + height - 4, String(epoch), { "text-anchor": "middle" });
      text(width - RIGHT + 12, top + height - 4, "epoch");
    }
  }

  /** Labels at the lines' ends; where both ends meet, yours stands above. */
  #labels(text, x, y, theirs, yours, width) {
    const at = width - RIGHT + 12;
    text(at, y(theirs[1]) + 4, "the package’s", { class: "theirs" });
    if (!yours) return;
    const meets = yours[0] === theirs[0] && Math.abs(y(yours[1]) - y(theirs[1])) < 16;
    text(yours[0] === theirs[0] ? at : x(yours[0]) + 9, meets ? y(theirs[1]) - 12 : y(yours[1]) - (yours[0] === theirs[0] ? -4 : 9), "yours", { class: "yours" });
  }
}

function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
