/* Forms that a key signs: data-passkey says which ceremony, data-options where it is asked; the answer goes with the form. */
"use strict";
(function () {
  const CEREMONIES = {
    get: async (options, signal) => navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), signal }),
    create: async (options, signal) => navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options), signal }),
  };

  async function asked(url, body) {
    const answer = await fetch(url, { method: "POST", body, credentials: "include", headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(told.detail), { told: true });
    return told;
  }

  function show(form, sentence) {
    const place = form.querySelector("[data-fault]");
    place.querySelector("p").textContent = sentence;
    place.hidden = false;
    place.focus();
  }

  /* The answer of the key (or, in the made world, of the button that stands for one). */
  async function answered(form) {
    // A form that goes elsewhere than to sign-in tells it nothing of what was typed.
    const told = form.dataset.prove ? new URLSearchParams() : new URLSearchParams(new FormData(form));
    const options = await asked(form.dataset.options, told);
    if (options.made) return "made";
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) throw Object.assign(new Error(form.dataset.unable), { told: true });
    const key = await CEREMONIES[form.dataset.passkey](options);
    return JSON.stringify(key.toJSON());
  }

  async function go(form) {
    const answer = await answered(form);
    if (form.dataset.prove) await asked(form.dataset.prove, new URLSearchParams({ answer }));
    else form.elements.answer.value = answer;
    form.submit();
    // A file that is fetched leaves this page where it is.
    if (form.method === "get") form.querySelector("[type=submit]").disabled = false;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.passkey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const button = form.querySelector("[type=submit]");
    if (button.disabled || !form.reportValidity()) return;
    button.disabled = true;
    go(form).catch((error) => {
      button.disabled = false;
      show(form, error.told ? error.message : form.dataset.failed);
    });
  }, true);
})();
