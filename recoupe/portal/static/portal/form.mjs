// The form: where, when, what, who is seen; what is sealed of it, and the words that may speak of the one who writes.
import { asked, by, made, say, tell } from "./page.mjs";
import { bare, joined, Refusal } from "../sealing/sealing.mjs";

// Short, and said to be: what it does not see is not told to be safe. Without accents, whole words.
const OF_ONESELF =
  /^(?:je|j|moi|me|m|mon|ma|mes|mien|mienne|miens|nous|notre|nos|i|im|ive|my|mine|me|myself|we|our|ours|us)$/;
const OF_ONES_HOME =
  /^(?:etages?|rdc|rez|palier|balcon|fenetres?|appart|appartement|escalier|ascenseur|digicode|interphone|voisins?|voisine|voisines|logement|chien|mari|femme|fils|fille|enfants?|floors?|balcony|windows?|flat|apartment|stairwell|landing|neighbou?rs?|dog|husband|wife|son|daughter|kids?)$/;

export function speakingOfOneself(text) {
  const words = text.normalize("NFC").match(/[\p{L}\p{M}\d]+/gu) ?? [];
  const found = words.filter((word) => OF_ONESELF.test(bare(word)) || OF_ONES_HOME.test(bare(word)));
  return [...new Set(found.map((word) => word.toLowerCase()))];
}

const decoded = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const state = { keys: [], areas: new Map(), ground: null, point: null, photos: async () => [] };
export const form = by("report");

// `told`: what /cles answers.
export function open(told) {
  state.keys = told.keys.map(decoded);
  state.areas = new Map(told.areas.map(([code, name, slots]) => [code, { name, slots }]));
  by("area").append(...told.areas.map(([code, name]) => made("option", { value: code }, `${code} ${name}`)));
}

function unpacked(told, area) {
  const communes = told.communes.split("\n").map((line) => {
    const [end, name, postal, x, y, across] = line.split("\t");
    return { code: area + end, name, postal, x: x && Number(x), y: y && Number(y), across };
  });
  return { ...told, area, communes };
}

async function chosenArea() {
  const area = by("area").value;
  tell("area-error", area && !cell(area) ? say("closed-area") : "");
  Object.assign(state, { ground: null, point: null });
  document.dispatchEvent(new CustomEvent("ground", { detail: null }));
  by("communes").replaceChildren();
  readers();
  if (!area) return;
  const ground = unpacked(await asked(`/lieux/${area}`), area);
  if (by("area").value !== area) return;
  state.ground = ground;
  by("communes").append(...ground.communes.map(({ name, postal }) => made("option", { value: name, label: postal })));
  document.dispatchEvent(new CustomEvent("ground", { detail: ground }));
}

// By its name, without accents and case, or by its postal code where one commune alone has it.
export function commune() {
  const typed = bare(by("commune").value.trim());
  if (!typed || !state.ground) return null;
  const named = state.ground.communes.filter(({ name }) => bare(name) === typed);
  const found = named.length ? named : state.ground.communes.filter(({ postal }) => postal === typed);
  return found.length === 1 ? found[0] : null;
}

const cell = (area) => state.keys[state.areas.get(area)?.slots[0]] ?? null;

// Four slots: the cell, at a border its neighbour's, the antenna, the office.
function addressees(area, across) {
  const [own, , antenna, office] = state.areas.get(area).slots.map((at) => state.keys[at] ?? null);
  const neighbour = across ? cell(across) : null;
  return [own, neighbour === own ? null : neighbour, antenna, office];
}

function readers() {
  const area = by("area").value;
  const across = commune()?.across;
  if (!area || !cell(area)) return tell("readers-here", "");
  const [own, neighbour, antenna, office] = addressees(area, across);
  const told = [say("cell-of", { name: state.areas.get(area).name })];
  if (own && neighbour) told.push(say("cell-across", { name: state.areas.get(across).name }));
  if (antenna || office) told.push(say("above"));
  return tell("readers-here", say("readers", { cells: told.join(", ") }));
}

function marks() {
  const found = speakingOfOneself(`${by("text").value} ${by("place").value}`);
  const shown = found.map((word) => `« ${word} »`).join(", ");
  tell("marked", found.length ? say("marked", { words: shown }) : "");
}

const ticked = (name) => [...form.querySelectorAll(`[name="${name}"]:checked`)].map(({ value }) => value);

function refuse(id, name) {
  tell(`${id}-error`, say(name));
  by(id).focus();
  throw new Refusal(name);
}

function head(kind) {
  const place = commune();
  const told = {
    v: 1,
    area: by("area").value,
    kind,
    commune: place ? `${place.name} (${place.code})` : by("commune").value.trim(),
    place: by("place").value.trim(),
    point: state.point,
    uncertainty_m: Number(by("uncertainty").value) || null,
    days: ticked("days"),
    hours: ticked("hours"),
    since: by("since").value,
    what: ticked("what"),
    roles: ticked("roles"),
    text: by("text").value.trim(),
  };
  return Object.fromEntries(Object.entries(told).filter(([, said]) => said !== null && said.length !== 0));
}

// The twin of recoupe/sealing/report.py: a head and photos, each behind its length.
export function written(told, photos) {
  const parts = [new TextEncoder().encode(JSON.stringify(told)), ...photos];
  return joined(
    ...parts.flatMap((part) => {
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, part.length);
      return [length, part];
    }),
  );
}

// What is to be sealed, and to whom; a refusal stands beside its field.
export async function filled(kind) {
  for (const id of ["area-error", "commune-error", "report-error"]) tell(id, "");
  const area = by("area").value;
  if (!area) refuse("area", "no-area");
  if (!cell(area)) refuse("area", "closed-area");
  if (by("commune").value.trim() && !commune()) refuse("commune", "no-commune");
  const told = head(kind);
  if (!told.text && !told.what && !told.place) {
    tell("report-error", say("empty"));
    by("text").focus();
    throw new Refusal("empty");
  }
  return { content: written(told, await state.photos()), area, keys: addressees(area, commune()?.across) };
}

export function cleared() {
  form.reset();
  Object.assign(state, { ground: null, point: null, photos: async () => [] });
  by("communes").replaceChildren();
  tell("readers-here", "");
  for (const id of ["marked", "area-error", "commune-error", "report-error"]) tell(id, "");
  document.dispatchEvent(new CustomEvent("cleared"));
}

async function loadMap() {
  if (!state.ground) return tell("area-error", say("map-area"));
  const map = await import("./map.mjs");
  map.open(state.ground, commune(), (point) => {
    state.point = point;
  });
  return by("map-open").setAttribute("aria-expanded", "true");
}

async function loadPhotos() {
  const photos = await import("./photo.mjs");
  state.photos = photos.open();
  by("photo-open").setAttribute("aria-expanded", "true");
}

by("area").addEventListener("change", () => chosenArea().catch(() => tell("area-error", say("lost"))));
by("commune").addEventListener("change", readers);
by("text").addEventListener("input", marks);
by("place").addEventListener("input", marks);
by("map-open").addEventListener("click", loadMap);
by("photo-open").addEventListener("click", loadPhotos);
