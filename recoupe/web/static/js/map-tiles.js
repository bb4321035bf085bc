/* Points from vector tiles: one by one, by squares, or as heat; the density of departments; the past day.
   data-tiles is the address of the first tile, data-layer what is laid over ("", heat, density), data-states the label and tone of
   each state, data-density the class of each department. No glyphs: numbers of squares are HTML (map.js). */
const CLASSES = [0.12, 0.28, 0.45, 0.62, 0.8];
const everyTile = (first) => new URL(first, window.location.href).href.replace("/0/0/0.", "/{z}/{x}/{y}.");

export function sources(words) {
  if (!words.tiles) return {};
  return { tiles: { type: "vector", tiles: [everyTile(words.tiles)], minzoom: 0, maxzoom: words.layer === "heat" ? 12 : 15 } };
}

export function layers(words, token) {
  if (words.layer === "heat") return [heat(token)];
  const tones = Object.entries(JSON.parse(words.states)).flatMap(([state, { tone }]) => [state, token(tone)]);
  return [
    { id: "squares", type: "circle", source: "tiles", "source-layer": "counts", paint: {
      "circle-color": token("accent"), "circle-opacity": 0.18,
      "circle-radius": ["interpolate", ["linear"], ["get", "n"], 2, 16, 100, 26, 5000, 40] } },
    { id: "points", type: "circle", source: "tiles", "source-layer": "points", paint: {
      "circle-color": ["match", ["get", "state"], ...tones, token("neutral")], "circle-stroke-color": token("surface"), "circle-stroke-width": 1.5,
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 5, 3.5, 10, 6, 14, 9] } },
  ];
}

function heat(token) {
  return { id: "heat", type: "heatmap", source: "tiles", "source-layer": "heat", paint: {
    "heatmap-weight": ["interpolate", ["linear"], ["get", "n"], 0, 0, 40, 1],
    "heatmap-intensity": ["interpolate", ["linear"], ["zoom"], 4, 1.2, 12, 3],
    "heatmap-radius": ["interpolate", ["linear"], ["zoom"], 4, 14, 12, 34],
    "heatmap-opacity": 0.8,
    "heatmap-color": ["interpolate", ["linear"], ["heatmap-density"], 0, "rgba(0,0,0,0)", 0.2, token("info"), 0.5, token("warn"), 1, token("bad")] } };
}

/* Departments coloured by their class: the table beside the map says the same with its interval. */
export function densityLayer(words, token) {
  const classes = Object.entries(JSON.parse(words.density || "{}"));
  if (!classes.length) return [];
  const opacity = ["match", ["get", "code"], ...classes.flatMap(([code, number]) => [code, CLASSES[number]]), 0];
  return [{ id: "density", type: "fill", source: "base0", paint: { "fill-color": token("bad"), "fill-opacity": opacity } }];
}

/* Months from the register's first to this one; the last step is today. */
export class Slider {
  constructor(root, moved) {
    this.bar = document.querySelector("[data-past]");
    if (!this.bar) return;
    const { first, today, on } = this.bar.dataset;
    this.days = months(first, today);
    this.field = document.getElementById("id_on");
    this.said = this.bar.parentElement.querySelector("output");
    this.bar.max = String(this.days.length - 1);
    this.bar.value = String(on ? this.days.findLastIndex((day) => day <= on) : this.days.length - 1);
    this.bar.disabled = false;
    this.bar.closest("[hidden]")?.removeAttribute("hidden");
    this.tell(on || this.day());
    this.bar.addEventListener("input", () => this.tell(this.day()));
    this.bar.addEventListener("change", () => moved(this.last() ? "" : this.day()));
  }

  day() { return this.days[Number(this.bar.value)]; }

  last() { return Number(this.bar.value) === this.days.length - 1; }

  tell(day) {
    const words = day.split("-").reverse().join("/");
    this.said.textContent = words;
    this.bar.setAttribute("aria-valuetext", words);
    if (this.field) this.field.value = this.last() ? "" : words;
  }
}

function months(first, today) {
  const days = [first], [year, month] = first.split("-").map(Number);
  for (let n = 1; ; n += 1) {
    const end = new Date(Date.UTC(year, month - 1 + n, 0)).toISOString().slice(0, 10);
    if (end >= today) break;
    if (end > first) days.push(end);
  }
  return [...days, today];
}
