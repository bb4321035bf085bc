/* Every staff page: keyboard shortcuts, confirmation dialogs, errors of partial requests. No page needs it to work. */
"use strict";
(function () {
  const typing = (target) => target.closest("input, textarea, select, [contenteditable], dialog");
  const dialog = (id) => document.getElementById(id);
  let waitingForLetter = 0;

  function go(letter) {
    const link = Array.from(document.querySelectorAll(".nav__link[data-key]")).find((a) => a.dataset.key === letter);
    if (link) window.location.assign(link.href);
    return Boolean(link);
  }

  function focusSearch() {
    const box = Array.from(document.querySelectorAll("[data-search], #menu-search")).find((input) => input.offsetParent);
    if (box) return box.focus();
    const menu = document.querySelector("details.menu");
    if (menu) { menu.open = true; dialog("menu-search")?.focus(); }
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("details.menu[open]")?.removeAttribute("open");
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const letter = event.key.toLowerCase();
    if (Date.now() - waitingForLetter < 1500) {
      waitingForLetter = 0;
      if (go(letter)) event.preventDefault();
    } else if (letter === "g") {
      waitingForLetter = Date.now();
    } else if (letter === "/") {
      event.preventDefault();
      focusSearch();
    } else if (letter === "?") {
      event.preventDefault();
      dialog("shortcuts")?.showModal();
    }
  });

  /* A form or button that says data-confirm="sentence" asks before it sends. */
  document.addEventListener("submit", (event) => {
    const asker = event.submitter?.dataset.confirm ? event.submitter : event.target;
    const box = dialog("confirm");
    if (!asker.dataset.confirm || !box || event.target.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    box.querySelector("[data-sentence]").textContent = asker.dataset.confirm;
    box.returnValue = "no";
    box.addEventListener("close", () => {
      if (box.returnValue !== "yes") return;
      event.target.dataset.confirmed = "yes";
      event.target.requestSubmit(event.submitter || undefined);
      delete event.target.dataset.confirmed;
    }, { once: true });
    box.showModal();
  }, true);

  /* Two clicks send one form. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog" || event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    if (form.matches("[hx-post], [hx-get]")) return;
    form.dataset.sent = "yes";
    window.setTimeout(() => delete form.dataset.sent, 4000);
  });

  const SENTENCES = { 401: "session", 403: "refused", 404: "absent", 409: "conflict" };

  /* The front page sends to sign in; in another tab, so that what is typed here stays. */
  function signIn(label) {
    const link = document.createElement("a");
    link.href = "/";
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = label;
    return link;
  }

  function say(key) {
    const region = dialog("flash");
    if (!region) return;
    const alert = document.createElement("div");
    alert.className = "alert alert--bad";
    const text = document.createElement("p");
    text.className = "alert__body";
    text.textContent = region.dataset[key];
    alert.append(text);
    if (key === "session") text.append(" ", signIn(region.dataset.signin));
    region.replaceChildren(alert);
    /* An ended session stays said: what is typed from then on could not be sent. */
    if (key !== "session") window.setTimeout(() => alert.remove(), 12000);
  }

  document.addEventListener("htmx:responseError", (event) => say(SENTENCES[event.detail.xhr.status] || "failed"));
  document.addEventListener("recoupe:refused", (event) => say(SENTENCES[event.detail] || "failed"));
  document.addEventListener("htmx:sendError", () => say("offline"));

  /* htmx notes the address, with the words searched, in the browser's storage as soon as it loads. */
  try { sessionStorage.removeItem("htmx-current-path-for-history"); } catch { /* storage is closed: nothing was noted */ }

  document.addEventListener("DOMContentLoaded", () => document.querySelector("[data-focus]")?.focus());
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => delete f.dataset.sent));
})();
