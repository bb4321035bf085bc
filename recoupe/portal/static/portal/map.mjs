// The map of one department, drawn by the page itself: borders of communes, a few names, one point.
import { asked, by, made, say, tell } from "./page.mjs";

const SVG = "http://www.w3.org/2000/svg";
const CLOSEST = 60;
let ground;
let drawn;
let view;
let point;
let keep;

function svg(tag, told) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(told)) element.setAttribute(name, value);
  return element;
}

const nearest = ({ x, y }) =>
  ground.communes
    .filter((one) => one.x !== "")
    .reduce((best, one) => (Math.hypot(one.x - x, one.y - y) < Math.hypot(best.x - x, best.y - y) ? one : best));

const degrees = ({ x, y }) => [
  Number((ground.west + x / ground.squeeze / ground.scale).toFixed(5)),
  Number((ground.north - y / ground.scale).toFixed(5)),
];

function placed(at) {
  point = at && { x: Math.min(Math.max(at.x, 0), ground.wide), y: Math.min(Math.max(at.y, 0), ground.high) };
  keep(point && degrees(point));
  tell("map-said", point ? say("map-point", { name: nearest(point).name }) : say("map-none"));
  draw();
}

// Names that would cover one another are left out, the larger places first.
function names() {
  const inside = ({ x, y }) => x >= view.x && x <= view.x + view.size && y >= view.y && y <= view.y + view.size;
  const large = ground.large.map((code) => ground.communes.find((one) => one.code === code));
  const told = [];
  for (const one of new Set([...large, ...(view.size < 700 ? ground.communes : [])])) {
    const free = told.every(({ x, y }) => Math.abs(x - one.x) > view.size / 4 || Math.abs(y - one.y) > view.size / 16);
    if (one.x !== "" && inside(one) && free) told.push(one);
  }
  return told.slice(0, 24);
}

function draw() {
  drawn.setAttribute("viewBox", `${view.x} ${view.y} ${view.size} ${view.size}`);
  const step = view.size / 100;
  const labels = names().map(({ x, y, name }) => {
    const label = svg("text", { x, y, "font-size": step * 3.6, "text-anchor": "middle" });
    label.textContent = name;
    return label;
  });
  const cross = point
    ? [
        svg("circle", { class: "map__point", cx: point.x, cy: point.y, r: step * 2, "stroke-width": step * 0.8 }),
        svg("circle", { class: "map__dot", cx: point.x, cy: point.y, r: step * 0.5 }),
      ]
    : [];
  drawn.querySelector("path").setAttribute("stroke-width", step * 0.25);
  drawn.querySelector("g").replaceChildren(...labels, ...cross);
}

function zoomed(by_, middle = point ?? { x: view.x + view.size / 2, y: view.y + view.size / 2 }) {
  const most = Math.max(ground.wide, ground.high);
  const size = Math.min(Math.max(view.size * by_, CLOSEST), most);
  view = { size, x: middle.x - size / 2, y: middle.y - size / 2 };
  draw();
}

function touched(event) {
  const box = drawn.getBoundingClientRect();
  placed({
    x: view.x + ((event.clientX - box.left) / box.width) * view.size,
    y: view.y + ((event.clientY - box.top) / box.height) * view.size,
  });
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function typed(event) {
  const arrow = ARROWS[event.key];
  if (event.key === "+" || event.key === "-") zoomed(event.key === "+" ? 0.5 : 2);
  if (arrow) {
    const from = point ?? { x: view.x + view.size / 2, y: view.y + view.size / 2 };
    placed({ x: from.x + (arrow[0] * view.size) / 40, y: from.y + (arrow[1] * view.size) / 40 });
  }
  if (arrow || event.key === "+" || event.key === "-") event.preventDefault();
}

function framed(commune) {
  const whole = Math.max(ground.wide, ground.high);
  const at = commune && commune.x !== "" ? commune : null;
  const size = at ? whole / 5 : whole;
  view = at ? { size, x: at.x - size / 2, y: at.y - size / 2 } : { size, x: (ground.wide - size) / 2, y: (ground.high - size) / 2 };
}

// `chosen`: a commune to look at first; `kept`: called with [longitude, latitude], or null.
export async function open(told, chosen, kept) {
  ground = told;
  keep = kept;
  point = null;
  const { path } = await asked(`/carte/${told.area}`);
  drawn = svg("svg", { class: "map", tabindex: "0", role: "application", "aria-label": say("map-title"), "aria-describedby": "map-help" });
  drawn.append(svg("path", { d: path, fill: "none" }), svg("g", {}));
  drawn.addEventListener("click", touched);
  drawn.addEventListener("keydown", typed);
  const button = (name, does) => made("button", { type: "button", class: "button button--quiet", onclick: does }, say(name));
  by("map").replaceChildren(
    made("p", { class: "hint", id: "map-help" }, say("map-help")),
    drawn,
    made("p", { class: "row" }, button("map-in", () => zoomed(0.5)), button("map-out", () => zoomed(2)), button("map-clear", () => placed(null))),
    made("p", { id: "map-said", role: "status" }, say("map-none")),
  );
  framed(chosen);
  by("map").hidden = false;
  draw();
}

const closed = () => {
  by("map").hidden = true;
  by("map").replaceChildren();
  by("map-open").setAttribute("aria-expanded", "false");
};
document.addEventListener("ground", closed);
document.addEventListener("cleared", closed);
