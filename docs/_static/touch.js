// Figures to touch: a slider, whose positions Python computed.

for (const figure of document.querySelectorAll("figure.touch")) {
  const positions = JSON.parse(figure.querySelector("script").textContent);
  const slider = figure.querySelector("input");
  slider.addEventListener("input", () => {
    const { value, sentence, rows } = positions[slider.value];
    figure.querySelector("output").textContent = value;
    slider.setAttribute("aria-valuetext", value);
    figure.querySelector("p").textContent = sentence;
    [...figure.querySelectorAll("tr")].forEach((row, place) => {
      const [, share, number] = rows[place];
      row.querySelector("span").style.width = `${100 * share}%`;
      row.lastElementChild.textContent = number;
    });
  });
}
