/* <div class="map" data-source="points.geojson" data-base="departments.geojson communes.geojson">: our own data only.
   No glyph server, no sprite, no tile from outside: labels are HTML, and the list beside the map says the same in words.
   data-center="lon,lat" data-zoom="11" or data-bounds="west,south,east,north" set the view (else it fits the points, else
   the outlines); data-follow asks the source again for each new window (its bbox), where many points come as counts;
   Lines and areas of the source are drawn as they are (a route and its width); their point has the name.
   data-tiles draws the points from vector tiles instead (map-tiles.js), the source then only fills the list and the circles;
   data-pick="id_lon id_lat" lets a click fill two inputs of a form. Sentences come from data attributes (partials/map.html). */
import { Slider, densityLayer, sources as tileSources, layers as tileLayers } from "./map-tiles.js";
import { LngLatBounds, Map as MapView, Marker, NavigationControl, Popup, ScaleControl, setWorkerUrl } from "../vendor/maplibre-gl/maplibre-gl.mjs";

setWorkerUrl(new URL("../vendor/maplibre-gl/maplibre-gl-worker.mjs", import.meta.url).href);

const TONES = ["bad", "warn", "good", "info", "law", "neutral"];
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const METRES_PER_DEGREE = 111320;
const FOLLOW_MS = 250;
const NOTHING = { type: "FeatureCollection", features: [] };

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const byTone = () => ["match", ["get", "tone"], ...TONES.slice(0, -1).flatMap((t) => [t, token(t)]), token("neutral")];

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

async function load(url, signal) {
  const response = await fetch(url, { signal, headers: { Accept: "application/geo+json, application/json" }, credentials: "same-origin" });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}

/* The circle within which the place stands: a point never claims more than it knows. */
function around([lon, lat], metres) {
  const ring = [];
  for (let step = 0; step <= 48; step += 1) {
    const angle = (step / 48) * 2 * Math.PI;
    const dLat = (metres * Math.sin(angle)) / METRES_PER_DEGREE;
    const dLon = (metres * Math.cos(angle)) / (METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180));
    ring.push([lon + dLon, lat + dLat]);
  }
  return [ring];
}

function circles(points) {
  const features = points.features
    .filter((f) => f.geometry?.type === "Point" && f.properties.uncertainty_m > 0)
    .map((f) => ({ type: "Feature", properties: f.properties, geometry: { type: "Polygon", coordinates: around(f.geometry.coordinates, f.properties.uncertainty_m) } }));
  /* What the source draws as an area already (the width of a route). */
  const drawn = points.features.filter((f) => f.geometry?.type.endsWith("Polygon"));
  return { type: "FeatureCollection", features: [...features, ...drawn] };
}

function bounds(collection, into = new LngLatBounds()) {
  const walk = (part) => (typeof part[0] === "number" ? into.extend(part) : part.forEach(walk));
  collection.features.forEach((f) => f.geometry && walk(f.geometry.coordinates));
  return into;
}

function layers(bases, words) {
  const outlines = bases.flatMap((_, i) => [
    ...(i === 0 ? [{ id: "land", type: "fill", source: "base0", paint: { "fill-color": token("map-land") } }] : []),
    { id: `outline${i}`, type: "line", source: `base${i}`, paint: { "line-color": token(i === 0 ? "map-line" : "map-line-soft"), "line-width": i === 0 ? 1.4 : 0.8 } },
  ]);
  /* The finer outlines are drawn under the department's border. */
  outlines.sort((a, b) => (a.id === "land" ? -1 : b.id === "land" ? 1 : b.id.localeCompare(a.id)));
  return [
    { id: "sea", type: "background", paint: { "background-color": token("map-sea") } },
    ...outlines.slice(0, 1), ...densityLayer(words, token), ...outlines.slice(1),
    ...(bases.length ? [{ id: "zones", type: "line", source: "base0", filter: ["has", "zones"], layout: { "line-join": "round" }, paint: { "line-color": token("map-line"), "line-width": ["interpolate", ["linear"], ["zoom"], 5, 2.6, 10, 4], "line-opacity": 0.75 } }] : []),
    { id: "area", type: "fill", source: "circles", paint: { "fill-color": byTone(), "fill-opacity": 0.14 } },
    { id: "area-edge", type: "line", source: "circles", paint: { "line-color": byTone(), "line-width": 1, "line-opacity": 0.6 } },
    { id: "routes", type: "line", source: "points", filter: ["match", ["geometry-type"], "LineString", true, false], layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": byTone(), "line-width": 2.5 } },
    ...(words.tiles ? tileLayers(words, token) : [{ id: "points", type: "circle", source: "points", filter: ["all", ["match", ["geometry-type"], "Point", true, false], ["!", ["has", "count"]]], paint: {
      "circle-color": byTone(), "circle-stroke-color": token("surface"), "circle-stroke-width": 1.5,
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 5, 3.5, 10, 6, 14, 9] } }]),
  ];
}

function style(bases, points, words) {
  const sources = { ...tileSources(words), points: { type: "geojson", data: points }, circles: { type: "geojson", data: circles(points) } };
  bases.forEach((data, i) => { sources[`base${i}`] = { type: "geojson", data, tolerance: 0.2 }; });
  return { version: 8, sources, layers: layers(bases, words) };
}

class MapComponent {
  constructor(root) {
    this.root = root;
    this.words = root.dataset;
    this.status = root.querySelector(".map__status");
    this.list = root.querySelector(".map__list");
    this.items = new Map();
  }

  async start() {
    this.say(this.words.loading);
    const urls = (this.words.base || "").split(/\s+/).filter(Boolean);
    try {
      [this.points, ...this.bases] = await Promise.all([this.words.source ? load(this.words.source) : NOTHING, ...urls.map((url) => load(url))]);
    } catch {
      return this.say(this.words.failed);
    }
    this.fillList();
    this.sum();
    try {
      this.draw();
    } catch {
      this.root.querySelector(".map__side").prepend(this.status);
      this.root.querySelector(".map__frame").hidden = true;
      this.say(this.words.plain);
    }
  }

  say(sentence) { this.status.textContent = sentence; }

  /* What the list cannot say: nothing here, or too much to name. */
  sum() {
    const empty = this.points.features.length || this.words.pick ? "" : this.words.none;
    this.say(this.points.aggregated ? this.words.many : empty);
  }

  draw() {
    const { center, zoom, zoomIn, zoomOut, close } = this.words;
    const chosen = this.chosen();
    const start = chosen ? { center: chosen, zoom: 12 } : center ? { center: center.split(",").map(Number), zoom: Number(zoom || 11) } : this.window() || this.fit();
    this.view = new MapView({
      container: this.root.querySelector(".map__canvas"), style: style(this.bases, this.points, this.words), attributionControl: false,
      /* Kept so that the sheet of the printer shows what the screen does. */
      canvasContextAttributes: { preserveDrawingBuffer: this.root.closest(".map-paper") !== null },
      dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 15, fadeDuration: 0, cooperativeGestures: false, ...start,
      locale: { "NavigationControl.ZoomIn": zoomIn, "NavigationControl.ZoomOut": zoomOut, "Popup.Close": close, "Map.Title": this.root.querySelector(".map__canvas").getAttribute("aria-label") },
    });
    this.view.touchZoomRotate.disableRotation();
    this.view.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.view.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-left");
    this.view.on("click", (event) => this.clicked(event));
    this.view.on("mousemove", "points", () => { this.view.getCanvas().style.cursor = "pointer"; });
    this.view.on("mouseleave", "points", () => { this.view.getCanvas().style.cursor = ""; });
    this.view.once("idle", () => { this.root.dataset.ready = "true"; });
    this.label();
    this.view.on("load", () => this.declutter());
    this.view.on("moveend", () => this.declutter());
    document.querySelectorAll("[data-window]").forEach((button) => button.addEventListener("click", () => this.go(button.dataset.window)));
    this.count();
    this.declutter();
    if (chosen) this.pin(chosen);
    if ("follow" in this.words) this.view.on("moveend", () => this.follow());
    if ("follow" in this.words && chosen) this.follow();
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.view.setStyle(style(this.bases, this.points, this.words)));
    if (this.words.tiles) this.tiled();
  }

  /* Numbers of squares and the past day, where tiles draw the points. */
  tiled() {
    this.view.on("idle", () => { this.count(); this.declutter(); });
    new Slider(this.root, (day) => this.past(day));
    this.view.on("moveend", () => this.framed());
  }

  past(day) {
    const dated = (address) => {
      const [path, query = ""] = address.split("?");
      const asked = new URLSearchParams(query);
      if (day) asked.set("on", day); else asked.delete("on");
      return `${path}?${asked}`;
    };
    this.words.tiles = dated(this.words.tiles);
    this.words.source = dated(this.words.source);
    this.view.getSource("tiles").setTiles(tileSources(this.words).tiles.tiles);
    this.framed();
    this.follow();
  }

  /* The paper shows what the screen does. */
  framed() {
    const link = document.querySelector("[data-print]");
    if (!link) return;
    const url = new URL(link.href);
    const on = new URLSearchParams(this.words.tiles.split("?")[1] || "").get("on");
    if (on) url.searchParams.set("on", on); else url.searchParams.delete("on");
    url.searchParams.set("bbox", this.edges());
    link.href = url;
  }

  edges() {
    const box = this.view.getBounds();
    const edges = [Math.max(-180, box.getWest()), Math.max(-90, box.getSouth()), Math.min(180, box.getEast()), Math.min(90, box.getNorth())];
    return edges.map((edge) => edge.toFixed(4)).join(",");
  }

  window() {
    const [west, south, east, north] = (this.words.bounds || "").split(",").map(Number);
    return north === undefined ? null : { bounds: [west, south, east, north], fitBoundsOptions: { padding: 8 } };
  }

  /* The new window's points; a slow answer never overtakes a later one. */
  follow() {
    window.clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => this.again(), FOLLOW_MS);
  }

  async again() {
    this.pending?.abort();
    this.pending = new AbortController();
    const url = new URL(this.words.source, window.location.href);
    url.searchParams.set("bbox", this.edges());
    try {
      this.points = await load(url, this.pending.signal);
    } catch (error) {
      if (error.name !== "AbortError") this.say(this.words.failed);
      return;
    }
    this.view.getSource("points").setData(this.points);
    this.view.getSource("circles").setData(circles(this.points));
    this.items.clear();
    this.list.replaceChildren();
    this.fillList();
    this.count();
    this.declutter();
    this.sum();
  }

  /* Squares with many points: their number stands on the map and draws nearer when pressed. */
  count() {
    const squares = this.squares();
    const drawn = JSON.stringify(squares.map((f) => [f.geometry.coordinates, f.properties.count]));
    if (drawn === this.counted) return;
    this.counted = drawn;
    this.counts?.forEach((marker) => marker.remove());
    this.counts = squares.map((f) => {
      const button = element("button", "map__count", String(f.properties.count));
      button.type = "button";
      button.setAttribute("aria-label", this.words.count.replace("%(n)s", f.properties.count));
      button.addEventListener("click", () => this.view.jumpTo({ center: f.geometry.coordinates, zoom: this.view.getZoom() + 2 }));
      return new Marker({ element: button }).setLngLat(f.geometry.coordinates).addTo(this.view);
    });
  }

  /* Those of the tiles where they draw the points: in view, each once, and none over the heat. */
  squares() {
    if (!this.words.tiles) return this.points.features.filter((f) => f.properties.count);
    if (this.words.layer === "heat" || !this.view.getSource("tiles") || !this.view.isSourceLoaded("tiles")) return [];
    const box = this.view.getBounds(), once = new Map();
    for (const f of this.view.querySourceFeatures("tiles", { sourceLayer: "counts" })) {
      const at = f.geometry.coordinates;
      if (box.contains(at)) once.set(at.join(), { geometry: { coordinates: at }, properties: { count: f.properties.n } });
    }
    return [...once.values()].sort((a, b) => b.properties.count - a.properties.count).slice(0, 150);
  }

  fit() {
    const box = bounds(this.points.features.length ? this.points : this.bases[0] || NOTHING);
    if (box.isEmpty()) return { center: [2.4, 46.6], zoom: 4.6 };
    return { bounds: box, fitBoundsOptions: { padding: 48, maxZoom: 12 } };
  }

  /* Names of the widest outlines, as HTML over the map; more than a country's departments would only be noise. */
  label() {
    const named = (this.bases[0] || NOTHING).features.filter((f) => f.properties?.name).slice(0, 110);
    this.labels = named.map((f) => {
      const { label_lon: lon, label_lat: lat, name } = f.properties;
      const box = bounds({ features: [f] });
      const tag = element("span", "map__label", name);
      tag.setAttribute("aria-hidden", "true");
      const at = lon === undefined ? box.getCenter() : [lon, lat];
      new Marker({ element: tag }).setLngLat(at).addTo(this.view);
      return { tag, at, width: tag.offsetWidth, height: tag.offsetHeight, size: (box.getEast() - box.getWest()) * (box.getNorth() - box.getSouth()) };
    }).sort((a, b) => b.size - a.size);
  }

  /* Of two names, or a name and a number, that would stand on each other, the wider land's stays; nearer, both do. */
  declutter() {
    const taken = (this.counts || []).map((marker) => this.place(marker.getLngLat(), 34, 34));
    for (const label of this.labels) {
      const box = this.place(label.at, label.width, label.height);
      const free = taken.every((other) => box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom);
      label.tag.classList.toggle("is-crowded", !free);
      if (free) taken.push(box);
    }
  }

  place(at, width, height) {
    const { x, y } = this.view.project(at);
    return { left: x - width / 2 - 2, right: x + width / 2 + 2, top: y - height / 2, bottom: y + height / 2 };
  }

  go(edges) {
    const [west, south, east, north] = edges.split(",").map(Number);
    this.view.fitBounds([west, south, east, north], { padding: 8, animate: !STILL, duration: 600 });
  }

  clicked(event) {
    const [found] = this.view.getLayer("points") ? this.view.queryRenderedFeatures(
      [[event.point.x - 6, event.point.y - 6], [event.point.x + 6, event.point.y + 6]], { layers: ["points"] }) : [];
    if (found) return this.open(found.geometry.coordinates, this.told(found.properties));
    return this.pick(event.lngLat);
  }

  /* What the list says of a point of a tile; its state and its page where the list only counts. */
  told(properties) {
    if (!properties.id) return properties;
    const listed = this.points.features.find((f) => f.id === properties.id);
    if (listed) return listed.properties;
    const { label, tone } = JSON.parse(this.words.states)[properties.state];
    return { name: this.words.point, state_label: label, tone, url: this.words.page.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, properties.id) };
  }

  inputs() { return (this.words.pick || "").split(/\s+/).map((id) => id && document.getElementById(id)); }

  /* Where the form already has its point: shown, and looked at. */
  chosen() {
    const at = this.inputs().map((input) => Number((input?.value || "").replace(",", ".") || NaN));
    return at.length === 2 && Math.abs(at[0]) <= 180 && Math.abs(at[1]) <= 90 ? at : null;
  }

  pin(at) {
    this.picked ||= new Marker({ element: element("span", "map__picked") });
    this.picked.setLngLat(at).addTo(this.view);
  }

  pick({ lng, lat }) {
    const [lon, latitude] = this.inputs();
    if (!lon || !latitude) return;
    lon.value = lng.toFixed(5);
    latitude.value = lat.toFixed(5);
    lon.dispatchEvent(new Event("change", { bubbles: true }));
    latitude.dispatchEvent(new Event("change", { bubbles: true }));
    this.pin([lng, lat]);
  }

  open(at, properties) {
    const box = document.createDocumentFragment();
    box.append(element("p", "map__name", properties.name), this.state(properties));
    if (properties.note) box.append(element("p", "", properties.note));
    if (properties.uncertainty_m) box.append(element("p", "muted", this.precision(properties)));
    if (properties.url) {
      const link = element("a", "", this.words.open);
      link.href = properties.url;
      box.append(link);
    }
    this.popup?.remove();
    this.popup = new Popup({ maxWidth: "18rem", focusAfterOpen: true }).setLngLat(at).setDOMContent(box).addTo(this.view);
    this.mark(properties.url || properties.name);
  }

  state(properties) {
    const tone = TONES.includes(properties.tone) ? properties.tone : "neutral";
    return element("span", `badge badge--${tone}`, properties.state_label);
  }

  precision(properties) { return this.words.around.replace("%(metres)s", properties.uncertainty_m); }

  mark(key) {
    for (const [name, item] of this.items) item.classList.toggle("is-shown", name === key);
    this.items.get(key)?.scrollIntoView({ block: "nearest" });
  }

  show(feature) {
    const at = feature.geometry.coordinates;
    const target = { center: at, zoom: Math.max(this.view.getZoom(), 12) };
    if (STILL) this.view.jumpTo(target); else this.view.easeTo({ ...target, duration: 500 });
    this.open(at, feature.properties);
  }

  /* Counts by square, added up by department: what the map only numbers has a name here, and a way nearer. */
  fillCounts() {
    const lands = new Map();
    for (const f of this.points.features) {
      const { count, land: name } = f.properties;
      if (!count) continue;
      const land = lands.get(name) || { name: name || this.words.sea, total: 0, features: [] };
      land.total += count;
      land.features.push(f);
      lands.set(name, land);
    }
    for (const land of [...lands.values()].sort((a, b) => b.total - a.total)) this.list.append(this.land(land));
  }

  land({ name, total, features }) {
    const line = element("li", "map__item");
    const head = element("div", "map__item-head");
    head.append(element("span", "map__name", name), element("span", "", this.words.total.replace("%(n)s", total)));
    const button = element("button", "link-button", this.words.nearer);
    button.type = "button";
    button.setAttribute("aria-label", `${this.words.nearer} : ${name}`);
    button.addEventListener("click", () => this.view?.fitBounds(bounds({ features }), { padding: 64, maxZoom: Math.max(this.view.getZoom() + 2, 9), animate: !STILL }));
    line.append(head, button);
    return line;
  }

  fillList() {
    this.fillCounts();
    for (const feature of this.points.features.slice(0, 300)) {
      if (feature.geometry?.type !== "Point" || feature.properties.count) continue;
      this.list.append(this.item(feature));
    }
  }

  item(feature) {
    const { name, url } = feature.properties;
    const line = element("li", "map__item");
    const head = element("div", "map__item-head");
    const title = element(url ? "a" : "span", "map__name", name);
    if (url) title.href = url;
    head.append(title, this.state(feature.properties));
    const note = element("div", "map__note");
    const button = element("button", "link-button", this.words.show);
    button.type = "button";
    button.setAttribute("aria-label", `${this.words.show} : ${name}`);
    button.addEventListener("click", () => this.view && this.show(feature));
    const said = [feature.properties.note, feature.properties.uncertainty_m ? this.precision(feature.properties) : ""];
    note.append(element("span", "", said.filter(Boolean).join(" · ")), button);
    line.append(head, note);
    this.items.set(url || name, line);
    return line;
  }
}

/* A map in a closed fold has no size: it starts when the fold opens. */
document.querySelectorAll(".map[data-source], .map[data-pick]").forEach((root) => {
  const start = () => new MapComponent(root).start();
  const fold = root.closest("details:not([open])");
  if (fold) fold.addEventListener("toggle", start, { once: true });
  else start();
});
