// Play: a reader's clicks and candidates, ranked by the package in this page. What is shown first was recorded; state.js keeps the address.

import { Engine, make, sentence } from "./engine.js";
import { read, write } from "./state.js";

const place = document.getElementById("play-here");
const { readers, answer: recorded } = JSON.parse(place.querySelector("script").textContent);
const engine = new Engine({ "/course/play/model.npz": "model.npz" });
const say = make("p", { className: "note", role: "status" });
const panel = {}, fields = {}; // fields: for titles of the reader's own
for (const [name, title] of Object.entries({ who: "The reader", ranking: "The ranking", clicks: "The clicks", heads: "Where words look" })) {
  const numpy = place.querySelector(`template[data-numpy=${name}]`);
  const shapes = make("p", { className: "shapes" });
  const body = make("div");
  const section = make("section", { className: name, "aria-label": title }, make("h2", {}, title), body);
  if (numpy) section.append(make("details", { className: "numpy" }, make("summary", {}, "Show the NumPy"), shapes, numpy.content.cloneNode(true)));
  panel[name] = { section, body, shapes };
}

let state, computed = "", ranking = [], moves = [], asked = 0;

/** The titles in one row, the clicks first: a place in it names a title. */
const clicks = () => state.clicks ?? readers[state.reader].clicks;
const candidates = () => state.candidates ?? readers[state.reader].candidates;
const title = (at) => [...clicks(), ...candidates()][at];
const minus = (number, digits = 2) => number.toFixed(digits).replace("-", "−");
const toggled = (list, one) => (list.some((other) => String(other) === String(one)) ? list.filter((other) => String(other) !== String(one)) : [...list, one]);

/** What Python is asked: all but what is only looked at. */
const question = () => ({ clicks: clicks(), candidates: candidates(), clicks_off: state.off, words_off: state.words, heads_off: state.heads });

function begin() {
  state = read(location.hash, readers);
  place.replaceChildren(make("div", { className: "panels" }, ...Object.values(panel).map(({ section }) => section)));
  panel.who.section.append(say);
  who();
  if (write(state)) return update();
  show(recorded);
  say.textContent = "Shown as recorded. Your first change loads Python and the model, about 26 MB, once.";
}

function change(what) {
  Object.assign(state, what);
  update();
}

/** Another reader, or other titles: everything is on again. The fields stay, so that the focus stays in them. */
function other(what) {
  state = { ...read("", readers), reader: state.reader, clicks: state.clicks, candidates: state.candidates, ...what };
  ranking = [];
  fields.clicks.value = clicks().join("\n");
  fields.candidates.value = candidates().join("\n");
  update();
}

function who() {
  const select = make("select", { onchange: () => other({ reader: Number(select.value), clicks: null, candidates: null }) },
    ...readers.map(({ user, clicks }, number) => make("option", { value: number, selected: number === state.reader }, `${user}, ${clicks.length} clicks`)));
  const area = (label, key, titles) => {
    fields[key] = make("textarea", { rows: 5, value: titles.join("\n"), onchange: ({ target }) => {
      const typed = target.value.split("\n").map((line) => line.trim()).filter(Boolean);
      if (key === "candidates" && !typed.length) return (say.textContent = "Type at least one title to be ranked.");
      other({ [key]: typed });
    } });
    return make("label", {}, label, fields[key]);
  };
  panel.who.body.replaceChildren(make("div", { className: "bar" }, make("label", {}, "of the demo corpus ", select),
    make("button", { type: "button", onclick: () => other({}) }, "Everything on again")),
    make("details", {}, make("summary", {}, "Type titles of your own"), area("clicked, one a line, oldest first", "clicks", clicks()), area("to be ranked, one a line", "candidates", candidates())));
}

async function update() {
  const number = ++asked;
  history.replaceState(null, "", `#${write(state)}`);
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await engine.ask({ what: "play", ...question(), looked: state.looked }, (told) => told.step && (say.textContent = `Loading ${told.step} …`));
    if (number !== asked) return;
    say.textContent = "";
    show(answer);
  } catch (error) {
    say.textContent = sentence(error);
  }
  place.removeAttribute("aria-busy");
}

function show(answer) {
  const now = JSON.stringify(question());
  if (now !== computed) {
    const before = ranking;
    ranking = answer.ranking;
    moves = ranking.map((candidate, rank) => (before.length === ranking.length ? before.indexOf(candidate) - rank : 0));
    computed = now;
  }
  const held = document.activeElement?.dataset.key;
  const chosen = state.chosen ?? ranking[0];
  showRanking(answer, chosen);
  showClicks(answer, chosen);
  showHeads(answer);
  if (held) place.querySelector(`[data-key="${held}"]`)?.focus();
}

/** The words of a title, each a switch, as dark as its weight. */
function words(list, at) {
  return make("span", { className: "weighed" }, ...list.map(([word, weight, known], index) => {
    const on = weight !== null;
    const told = on ? `${word}, weight ${weight.toFixed(2)}${known ? "" : ", a word the model does not know"}` : `${word}, left out`;
    const chip = make("button", { type: "button", title: told, "aria-label": told, "aria-pressed": String(on), dataset: { key: `word-${at}-${index}` }, className: known || !on ? "" : "unknown",
      onclick: () => change({ words: toggled(state.words, [at, index]), looked: at }) }, word, on ? make("sub", {}, weight.toFixed(2)) : "");
    chip.style.setProperty("--w", on ? weight : 0);
    return chip;
  }));
}

function bar(value, most) {
  const filled = make("span", { className: value < 0 ? "filled below" : "filled" });
  filled.style.width = `${(50 * Math.abs(value)) / most}%`;
  return make("span", { className: "signed", "aria-hidden": "true" }, filled);
}

function showRanking({ scores, words: of, sizes }, chosen) {
  const N = clicks().length;
  const most = Math.max(...scores.map(Math.abs), 1e-9);
  const then = state.candidates ? [] : readers[state.reader].clicked;
  const rows = ranking.map((candidate, rank) => {
    const moved = moves[rank];
    const mark = moved ? make("i", { className: moved > 0 ? "up" : "down", "aria-label": `${Math.abs(moved)} ${moved > 0 ? "up" : "down"}` }, moved > 0 ? `▲${moved}` : `▼${-moved}`) : make("i");
    const row = make("li", { "aria-current": String(candidate === chosen) }, make("button", { type: "button", className: "title", dataset: { key: `candidate-${candidate}` },
      onclick: () => change({ chosen: candidate, looked: N + candidate }) }, title(N + candidate), then.includes(candidate) ? make("span", { className: "then", title: "clicked then" }, " ●") : ""),
      make("b", {}, minus(scores[candidate])), mark, bar(scores[candidate], most));
    if (candidate === chosen) row.append(words(of[N + candidate], N + candidate));
    return row;
  });
  panel.ranking.body.replaceChildren(make("p", { className: "about" }, then.length ? "● was clicked then. Choose a title to see why." : "Choose a title to see why."), make("ol", {}, ...rows));
  const width = sizes.H * sizes.d;
  panel.ranking.shapes.textContent = `Here: u (1, ${width}), r (${scores.length}, ${width}), scores (${scores.length},).`;
}

function showClicks({ weights, alone, lost, words: of, sizes, heads }, chosen) {
  const most = Math.max(...Object.values(alone).map((row) => Math.abs(row[chosen])), 1e-9);
  const rows = clicks().map((clicked, at) => {
    const on = of[at] !== null;
    const box = make("input", { type: "checkbox", checked: on, "aria-label": clicked, dataset: { key: `click-${at}` }, onchange: () => change({ off: toggled(state.off, at) }) });
    const look = make("button", { type: "button", className: "look", "aria-pressed": String(heads.of === at), "aria-label": `look inside ${clicked}`, dataset: { key: `look-${at}` }, onclick: () => change({ looked: at }) }, "look inside");
    const cells = on
      ? [make("td", { dataset: { of: "weight" } }, weights[at].toFixed(2)), make("td", { dataset: { of: "alone" } }, bar(alone[at][chosen], most), minus(alone[at][chosen])), make("td", { dataset: { of: "taken out" } }, minus(-lost[at][chosen]).replace(/^(?=\d)/, "+"))]
      : [make("td", { colSpan: 3 }, "taken out")];
    return make("tr", { className: on ? "" : "off" }, make("th", { scope: "row" }, make("label", {}, box), on ? words(of[at], at) : make("s", {}, clicked), on ? look : ""), ...cells);
  });
  const head = ["click", "weight α", "score, alone", "without it"].map((name) => make("th", { scope: "col" }, name));
  panel.clicks.body.replaceChildren(
    make("p", { className: "about" }, `What moves “${title(clicks().length + chosen)}”: its score had the reader clicked on this alone, and how it changes without this click: + is more, − is less.`),
    rows.length ? make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)) : make("p", {}, "No click: every score is zero."));
  const N = Object.keys(weights).length;
  const width = sizes.H * sizes.d;
  panel.clicks.shapes.textContent = `Here: weights α (${N},), and u (${1 + 2 * N}, ${width}) of all clicks, of each alone, and of all without each.`;
}

function showHeads({ heads, words: of, sizes }) {
  const shown = state.head < heads.alpha.length ? state.head : 0;
  const kept = of[heads.of].filter(([, weight]) => weight !== null).map(([word]) => word).slice(0, heads.alpha[0].length);
  const small = heads.alpha.map((table, head) => {
    const off = state.heads.includes(head);
    const box = make("input", { type: "checkbox", checked: !off, dataset: { key: `head-${head}` }, onchange: () => change({ heads: toggled(state.heads, head) }) });
    const tiles = make("span", { className: "tiles", "aria-hidden": "true" }, ...table.flat().map((weight) => {
      const tile = make("span");
      tile.style.setProperty("--w", weight);
      return tile;
    }));
    tiles.style.setProperty("--n", table.length);
    const pick = make("button", { type: "button", "aria-pressed": String(head === shown), "aria-label": `head ${head} large`, dataset: { key: `large-${head}` }, onclick: () => ((state.head = head), history.replaceState(null, "", `#${write(state)}`), showHeads({ heads, words: of, sizes }), place.querySelector(`[data-key="large-${head}"]`).focus()) }, tiles);
    return make("div", { className: off ? "head off" : "head" }, make("label", {}, box, ` head ${head}`), pick);
  });
  const table = heads.alpha[shown];
  panel.heads.body.replaceChildren(
    make("p", { className: "about" }, `In “${title(heads.of)}”: a row looks, a column is looked at. Take out a head, and the ranking is made without it.`),
    make("div", { className: "small" }, ...small),
    kept.length ? make("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": `weights of head ${shown}` }, large(table, kept, shown)) : make("p", {}, "No word is left."),
    kept.length > 1 ? make("p", { className: "most" }, strongest(table, kept)) : "");
  const [T, width] = [kept.length, sizes.H * sizes.d];
  panel.heads.shapes.textContent = `Here: x (${T}, ${sizes.D}), Q, K and V (${sizes.D}, ${width}), α (${sizes.H}, ${T}, ${T}), h (${T}, ${width}).`;
}

function large(table, kept, head) {
  const body = table.map((line, i) => make("tr", {}, make("th", { scope: "row" }, kept[i]), ...line.map((weight) => {
    const cell = make("td", {}, weight.toFixed(2));
    cell.style.setProperty("--w", weight);
    return cell;
  })));
  const top = make("tr", {}, make("td", {}, `head ${head}`), ...kept.map((word) => make("th", { scope: "col" }, word)));
  return make("table", { className: "large" }, make("thead", {}, top), make("tbody", {}, ...body));
}

function strongest(table, kept) {
  let [from, to] = [0, 1];
  table.forEach((line, i) => line.forEach((weight, j) => i !== j && weight > table[from][to] && ([from, to] = [i, j])));
  return `Strongest from one word to another: ${kept[from]} looks at ${kept[to]} with ${table[from][to].toFixed(2)}.`;
}

// An address without a state, such as that of "Back to top", changes nothing.
addEventListener("hashchange", () => (location.hash.includes("=") ? begin() : history.replaceState(null, "", `#${write(state)}`)));
begin();
