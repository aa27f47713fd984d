// What the reader wrote and reached, kept by the browser, which may allow a page to keep nothing or have no room left.

const PREFIX = "course/";

/** What the reader wrote: texts by the names of the exercise files. */
export function storedFiles() {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX) && key.endsWith(".py"));
    return Object.fromEntries(keys.map((key) => [key.slice(PREFIX.length), localStorage.getItem(key)]));
  } catch {
    return {};
  }
}

/** An object. */
export function stored(key, otherwise = {}) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keep a text or an object; null forgets it. Returns whether the browser did so. */
export function store(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, typeof value === "string" ? value : JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** call: told the key of what another tab stored. */
export function onStored(call) {
  addEventListener("storage", ({ key }) => key?.startsWith(PREFIX) && call(key.slice(PREFIX.length)));
}
