// A JPEG of pixels alone: what a browser's encoder adds (a colour profile, a remark) goes as well.
import { joined, Refusal } from "../sealing/sealing.mjs";

const [START, SCAN, REMARK] = [0xd8, 0xda, 0xfe];
const speaks = (marker) => (marker >= 0xe1 && marker <= 0xef) || marker === REMARK;

export function bareJpeg(bytes) {
  if (bytes[0] !== 0xff || bytes[1] !== START) throw new Refusal("photo-unread");
  const kept = [bytes.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== SCAN) {
    const end = at + 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    if (!speaks(bytes[at + 1])) kept.push(bytes.subarray(at, end));
    at = end;
  }
  return joined(...kept, bytes.subarray(at));
}

export async function encoded(canvas) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.82));
  if (!blob) throw new Refusal("photo-unread");
  return bareJpeg(new Uint8Array(await blob.arrayBuffer()));
}
