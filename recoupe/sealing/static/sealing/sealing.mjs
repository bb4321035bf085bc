// The twin of recoupe/sealing in the browser: the same bytes, held by tests/sealing/vectors.json.
// The key exchange is the browser's own where it has one, else JavaScript: WebCrypto has the rest everywhere.
import {
  Aes256Gcm,
  CipherSuite,
  DhkemX25519HkdfSha256,
  DhkemX25519HkdfSha256InJavaScript,
  HkdfSha256,
} from "./vendor/hpke/hpke.min.mjs";

export const VERSION = 1;
export const SIZES = [4, 16, 64, 256, 1024, 4096, 10240].map((kib) => kib * 1024);
export const ANSWER = 4096;
const PLACE = 32;
const AREA = 3;
const SLOTS = 4;
const KEY = 32;
const SLOT = KEY + 48;
const HEADER = 1 + PLACE + AREA + SLOTS * SLOT;
const TAG = 16;
const PREFIX = 4;
const NONCE = new Uint8Array(12);
const WORDS = 10;
const BITS = 11;
const SEED = 14;
const TELLING = 4;

// A refusal has a code, and what the page needs to put it into words.
export class Refusal extends Error {
  constructor(code, params = {}) {
    super(code);
    this.code = code;
    this.params = params;
  }
}

const utf8 = (text) => new TextEncoder().encode(text);

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const random = (length) => {
  const bytes = new Uint8Array(length);
  // The browser gives 64 KiB at a time.
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
};

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

// ------------------------------------------------------------------ HPKE
async function nativeWorks() {
  try {
    const pair = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    await crypto.subtle.deriveBits({ name: "X25519", public: pair.publicKey }, pair.privateKey, 256);
    return true;
  } catch {
    return false;
  }
}

const suites = {};

// `kem`: "webcrypto", "javascript", or nothing for the first that works.
export async function suite(kem) {
  const chosen = kem || ((await nativeWorks()) ? "webcrypto" : "javascript");
  const Kem = chosen === "webcrypto" ? DhkemX25519HkdfSha256 : DhkemX25519HkdfSha256InJavaScript;
  suites[chosen] ??= new CipherSuite({ kem: new Kem(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  return suites[chosen];
}

export async function newKeys(kem) {
  const s = await suite(kem);
  const pair = await s.kem.generateKeyPair();
  return {
    privateKey: new Uint8Array(await s.kem.serializePrivateKey(pair.privateKey)),
    publicKey: new Uint8Array(await s.kem.serializePublicKey(pair.publicKey)),
  };
}

// Both halves of the pair that 32 secret bytes give (RFC 9180, DeriveKeyPair).
async function derivedKeys(secret) {
  const s = await suite();
  const pair = await s.kem.deriveKeyPair(secret);
  return {
    privateKey: new Uint8Array(await s.kem.serializePrivateKey(pair.privateKey)),
    publicKey: new Uint8Array(await s.kem.serializePublicKey(pair.publicKey)),
  };
}

async function sealTo(plain, key, info, kem) {
  const s = await suite(kem);
  try {
    const recipientPublicKey = await s.kem.importKey("raw", key, true);
    const { enc, ct } = await s.seal({ recipientPublicKey, info }, plain);
    return joined(new Uint8Array(enc), new Uint8Array(ct));
  } catch {
    throw new Refusal("bad-key");
  }
}

async function unsealWith(sealed, privateKey, info, kem) {
  const s = await suite(kem);
  try {
    const recipientKey = await s.kem.importKey("raw", privateKey, false);
    return new Uint8Array(await s.open({ recipientKey, enc: sealed.slice(0, KEY), info }, sealed.slice(KEY)));
  } catch {
    throw new Refusal("unopened");
  }
}

// ------------------------------------------------------------------ sizes
function padded(content, size) {
  if (PREFIX + content.length > size) throw new Refusal("too-long", { most: SIZES.at(-1) / 1048576 });
  const filled = new Uint8Array(size);
  new DataView(filled.buffer).setUint32(0, content.length);
  filled.set(content, PREFIX);
  return filled;
}

function unpadded(filled) {
  const end = filled.length < PREFIX ? Infinity : PREFIX + new DataView(filled.buffer, filled.byteOffset).getUint32(0);
  if (end > filled.length || filled.subarray(end).some(Boolean)) throw new Refusal("unopened");
  return filled.slice(PREFIX, end);
}

export function wireSize(needed) {
  const size = SIZES.find((each) => needed <= each);
  if (!size) throw new Refusal("too-long", { most: SIZES.at(-1) / 1048576 });
  return size;
}

// ------------------------------------------------------------------ letters
const info = (head, number) => joined(utf8("recoupe slot\0"), head, new Uint8Array([number]));

async function aes(key, usage) {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, [usage]);
}

// `keys`: four public keys; null is a slot that nobody opens.
export async function sealLetter(content, { place, area, keys, kem }) {
  if (place.length !== PLACE) throw new Refusal("no-receipt");
  if (keys.length !== SLOTS || !keys.some(Boolean)) throw new Refusal("no-addressee");
  const size = wireSize(HEADER + PREFIX + content.length + TAG);
  const head = joined(new Uint8Array([VERSION]), place, utf8(area.padEnd(AREA)));
  const contentKey = random(KEY);
  const slots = [];
  for (const [number, key] of keys.entries()) {
    // Random bytes alone would tell: only half of them are points of the curve. So nothing is sealed to nobody.
    slots.push(
      key
        ? await sealTo(contentKey, key, info(head, number), kem)
        : await sealTo(random(KEY), (await newKeys(kem)).publicKey, info(head, number), kem),
    );
  }
  const header = joined(head, ...slots);
  const body = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: NONCE, additionalData: header },
    await aes(contentKey, "encrypt"),
    padded(content, size - HEADER - TAG),
  );
  return joined(header, new Uint8Array(body));
}

export async function unsealLetter(letter, privateKey, number, kem) {
  if (letter[0] !== VERSION) throw new Refusal("version");
  if (!SIZES.includes(letter.length)) throw new Refusal("size");
  const head = letter.slice(0, 1 + PLACE + AREA);
  const at = head.length + number * SLOT;
  const contentKey = await unsealWith(letter.slice(at, at + SLOT), privateKey, info(head, number), kem);
  let filled;
  try {
    filled = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: NONCE, additionalData: letter.slice(0, HEADER) },
      await aes(contentKey, "decrypt"),
      letter.slice(HEADER),
    );
  } catch {
    throw new Refusal("unopened");
  }
  return unpadded(new Uint8Array(filled));
}

// ------------------------------------------------------------------ answers
const answerInfo = (place) => joined(utf8("recoupe answer\0"), new Uint8Array([VERSION]), place);

export async function sealAnswer(content, { place, key, kem }) {
  const filled = padded(content, ANSWER - 1 - 48);
  return joined(new Uint8Array([VERSION]), await sealTo(filled, key, answerInfo(place), kem));
}

export async function unsealAnswer(answer, { place, privateKey, kem }) {
  if (answer.length !== ANSWER) throw new Refusal("size");
  if (answer[0] !== VERSION) throw new Refusal("version");
  return unpadded(await unsealWith(answer.slice(1), privateKey, answerInfo(place), kem));
}

// ------------------------------------------------------------------ the receipt
export const bare = (word) =>
  word
    .toLowerCase()
    .replaceAll("œ", "oe")
    .replaceAll("æ", "ae")
    .normalize("NFD")
    .replace(/\p{M}/gu, "");

const numberOf = (bytes) => bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);

function bytesOf(number) {
  const bytes = new Uint8Array(SEED);
  for (let at = SEED - 1, rest = number; at >= 0; at -= 1, rest >>= 8n) bytes[at] = Number(rest & 255n);
  return bytes;
}

async function check(seed) {
  const digest = await sha256(joined(utf8("recoupe receipt check\0"), seed));
  return ((digest[0] << 8) | digest[1]) >> (16 - BITS);
}

export function drawReceipt() {
  const seed = random(SEED);
  seed[0] &= 0xff >> (SEED * 8 - WORDS * BITS);
  return seed;
}

// `list`: the 2,048 words of words.txt, in their order.
export async function wordsOf(seed, list) {
  const number = numberOf(seed);
  const places = Array.from({ length: WORDS }, (_, n) => Number((number >> BigInt(BITS * (WORDS - 1 - n))) & 2047n));
  return [...places, await check(seed)].map((place) => list[place]);
}

export async function readReceipt(text, list) {
  const typed = text.match(/[\p{L}\p{M}]+/gu) || [];
  if (typed.length !== WORDS + 1) throw new Refusal("receipt-count", { count: typed.length });
  const places = new Map(list.map((word, place) => [bare(word).slice(0, TELLING), place]));
  const found = typed.map((word, at) => {
    const small = bare(word);
    const place = places.get(small.slice(0, TELLING));
    if (place === undefined || small.length < TELLING) throw new Refusal("receipt-word", { number: at + 1 });
    return place;
  });
  const seed = bytesOf(found.slice(0, WORDS).reduce((number, place) => (number << BigInt(BITS)) | BigInt(place), 0n));
  if (found[WORDS] !== (await check(seed))) throw new Refusal("receipt-check");
  return seed;
}

async function derived(seed, purpose) {
  const key = await crypto.subtle.importKey("raw", seed, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8(`recoupe receipt 1 ${purpose}`) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, KEY * 8));
}

// What a receipt gives: what fetches and burns, where the thread is kept, what opens its answers and what seals them.
export async function keysOf(seed) {
  const fetchKey = await derived(seed, "fetch");
  const thread = await derivedKeys(await derived(seed, "thread"));
  return { fetchKey, place: await sha256(fetchKey), threadKey: thread.privateKey, answerKey: thread.publicKey };
}

export { solveWork } from "./work.mjs";
