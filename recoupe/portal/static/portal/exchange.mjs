// One exchange with this site (recoupe/portal/exchange.py): one address, one size each way, whatever is asked.
import { ANSWER, joined, solveWork, SIZES } from "../sealing/sealing.mjs";

export const OUTCOMES = ["done", "not-understood", "work-again", "closed", "busy"];
const [DEPOSIT, FETCH, BURN] = [1, 2, 3];
const SENTENCE = 254;
const ANSWERED = 2 + SENTENCE + 3 * ANSWER;
const TRIES = 3;
const WORKER = new URL("./worker.mjs", import.meta.url).href;

async function bytesOf(response) {
  if (!response.ok) throw new TypeError("not an answer of this site");
  return new Uint8Array(await response.arrayBuffer());
}

// The page's one policy lets this address through, and no other.
function asScript(address) {
  const made = window.trustedTypes?.createPolicy;
  if (!made) return address;
  asScript.policy ??= window.trustedTypes.createPolicy("default", { createScriptURL: (url) => (url === WORKER ? url : null) });
  return asScript.policy.createScriptURL(address);
}

// Beside the page where the browser can, in it where it cannot.
function solved(puzzle, tell) {
  let worker;
  try {
    worker = new Worker(asScript(WORKER), { type: "module" });
  } catch {
    return solveWork(puzzle, tell);
  }
  return new Promise((resolve) => {
    const here = () => resolve(solveWork(puzzle, tell));
    worker.onerror = here;
    worker.onmessage = ({ data }) => {
      if (data.done) tell(data.done);
      if (data.solution) resolve(data.solution);
      if (data.failed) here();
    };
    worker.postMessage(puzzle);
  }).finally(() => worker.terminate());
}

async function once(base, act, payload, tell) {
  const quiet = { cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" };
  const puzzle = await bytesOf(await fetch(`${base}calcul`, quiet));
  const body = joined(new Uint8Array([act]), puzzle, await solved(puzzle, tell), payload);
  const headers = { "Content-Type": "application/octet-stream" };
  const answer = await bytesOf(await fetch(`${base}pli`, { ...quiet, method: "POST", headers, body }));
  if (answer.length !== ANSWERED) throw new TypeError("not an answer of this site");
  const answers = [0, 1, 2].map((n) => answer.slice(2 + SENTENCE + n * ANSWER, 2 + SENTENCE + (n + 1) * ANSWER));
  const sentence = new TextDecoder().decode(answer.slice(2, 2 + SENTENCE)).trim();
  return { outcome: OUTCOMES[answer[0]], letters: answer[1], sentence, answers };
}

// Work that came too late is done again; the same letter sent twice is one letter.
async function ask(base, act, payload, tell = () => {}) {
  let told;
  for (let tried = 0; tried < TRIES; tried += 1) {
    told = await once(base, act, payload, tell);
    if (told.outcome !== "work-again") break;
  }
  return told;
}

function padded(fetchKey) {
  const payload = new Uint8Array(SIZES[0]);
  crypto.getRandomValues(payload);
  payload.set(fetchKey);
  return payload;
}

// `base`: "/" or "/en/", which gives sentences their language; `tell`: how many of four parts of the work are done.
export const deposit = (letter, { base = "/", tell } = {}) => ask(base, DEPOSIT, letter, tell);
export const fetchThread = (fetchKey, { base = "/", tell } = {}) => ask(base, FETCH, padded(fetchKey), tell);
export const burnThread = (fetchKey, { base = "/", tell } = {}) => ask(base, BURN, padded(fetchKey), tell);
