// The state of Play in the address: #reader=2&off=1&words=3.0&heads=1; typed titles as click=... and show=...

const LISTS = ["off", "heads"];

/** The state that an address holds; what it does not say, or says wrongly, is as at the beginning. */
export function read(hash, readers) {
  const found = new URLSearchParams(hash.replace(/^#/, ""));
  const number = (name, below) => (/^\d+$/.test(found.get(name)) && Number(found.get(name)) < below ? Number(found.get(name)) : null);
  const reader = number("reader", readers.length) ?? 0;
  const clicks = found.has("click") ? found.getAll("click").filter(Boolean) : null;
  const candidates = found.getAll("show").filter(Boolean).length ? found.getAll("show").filter(Boolean) : null;
  const [N, C] = [(clicks ?? readers[reader].clicks).length, (candidates ?? readers[reader].candidates).length];
  const list = (name, below) => (found.get(name) ?? "").split(",").filter((each) => /^\d+$/.test(each) && Number(each) < below).map(Number);
  const words = (found.get("words") ?? "").split(",").filter((each) => /^\d+\.\d+$/.test(each)).map((each) => each.split(".").map(Number)).filter(([at]) => at < N + C);
  return { reader, clicks, candidates, off: list("off", N), words, heads: list("heads", 64), chosen: number("chosen", C), looked: number("looked", N + C), head: number("head", 64) ?? 0 };
}

/** The shortest address of a state. */
export function write(state) {
  const found = new URLSearchParams();
  if (state.reader) found.set("reader", state.reader);
  if (state.clicks) (state.clicks.length ? state.clicks : [""]).forEach((title) => found.append("click", title));
  if (state.candidates) state.candidates.forEach((title) => found.append("show", title));
  for (const name of LISTS) if (state[name].length) found.set(name, state[name].join(","));
  if (state.words.length) found.set("words", state.words.map((pair) => pair.join(".")).join(","));
  for (const name of ["chosen", "looked"]) if (state[name] !== null) found.set(name, state[name]);
  if (state.head) found.set("head", state.head);
  return found.toString();
}
