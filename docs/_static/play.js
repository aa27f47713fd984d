// Play: a reader's clicks and candidates, ranked by the package in this page. State is in the address, so that it can be sent.

import { Engine, make, sentence } from "./engine.js";

const place = document.getElementById("play-here");
const engine = new Engine({ "/course/play/model.npz": "model.npz" });
const state = { reader: 0, clicks: null, candidates: null, off: [], heads: [], chosen: null };
let readers, heads, before = [], asked = 0;

const say = make("p", { className: "note", role: "status" });
const start = make("button", { type: "button", className: "run", onclick: begin }, "Load the model");
place.append(make("p", {}, "Python and the model are loaded once: about 26 MB, then everything is at hand."), start, say);

const panel = {};
for (const name of ["who", "ranking", "clicks", "heads"]) panel[name] = make("section", { className: name, "aria-label": name });

async function begin() {
  start.disabled = true;
  try {
    ({ readers, heads } = await engine.ask({ what: "play_start" }, (told) => told.step && (say.textContent = `Loading ${told.step} …`)));
  } catch (error) {
    start.disabled = false;
    return (say.textContent = sentence(error));
  }
  place.replaceChildren(say, make("div", { className: "panels" }, panel.who, panel.ranking, panel.clicks, panel.heads));
  try {
    Object.assign(state, JSON.parse(decodeURIComponent(location.hash.slice(1))));
  } catch { /* no state in the address */ }
  if (!state.clicks) choose(state.reader);
  who();
  await update();
}

function choose(reader) {
  const { clicks, candidates } = readers[reader];
  Object.assign(state, { reader, clicks, candidates, off: [], heads: [], chosen: clicks.at(-1) });
  before = [];
}

function who() {
  const select = make("select", { onchange: () => (choose(Number(select.value)), who(), update()) },
    ...readers.map(({ user }, number) => make("option", { value: number, selected: number === state.reader }, user)));
  const area = (label, key) => {
    const text = make("textarea", { rows: 5, value: state[key].join("\n"), onchange: () => {
      state[key] = text.value.split("\n").map((line) => line.trim()).filter(Boolean);
      state.off = [];
      state.chosen = state.clicks.at(-1) ?? state.candidates[0];
      update();
    } });
    return make("label", {}, label, text);
  };
  panel.who.replaceChildren(make("h2", {}, "The reader"), make("label", {}, "of the demo corpus ", select),
    make("details", {}, make("summary", {}, "Type titles of your own"), area("clicked, one a line, oldest first", "clicks"), area("to be ranked, one a line", "candidates")));
}

async function update() {
  const number = ++asked;
  history.replaceState(null, "", "#" + encodeURIComponent(JSON.stringify(state)));
  if (!state.candidates.length) return (say.textContent = "Type at least one title to be ranked.");
  const clicks = state.clicks.filter((_, index) => !state.off.includes(index));
  say.textContent = "";
  try {
    const answer = await engine.ask({ what: "play", clicks, candidates: state.candidates, heads_off: state.heads, chosen: state.chosen ?? state.candidates[0] });
    if (number === asked) show(answer);
  } catch (error) {
    say.textContent = sentence(error);
  }
}

function words(list) {
  return make("span", { className: "weighed" }, ...list.map(([word, weight, known]) => {
    const span = make("span", { title: `${word}: ${weight.toFixed(2)}${known ? "" : ", a word the model does not know"}` }, word, make("sub", {}, weight.toFixed(2)));
    span.style.setProperty("--w", weight);
    return span;
  }));
}

function show(answer) {
  const titles = answer.ranking.map(({ title }) => title);
  const strongest = Math.max(...answer.ranking.map(({ score }) => Math.abs(score)), 1e-9);
  panel.ranking.replaceChildren(make("h2", {}, "The ranking"), make("ol", {}, ...answer.ranking.map(({ title, score, words: list }, rank) => {
    const moved = before.indexOf(title) - rank;
    const mark = before.includes(title) && moved ? (moved > 0 ? `▲${moved}` : `▼${-moved}`) : "";
    const meter = make("span", { className: "bar-of" });
    meter.style.width = `${(100 * Math.abs(score)) / strongest}%`;
    return make("li", { "aria-current": String(title === state.chosen) }, make("button", { type: "button", onclick: () => pick(title) }, title === state.chosen ? words(list) : title),
      make("b", {}, score.toFixed(2).replace("-", "−")), make("i", {}, mark), meter);
  })));
  before = titles;
  const focus = state.candidates.indexOf(titles.includes(state.chosen) ? state.chosen : titles[0]);
  let used = 0;
  const most = Math.max(...answer.clicks.flatMap(({ alone }) => Math.abs(alone[focus])), 1e-9);
  panel.clicks.replaceChildren(make("h2", {}, "The clicks"),
    make("p", {}, `Weight in the user vector, and the score of “${state.candidates[focus]}” from this click alone. Take a click out and see.`),
    make("ul", {}, ...state.clicks.map((title, index) => {
      const off = state.off.includes(index);
      const click = off ? null : answer.clicks[used++];
      const box = make("input", { type: "checkbox", checked: !off, onchange: () => (state.off = off ? state.off.filter((other) => other !== index) : [...state.off, index], update()) });
      const alone = click ? click.alone[focus] : 0;
      const meter = make("span", { className: "bar-of" });
      meter.style.width = `${(100 * Math.abs(alone)) / most}%`;
      return make("li", {}, make("label", {}, box, click ? words(click.words) : make("s", {}, title)),
        make("button", { type: "button", onclick: () => pick(title), "aria-label": `heads of ${title}` }, "heads"),
        make("b", {}, click ? `α ${click.weight.toFixed(2)}` : ""), make("i", {}, click ? alone.toFixed(2).replace("-", "−") : ""), meter);
    })));
  const { title, words: rows, alpha } = answer.heads;
  panel.heads.replaceChildren(make("h2", {}, "The heads"), make("p", {}, `Rows look, columns are looked at, in “${title}”. Click on a word to leave it out.`),
    make("p", { className: "leave" }, ...rows.map((word, index) => make("button", { type: "button", onclick: () => leave(title, index) }, word))),
    make("div", { className: "grid" }, ...alpha.map((table, head) => matrix(table, rows, head))));
}

function matrix(table, rows, head) {
  const off = state.heads.includes(head);
  const box = make("input", { type: "checkbox", checked: !off, onchange: () => (state.heads = off ? state.heads.filter((other) => other !== head) : [...state.heads, head], update()) });
  const body = table.map((line, i) => make("tr", {}, make("th", { scope: "row" }, rows[i]), ...line.map((weight) => {
    const cell = make("td", {}, weight.toFixed(2));
    cell.style.setProperty("--w", weight);
    return cell;
  })));
  const top = make("tr", {}, make("td"), ...rows.map((word) => make("th", { scope: "col" }, word)));
  return make("div", { className: off ? "head off" : "head", tabIndex: 0, role: "group", "aria-label": `head ${head}` }, make("label", {}, box, ` head ${head}`), make("table", {}, make("thead", {}, top), make("tbody", {}, ...body)));
}

function pick(title) {
  state.chosen = title;
  update();
}

/** Leave a word out of a title wherever it stands. */
function leave(title, index) {
  const shorter = title.split(/\s+/).filter((_, place) => place !== index).join(" ");
  if (!shorter) return;
  for (const key of ["clicks", "candidates"]) state[key] = state[key].map((other) => (other === title ? shorter : other));
  state.chosen = shorter;
  who();
  update();
}
