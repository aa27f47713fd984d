// A symbol that is pointed at lights up wherever it stands in the page.

// Two landmarks of the theme get names of their own.
document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "pages of the site");
document.querySelector(".toc-drawer")?.setAttribute("aria-label", "sections of this page");

const named = "mi.query, mi.key, mi.value, mi.weight";
for (const event of ["pointerover", "pointerout"])
  document.addEventListener(event, ({ target }) => {
    const symbol = target.closest?.(named);
    if (symbol) document.querySelectorAll(`mi.${symbol.className.split(" ")[0]}`).forEach((each) => each.classList.toggle("glow", event === "pointerover"));
  });
