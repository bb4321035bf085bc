// What every part of the page needs: its elements, its sentences, one thing shown at a time.
export const by = (id) => document.getElementById(id);
export const base = document.documentElement.lang === "fr" ? "/" : `/${document.documentElement.lang}/`;

const SHOWN = ["closed", "choice", "danger", "emergency", "report", "receipt", "finished", "return", "thread"];

// Show one part, and stand at its heading so that it is read out.
export function show(id) {
  for (const other of SHOWN) by(other).hidden = other !== id;
  by("intro").hidden = true;
  by("strip").hidden = id === "emergency";
  const heading = by(`${id}-title`) ?? by(id);
  heading.tabIndex = -1;
  heading.focus({ preventScroll: false });
}

export function say(name, told = {}) {
  const found = document.querySelector(`#sentences [data-of="${name}"]`);
  return (found?.textContent ?? name).replace(/%\((\w+)\)s/g, (_, key) => told[key] ?? "");
}

export const tell = (id, text) => {
  by(id).textContent = text;
};

export function made(tag, told = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(told)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...inside);
  return element;
}

const quiet = { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" };

export async function asked(address) {
  const answer = await fetch(address, quiet);
  if (!answer.ok) throw new TypeError(address);
  return answer.json();
}
