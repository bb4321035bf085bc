// The proof of work, beside the page: what is typed meanwhile does not stutter.
import { solveWork } from "../sealing/work.mjs";

self.onmessage = async ({ data }) => {
  try {
    const solution = await solveWork(data, (done) => self.postMessage({ done }));
    self.postMessage({ solution });
  } catch {
    self.postMessage({ failed: true });
  }
};
