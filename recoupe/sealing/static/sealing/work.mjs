// The twin of recoupe/sealing/work.py, alone so that a worker loads nothing else.
const PARTS = 4;
const ROUNDS = 1000;

// `tell`: called with how many of the four parts are done.
export async function solveWork(puzzle, tell = () => {}) {
  const key = await crypto.subtle.importKey("raw", puzzle, "PBKDF2", false, ["deriveBits"]);
  const solution = new Uint8Array(PARTS * 4);
  const salt = new Uint8Array(5);
  const tried = new DataView(salt.buffer);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  for (let part = 0; part < PARTS; part += 1) {
    salt[0] = part;
    for (let number = 0; ; number += 1) {
      tried.setUint32(1, number);
      const start = new DataView(await crypto.subtle.deriveBits(how, key, 32)).getUint32(0);
      if (start >>> (32 - puzzle[4]) === 0) break;
    }
    solution.set(salt.subarray(1), part * 4);
    tell(part + 1);
  }
  return solution;
}
