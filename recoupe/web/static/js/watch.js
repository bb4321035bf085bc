/* The watch desk: a clock by the server's time, the time left of each danger, and a warning when no answer comes any more. */
"use strict";
(function () {
  const STALE_MS = 45000;
  let ahead = 0;
  let answered = Date.now();

  function read() {
    const state = document.querySelector("[data-watch]");
    if (!state) return;
    ahead = Number(state.dataset.now) * 1000 - Date.now();
    answered = Date.now();
    tick();
  }

  const two = (n) => String(n).padStart(2, "0");

  function left(seconds) {
    if (seconds <= 0) return "0:00:00";
    const days = Math.floor(seconds / 86400);
    const clock = `${Math.floor(seconds / 3600) % 24}:${two(Math.floor(seconds / 60) % 60)}:${two(Math.floor(seconds) % 60)}`;
    return days ? `${days} j ${clock}` : clock;
  }

  function tick() {
    const now = Date.now() + ahead;
    const shown = new Date(now);
    document.querySelectorAll("[data-clock]").forEach((clock) => {
      clock.textContent = shown.toLocaleTimeString("fr-FR", { timeZone: "Europe/Paris" });
    });
    document.querySelectorAll("[data-until]").forEach((until) => {
      until.textContent = left((Number(until.dataset.until) * 1000 - now) / 1000);
    });
    const stale = document.querySelector("[data-watch-stale]");
    if (stale) stale.hidden = Date.now() - answered < STALE_MS;
  }

  document.addEventListener("htmx:afterSwap", read);
  document.addEventListener("DOMContentLoaded", read);
  window.setInterval(tick, 1000);
})();
