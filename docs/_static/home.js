// The home page: how far the reader is, and the model in small.

import { make } from "./engine.js";
import { onStored, stored } from "./kept.js";

function progress() {
  const done = stored("done");
  let next, begun = false;
  for (const bar of document.querySelectorAll("progress[data-lesson]")) {
    const card = bar.closest("li");
    bar.value = Object.values(done[bar.dataset.lesson] ?? {}).filter((state) => state === "done").length;
    card.querySelector("i").textContent = bar.value ? `, ${bar.value} of ${bar.max} done` : "";
    begun ||= bar.value > 0;
    if (bar.value < bar.max) next ??= card.querySelector("a");
  }
  if (begun && next) {
    const start = document.querySelector(".call.start");
    start.href = next.href;
    start.textContent = `Go on with lesson ${next.querySelector("b").textContent}`;
  }
}
progress();
addEventListener("pageshow", ({ persisted }) => persisted && progress()); // Back shows the page as it was left
onStored((key) => key === "done" && progress());

const toy = document.querySelector(".toy");
const { answers, candidates, most } = JSON.parse(toy.querySelector("script").textContent);
const grow = (element, value, whole) => element.style.setProperty("--w", Math.max(value, 0) / whole);
toy.addEventListener("change", ({ target }) => {
  const answer = answers[target.value];
  toy.querySelector(".words").replaceChildren(...answer.words.map(([word, weight]) => {
    const span = make("span", {}, `${word} `, make("b", {}, weight.toFixed(2)));
    span.style.setProperty("--w", weight);
    return span;
  }));
  [...toy.querySelectorAll(".vector > div")].forEach((row, place) => {
    grow(row.querySelector(".length"), answer.vector[place], most.vector);
    row.querySelector("b").textContent = answer.vector[place].toFixed(2);
  });
  const list = toy.querySelector(".ranking");
  const rows = [...list.children];
  list.replaceChildren(...answer.ranking.map((title, place) => {
    const row = rows.find((each) => each.dataset.title === title);
    const moved = rows.indexOf(row) - place;
    const score = answer.scores[candidates.indexOf(title)];
    row.querySelector("b").textContent = score.toFixed(2);
    row.querySelector("i").textContent = moved > 0 ? `▲${moved}` : moved < 0 ? `▼${-moved}` : "";
    grow(row.querySelector(".length"), score, most.scores);
    return row;
  }));
});
