// Sending and coming back. Each is two exchanges of the same size, so that the line shows neither which nor why.
import { burnThread, deposit, fetchThread } from "./exchange.mjs";
import { cleared, filled, form, open as openForm } from "./form.mjs";
import { by, base, made, say, show, tell } from "./page.mjs";
import { drawReceipt, keysOf, readReceipt, Refusal, sealLetter, unsealAnswer, wordsOf } from "../sealing/sealing.mjs";

const LIST = new URL("../sealing/words.txt", import.meta.url).href;
const quiet = { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" };
let list;
// The receipt of the thread that is written to or read; nothing of it outlives the page.
let seed = null;
let returned = false;
// A letter whose sending was cut: the same bytes again are one letter.
let waiting = null;

async function words() {
  list ??= (await (await fetch(LIST, quiet)).text()).trim().split("\n");
  return list;
}

const progress = (done) => tell("progress", say("work", { done }));
const how = { base, tell: progress };

export function open(told) {
  openForm(told);
  words();
}

export function report() {
  show("report");
}

export function comeBack() {
  show("return");
  // What a first visit asks for as well; all departments have one size.
  fetch(`/lieux/${by("area").options[1].value}`, quiet).catch(() => {});
}

function forget() {
  seed = null;
  returned = false;
  waiting = null;
  by("words").replaceChildren();
  by("typed").value = "";
  by("answers").replaceChildren();
  cleared();
}

function finish(name) {
  forget();
  tell("finished-text", say(name));
  show("finished");
}

// What went wrong, in words; whatever is not ours to explain is a line that was cut.
function sentence(error) {
  if (error instanceof Refusal) return say(error.code, error.params);
  return typeof crypto.subtle === "undefined" ? say("old") : say("lost");
}

async function busy(button, errors, work) {
  tell(errors, "");
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    tell(errors, error.said ?? sentence(error));
    by(errors).scrollIntoView({ block: "nearest" });
  } finally {
    button.disabled = false;
    tell("progress", "");
  }
}

const said = (sentence) => Object.assign(new Error(sentence), { said: sentence });

// A letter that was changed since is another one; the same is sent again as it was.
async function toSend() {
  const { content, area, keys } = await filled(returned ? "addition" : "report");
  const told = JSON.stringify([area, [...content]]);
  if (waiting?.told === told) return waiting;
  tell("progress", say("sealing"));
  const drawn = seed ?? drawReceipt();
  const { place, fetchKey } = await keysOf(drawn);
  waiting = { told, drawn, fetchKey, letter: await sealLetter(content, { place, area, keys }) };
  return waiting;
}

async function send() {
  const { drawn, fetchKey, letter } = await toSend();
  const sent = await deposit(letter, how);
  if (sent.outcome !== "done") throw said(sent.sentence);
  // Asked for at once, as one who comes back does: the sender knows that it is there, the line learns nothing.
  const kept = await fetchThread(fetchKey, how);
  if (kept.outcome === "done" && !kept.letters) throw said(say("not-kept"));
  waiting = null;
  cleared();
  if (returned) return showThread(kept, await keysOf(drawn), say("added"));
  seed = drawn;
  by("words").replaceChildren(...(await wordsOf(drawn, await words())).map((word) => made("li", {}, word)));
  return show("receipt");
}

async function opened(answers, { place, threadKey }) {
  const found = [];
  for (const answer of answers) {
    try {
      const told = JSON.parse(new TextDecoder().decode(await unsealAnswer(answer, { place, privateKey: threadKey })));
      if (told.v === 1) found.push(told);
    } catch {
      // Random filling, where there are fewer than three.
    }
  }
  return found.sort((one, other) => other.on.localeCompare(one.on));
}

function shownAnswer({ state, on, text }) {
  const day = new Date(`${on}T12:00:00`).toLocaleDateString(document.documentElement.lang === "fr" ? "fr-FR" : "en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  const heading = made("h3", {}, `${say(`state-${state}`)} `, made("time", { class: "day", datetime: on }, day));
  return made("article", { class: "answer" }, heading, ...(text ? [made("p", {}, text)] : []));
}

async function showThread({ letters, answers }, keys, before = "") {
  const found = await opened(answers, keys);
  tell("kept", [before, say("kept", { count: letters })].filter(Boolean).join(" "));
  by("answers").replaceChildren(...(found.length ? found.map(shownAnswer) : [made("p", {}, say("unanswered"))]));
  by("burn-sure").hidden = true;
  show("thread");
}

async function read() {
  const given = await readReceipt(by("typed").value, await words());
  const keys = await keysOf(given);
  const told = await fetchThread(keys.fetchKey, how);
  if (told.outcome !== "done") throw said(told.sentence);
  // A second one, as after a letter: two exchanges, whatever was meant.
  const again = await fetchThread(keys.fetchKey, how);
  const shown = again.outcome === "done" ? again : told;
  if (!shown.letters && !(await opened(shown.answers, keys)).length) throw said(say("nothing"));
  seed = given;
  returned = true;
  by("typed").value = "";
  await showThread(shown, keys);
}

async function burn() {
  const { fetchKey } = await keysOf(seed);
  const burnt = await burnThread(fetchKey, how);
  if (burnt.outcome !== "done") throw said(burnt.sentence);
  const left = await fetchThread(fetchKey, how);
  if (left.outcome !== "done" || left.letters) throw said(say("lost"));
  finish("burnt");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  busy(by("send"), "report-error", send);
});
by("return").addEventListener("submit", (event) => {
  event.preventDefault();
  busy(by("read"), "typed-error", read);
});
by("noted").addEventListener("click", () => finish("come-later"));
by("add").addEventListener("click", () => {
  show("report");
  tell("progress", say("adding"));
});
by("burn").addEventListener("click", () => {
  by("burn-sure").hidden = false;
  by("burn-sure").focus();
});
by("burn-no").addEventListener("click", () => {
  by("burn-sure").hidden = true;
  by("burn").focus();
});
by("burn-yes").addEventListener("click", () => busy(by("burn-yes"), "thread-error", burn));
