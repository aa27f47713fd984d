// Python in a thread of its own: the page never waits for it. Messages in: {id, do, ...}; out: {id, type, ...}, last {id, type: "done"}.

let python; // what is loaded once: Pyodide, and the functions of page.py

async function start({ pyodide, course, files, id }) {
  const say = (step) => postMessage({ id, type: "step", step });
  say("Python, NumPy and Matplotlib");
  const zip = fetch(course).then((answer) => {
    if (!answer.ok) throw new Error(`${course}: ${answer.status}`);
    return answer.arrayBuffer();
  });
  const { loadPyodide } = await import(`${pyodide}pyodide.mjs`);
  const py = await loadPyodide({ indexURL: pyodide, packages: ["numpy", "matplotlib"] });
  say("the course");
  py.unpackArchive(await zip, "zip", { extractDir: "/course" });
  for (const [path, address] of Object.entries(files)) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    py.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    py.FS.writeFile(path, new Uint8Array(await answer.arrayBuffer()));
  }
  py.registerJsModule("to_page", { send: (text) => postMessage({ id: current, ...JSON.parse(text) }) });
  const code = py.FS.readFile("/course/pages/page.py", { encoding: "utf8" });
  const module = py.globals.get("dict")();
  py.runPython(code, { globals: module, filename: "/course/pages/page.py" });
  return { py, module };
}

let current = 0;

onmessage = async ({ data }) => {
  current = data.id;
  try {
    python ??= await start(data);
    if (data.interrupt) python.py.setInterruptBuffer(data.interrupt);
    const answer = python.module.get("answer");
    postMessage({ id: data.id, type: "done", result: JSON.parse(answer(JSON.stringify(data.ask))) });
  } catch (error) {
    const kind = python ? "failed" : "unreachable";
    postMessage({ id: data.id, type: kind, message: String(error.message ?? error) });
  }
};
