// The first screen: what it needs at once. All that a report needs comes while the person reads and types.
import { asked, by, show, tell } from "./page.mjs";

// The browser takes each part only as the page names it.
function fetchAhead() {
  for (const { content, dataset } of document.querySelectorAll('meta[name="module"]')) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "modulepreload", href: content, integrity: dataset.integrity });
    document.head.append(link);
  }
}

let flow;
const ready = () => {
  flow ??= import("./send.mjs");
  return flow;
};

// The address in the bar is replaced: the button "back" finds nothing of this site.
for (const link of document.querySelectorAll("[data-replace]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    location.replace(link.href);
  });
}
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  by("content").focus();
});

by("begin").addEventListener("click", () => {
  show("danger");
  ready();
});
by("danger-yes").addEventListener("click", () => show("emergency"));
by("danger-no").addEventListener("click", async () => (await ready()).report());
by("come-back").addEventListener("click", async () => (await ready()).comeBack());

async function start() {
  try {
    const told = await asked("/cles");
    by(told.areas.some(([, , keys]) => keys.length) ? "choice" : "closed").hidden = false;
    fetchAhead();
    (await ready()).open(told);
  } catch {
    by("stopped").hidden = false;
    tell("stopped", document.querySelector('[data-of="lost"]').textContent);
  }
}
start();
