// Making elements. Strings become text nodes, so nothing that was typed can become markup.

/** An element: `make("button", { class: "x", onclick }, "words", child)`. */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

/** Wait, but not longer than `signal` lives; resolves in both cases. */
export function pause(ms, signal) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}

/** What the browser keeps between visits; a browser that forbids it only forgets more. */
export const memory = {
  read(name, fallback) {
    try {
      return JSON.parse(localStorage.getItem(`bukuhutang.${name}`)) ?? fallback;
    } catch {
      return fallback;
    }
  },
  write(name, value) {
    try {
      localStorage.setItem(`bukuhutang.${name}`, JSON.stringify(value));
    } catch {
      // Full or forbidden: nothing here is worth an error.
    }
  },
};
