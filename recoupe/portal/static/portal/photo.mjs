// Photos: three questions, a frame, a finger that covers; what leaves is made anew from pixels, never the file.
import { by, made, say, tell } from "./page.mjs";
import { encoded } from "./jpeg.mjs";
import { Refusal } from "../sealing/sealing.mjs";

const LONGEST = 1600;
const MOST = 4;
const QUESTIONS = ["home", "face", "plate"];
const SIDES = ["left", "right", "top", "bottom"];
let cards = [];
let number = 0;

async function pixels(file) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    throw new Refusal("photo-unread");
  }
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const canvas = made("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  return canvas;
}

// One flat colour, the mean of what it covers: nothing is left to be guessed back.
function cover(canvas, { x, y }, radius) {
  const pen = canvas.getContext("2d");
  const [left, top] = [Math.max(0, Math.round(x - radius)), Math.max(0, Math.round(y - radius))];
  const wide = Math.min(canvas.width - left, 2 * radius);
  const high = Math.min(canvas.height - top, 2 * radius);
  if (wide <= 0 || high <= 0) return;
  const { data } = pen.getImageData(left, top, wide, high);
  const sums = [0, 0, 0];
  for (let at = 0; at < data.length; at += 4) for (let part = 0; part < 3; part += 1) sums[part] += data[at + part];
  pen.fillStyle = `rgb(${sums.map((sum) => Math.round((sum * 4) / data.length)).join(",")})`;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class Card {
  constructor(original) {
    this.id = `photo-${(number += 1)}`;
    this.original = original;
    this.source = made("canvas", { width: original.width, height: original.height });
    this.shown = made("canvas", { tabindex: "0", role: "application", "aria-label": say("photo-canvas") });
    this.crop = { left: 0, right: 0, top: 0, bottom: 0 };
    this.brush = null;
    this.answers = {};
    this.element = this.built();
    this.again();
  }

  built() {
    const { shown } = this;
    shown.addEventListener("pointerdown", (event) => {
      shown.setPointerCapture(event.pointerId);
      this.touched(event);
    });
    shown.addEventListener("pointermove", (event) => event.buttons && this.touched(event));
    shown.addEventListener("keydown", (event) => this.typed(event));
    const button = (name, does) => made("button", { type: "button", class: "button button--quiet", onclick: does }, say(name));
    return made(
      "div", { class: "photo", role: "group", "aria-label": say("photo-one", { number: this.id.slice(6) }) },
      ...QUESTIONS.map((name) => this.question(name)),
      made("p", { class: "hint" }, say("photo-cover")),
      shown,
      made("div", { class: "sliders" }, ...SIDES.map((side) => this.slider(side))),
      made("p", { class: "row" }, button("photo-again", () => this.again()), button("photo-remove", () => this.remove())),
    );
  }

  question(name) {
    const warning = made("p", { class: "error", role: "status" });
    const choice = (value) =>
      made("label", {}, made("input", {
        type: "radio", name: `${this.id}-${name}`, value,
        onchange: () => {
          this.answers[name] = value;
          warning.textContent = value === "yes" ? say(`photo-${name}-yes`) : "";
        },
      }), ` ${say(value)}`);
    return made("fieldset", {}, made("legend", {}, say(`photo-${name}`)), made("div", { class: "choices" }, choice("yes"), choice("no")), warning);
  }

  slider(side) {
    const input = made("input", {
      type: "range", min: "0", max: "90", value: "0",
      oninput: ({ target }) => {
        this.crop[side] = Math.min(Number(target.value), 90 - this.crop[SIDES[SIDES.indexOf(side) ^ 1]]);
        this.draw();
      },
    });
    return made("label", {}, say(`photo-crop-${side}`), input);
  }

  again() {
    this.source.getContext("2d").drawImage(this.original, 0, 0);
    this.draw();
  }

  remove() {
    cards = cards.filter((card) => card !== this);
    this.element.remove();
    by("photo-file").focus();
  }

  // What is left between the four sides, in pixels of the source.
  frame() {
    const { left, right, top, bottom } = this.crop;
    const [x, y] = [Math.round((this.source.width * left) / 100), Math.round((this.source.height * top) / 100)];
    const wide = Math.max(1, Math.round((this.source.width * (100 - left - right)) / 100));
    const high = Math.max(1, Math.round((this.source.height * (100 - top - bottom)) / 100));
    return { x, y, wide, high };
  }

  get radius() {
    return Math.max(12, Math.round(Math.max(this.source.width, this.source.height) / 32));
  }

  drawnOn(canvas) {
    const { x, y, wide, high } = this.frame();
    Object.assign(canvas, { width: wide, height: high });
    canvas.getContext("2d").drawImage(this.source, x, y, wide, high, 0, 0, wide, high);
    return canvas;
  }

  draw() {
    this.drawnOn(this.shown);
    if (!this.brush) return;
    const pen = this.shown.getContext("2d");
    pen.strokeStyle = "#c00";
    pen.lineWidth = 4;
    pen.beginPath();
    pen.arc(this.brush.x - this.frame().x, this.brush.y - this.frame().y, this.radius, 0, 2 * Math.PI);
    pen.stroke();
  }

  touched(event) {
    const box = this.shown.getBoundingClientRect();
    const { x, y, wide, high } = this.frame();
    this.brush = null;
    cover(this.source, {
      x: x + ((event.clientX - box.left) / box.width) * wide,
      y: y + ((event.clientY - box.top) / box.height) * high,
    }, this.radius);
    this.draw();
    event.preventDefault();
  }

  typed(event) {
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== "Enter" && event.key !== " ") return;
    const { x, y, wide, high } = this.frame();
    this.brush ??= { x: x + wide / 2, y: y + high / 2 };
    if (arrow) {
      this.brush.x = Math.min(Math.max(this.brush.x + arrow[0] * this.radius, x), x + wide);
      this.brush.y = Math.min(Math.max(this.brush.y + arrow[1] * this.radius, y), y + high);
    } else cover(this.source, this.brush, this.radius);
    this.draw();
    event.preventDefault();
  }

  async bytes() {
    if (!QUESTIONS.every((name) => this.answers[name])) {
      this.element.querySelector("input").focus();
      throw new Refusal("photo-unanswered");
    }
    return encoded(this.drawnOn(made("canvas")));
  }
}

async function chosen({ target }) {
  tell("photo-error", "");
  const [file] = target.files;
  try {
    if (!file) return;
    if (cards.length >= MOST) throw new Refusal("photo-most", { most: MOST });
    const card = new Card(await pixels(file));
    cards.push(card);
    by("photo-cards").append(card.element);
    card.element.querySelector("input").focus();
  } catch (error) {
    tell("photo-error", say(error.code ?? "photo-unread", error.params));
  } finally {
    target.value = "";
  }
}

// What gives the photos that are to be sealed, made anew.
export function open() {
  cards = [];
  by("photos").replaceChildren(
    made("p", {}, made("label", { for: "photo-file" }, say("photo-choose")),
      made("input", { type: "file", id: "photo-file", accept: "image/jpeg,image/png,image/webp", onchange: chosen, "aria-describedby": "photo-error" }),
      made("span", { class: "error", id: "photo-error", role: "alert" })),
    made("div", { id: "photo-cards" }),
  );
  by("photos").hidden = false;
  by("photo-file").focus();
  return () => Promise.all(cards.map((card) => card.bytes()));
}

document.addEventListener("cleared", () => {
  cards = [];
  by("photos").hidden = true;
  by("photos").replaceChildren();
  by("photo-open").setAttribute("aria-expanded", "false");
});
