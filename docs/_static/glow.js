// A symbol that is pointed at lights up wherever it stands in the page.

const named = "mi.query, mi.key, mi.value, mi.weight";
for (const event of ["pointerover", "pointerout"])
  document.addEventListener(event, ({ target }) => {
    const symbol = target.closest?.(named);
    if (symbol) document.querySelectorAll(`mi.${symbol.className.split(" ")[0]}`).forEach((each) => each.classList.toggle("glow", event === "pointerover"));
  });
