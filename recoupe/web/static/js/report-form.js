/* The report form: selectors proposed from the text while it is typed; the author ticks those that he confirms.
   <form data-report-form data-proposals="/url" data-source="id of the text area" data-target="id of the box" data-name="selector">
   The address takes {"text": "…"} by POST and answers {"mentions": [{kind, kind_label, raw, value, warning, known}], "notice"};
   the box carries data-title and data-none. A ticked chip sends name=kind:value, and each chip shown sends offered=kind:value, so
   that the server knows what the author saw and left. Without script the server proposes at the review.
   Nothing is ever kept in the browser's storage: leaving with unsent words is asked instead. */
"use strict";
(function () {
  const WAIT_MS = 450;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  function chip(mention, name, ticked) {
    const item = element("li");
    const label = element("label", `chip chip--check${mention.warning ? " chip--warn" : ""}`);
    const box = element("input");
    box.type = "checkbox";
    box.name = name;
    box.value = `${mention.kind}:${mention.value}`;
    box.checked = ticked.has(box.value);
    label.append(box, element("span", "chip__kind", mention.kind_label), element("span", "chip__value", mention.raw || mention.value));
    if (mention.warning) label.append(element("span", "chip__warning", mention.warning));
    if (mention.known) label.append(element("span", "chip__known", mention.known));
    const offered = element("input");
    offered.type = "hidden";
    offered.name = "offered";
    offered.value = box.value;
    item.append(label, offered);
    return item;
  }

  class Proposals {
    constructor(form) {
      this.form = form;
      this.text = document.getElementById(form.dataset.source);
      this.box = document.getElementById(form.dataset.target);
      this.shown = "";
      this.timer = 0;
      if (!this.text || !this.box || !form.dataset.proposals) return;
      this.text.addEventListener("input", () => {
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(() => this.ask(), WAIT_MS);
      });
      if (this.text.value.trim()) this.ask();
    }

    async ask() {
      this.pending?.abort();
      this.pending = new AbortController();
      const token = this.form.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
      try {
        const response = await fetch(this.form.dataset.proposals, {
          method: "POST", credentials: "same-origin", signal: this.pending.signal, body: JSON.stringify({ text: this.text.value }),
          headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
        });
        /* A refusal leaves the chips as they are: the server checks the text again at the review. */
        if (response.ok) this.show(await response.json());
        else if (response.status === 401) document.dispatchEvent(new CustomEvent("recoupe:refused", { detail: 401 }));
      } catch (error) {
        if (error.name !== "AbortError") this.box.dataset.failed = "yes";
      }
    }

    show({ mentions, notice }) {
      const seen = JSON.stringify([mentions, notice]);
      if (seen === this.shown) return;
      this.shown = seen;
      const ticked = new Set(Array.from(this.box.querySelectorAll("input:checked"), (input) => input.value));
      const list = element("ul", "chips");
      list.append(...mentions.map((mention) => chip(mention, this.form.dataset.name || "selector", ticked)));
      const words = mentions.length ? this.box.dataset.title : this.box.dataset.none;
      this.box.replaceChildren(element("p", "proposals__title", words || ""), ...(mentions.length ? [list] : []), ...(notice ? [element("p", "proposals__notice", notice)] : []));
    }
  }

  function warnBeforeLosing(form) {
    let unsent = false;
    form.addEventListener("input", () => { unsent = true; });
    form.addEventListener("submit", () => { unsent = false; });
    window.addEventListener("beforeunload", (event) => { if (unsent) event.preventDefault(); });
  }

  document.querySelectorAll("form[data-report-form]").forEach((form) => {
    new Proposals(form);
    warnBeforeLosing(form);
  });
})();
