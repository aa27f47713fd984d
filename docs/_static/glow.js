// A letter that is pointed at lights up wherever it stands: in text, formulas, code and the list of letters.

// Two landmarks of the theme get names of their own.
document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "pages of the site");
document.querySelector(".toc-drawer")?.setAttribute("aria-label", "sections of this page");

// The letters that a lesson explains at its beginning stay in sight, beside the text.
const letters = document.querySelector(".letters");
const beside = document.querySelector(".toc-sticky");
if (letters && beside) {
  const kept = letters.cloneNode(true);
  kept.removeAttribute("id");
  const title = Object.assign(document.createElement("p"), { className: "toc-title", textContent: "Letters" });
  beside.append(title, kept);
}

const IN_CODE = { α: "alpha", β: "beta", θ: "theta", η: "eta" };
const known = new Set(["Q", "K", "V", "alpha", "beta"]);
const nameOf = (text) => IN_CODE[text.trim()] ?? text.trim();
for (const row of document.querySelectorAll("table.letters tr")) {
  // "Q, K, V (D, H·d)" names three
  const names = row.cells[0].textContent.replace(/\(.*?\)/g, "").split(",").map(nameOf).filter(Boolean);
  row.dataset.letters = names.join(" ");
  names.forEach((name) => known.add(name));
}
for (const each of document.querySelectorAll("article mi, article .highlight .n"))
  if (known.has(nameOf(each.textContent))) each.dataset.letters = nameOf(each.textContent);

for (const event of ["pointerover", "pointerout"])
  document.addEventListener(event, ({ target }) => {
    const pointed = target.closest?.("[data-letters]");
    for (const name of pointed?.dataset.letters.split(" ") ?? [])
      document.querySelectorAll(`[data-letters~="${CSS.escape(name)}"]`).forEach((each) => each.classList.toggle("glow", event === "pointerover"));
  });

if (!("MathMLElement" in window)) import("./formulas.js");

// On paper, what is folded stands open.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("article details:not([open])")];
  for (const fold of folded) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of folded) fold.open = false;
});
