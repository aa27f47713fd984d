// The home page: how far the reader is, and the model in small.

import { make, stored } from "./engine.js";

const done = stored("done");
for (const bar of document.querySelectorAll("progress[data-lesson]")) {
  const states = Object.values(done[bar.dataset.lesson] ?? {});
  bar.value = states.filter((state) => state === "done").length;
  bar.title = `${bar.value} of ${bar.max} exercises`;
}

const toy = document.querySelector(".toy");
const { answers, candidates } = JSON.parse(toy.querySelector("script").textContent);
toy.addEventListener("change", ({ target }) => {
  const answer = answers[target.value];
  toy.querySelector(".words").replaceChildren(...answer.words.map(([word, weight]) => {
    const span = make("span", {}, `${word} `, make("b", {}, weight.toFixed(2)));
    span.style.setProperty("--w", weight);
    return span;
  }));
  [...toy.querySelectorAll(".vector > div")].forEach((row, place) => {
    row.querySelector("meter").value = answer.vector[place];
    row.querySelector("b").textContent = answer.vector[place].toFixed(2);
  });
  const list = toy.querySelector(".ranking");
  const before = [...list.children].map((item) => item.dataset.title);
  list.replaceChildren(...answer.ranking.map((title, place) => {
    const moved = before.indexOf(title) - place;
    const mark = moved > 0 ? " ▲" : moved < 0 ? " ▼" : "";
    return make("li", { dataset: { title } }, `${title} `, make("b", {}, answer.scores[candidates.indexOf(title)].toFixed(2)), mark);
  }));
});
