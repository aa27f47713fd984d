// The home page shows how far the reader is.

import { stored } from "./engine.js";

const done = stored("done");
for (const bar of document.querySelectorAll("progress[data-lesson]")) {
  const states = Object.values(done[bar.dataset.lesson] ?? {});
  bar.value = states.filter((state) => state === "done").length;
  bar.title = `${bar.value} of ${bar.max} exercises`;
}
