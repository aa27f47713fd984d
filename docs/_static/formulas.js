// For a browser that sets no formulas: each becomes a line of text.

const group = (text) => (/^[\p{L}\p{N}.]*$/u.test(text) ? text : `(${text})`);

/** A formula in MathML as text: "α_(i,j) = exp(a) / (…)". */
function asText(node) {
  const parts = [...node.children].map(asText);
  const [first, second, third] = parts;
  switch (node.localName) {
    case "mfrac": return `${group(first)} / ${group(second)}`;
    case "msqrt": return `√(${parts.join("")})`;
    case "mroot": return `${group(first)}^(1 / ${second})`;
    case "msub": case "munder": return `${first}_${group(second)}`;
    case "msup": return `${first}^${group(second)}`;
    case "mover": return second === "^" ? `${first}\u0302` : `${first}^${group(second)}`;
    case "msubsup": case "munderover": return `${first}_${group(second)}^${group(third)}${node.localName === "munderover" ? " " : ""}`;
    case "mtable": return parts.join("\n");
    case "mspace": return " ";
    case "mo": return /^\u2061?$/.test(node.textContent.trim()) ? "" : /^[=+−\-∗⋅·≈≤≥⇒→]$/u.test(node.textContent.trim()) ? ` ${node.textContent.trim()} ` : node.textContent.trim();
    default: return parts.length ? parts.join("") : node.textContent.trim();
  }
}

const formulas = [...document.querySelectorAll("math")];
for (const formula of formulas) {
  const text = Object.assign(document.createElement("span"), { className: "formula-text", textContent: asText(formula) });
  formula.replaceWith(text);
}
if (formulas.length) {
  const note = "This browser sets no formulas; they stand here as lines of text.";
  document.querySelector("article h1")?.after(Object.assign(document.createElement("p"), { className: "note", textContent: note }));
}
