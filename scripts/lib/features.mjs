// The guest and the nodes execute with the same features of the crates that decide what a block does.
//
// Both selections of `cargo tree` are compared: the guest as scripts/build-guest builds it, and all of the two nodes' binaries. For each crate below that the guest has, version and features must be equal. A feature may differ only if it is
// listed here with the reason why it changes no result.
import { execFileSync } from "node:child_process";

const guest = ["-p", "gainsay-program", "--no-default-features", "--features", "guest", "--target", "riscv64imac-unknown-none-elf"];
const nodes = ["-p", "gainsay-sequencer", "-p", "gainsay-challenger"];

// Crates whose behaviour is part of the protocol: the EVM, its precompiles, encodings, the trie, decompression.
const semantic = /^(revm|alloy-|op-alloy-|ark-|brotli-decompressor$|ruint$|k256$|p256$|ecdsa$|aurora-engine-modexp$|sha2$|sha3$|ripemd$|c-kzg$|nybbles$)/;

// What may differ: [crate, feature].
const allowed = [
  // Only where memory, files and threads come from.
  [/./, /^(std|alloc|default)$/],
  // Its own allocator, which the core does not use.
  [/^brotli-decompressor$/, /^alloc-stdlib$/],
  // Tables for the same curve arithmetic.
  [/^k256$/, /^(precomputed-tables|once_cell)$/],
  // Key formats and traits that the core does not call, switched on by the nodes' wallets.
  [/^k256$/, /^(pkcs8|schnorr|signature)$/],
  [/^ecdsa$/, /^(pkcs8|spki)$/],
  // The guest brings its own Keccak, which its tests compare with the nodes'.
  [/^alloy-primitives$/, /^(native-keccak|asm-keccak)$/],
  // Reading and writing of types as text, for the tracers of the RPC.
  [/^revm/, /^serde$/],
  // Blob sidecars, which never reach L2.
  [/^alloy-(consensus|eips)$/, /^kzg$/],
];

function features(selection) {
  const arguments_ = ["tree", "--locked", "-e", "normal", "--prefix", "none", "-f", "{p}|{f}", ...selection];
  const found = new Map();
  for (const line of execFileSync("cargo", arguments_, { encoding: "utf8", maxBuffer: 1 << 26 }).split("\n")) {
    const [what, list] = line.replace(/ \(\*\)$/, "").split("|");
    const [name, version] = what.split(" ");
    if (list === undefined || !semantic.test(name) || what.includes("(proc-macro)")) continue;
    // A crate may appear twice: what build scripts use of it is resolved by itself, with fewer features.
    const key = `${name} ${version}`;
    const all = found.get(key) ?? new Set();
    for (const feature of list.split(",").filter(Boolean)) all.add(feature);
    found.set(key, all);
  }
  return found;
}

const inGuest = features(guest);
const inNodes = features(nodes);
const wrong = [];
for (const [crate, ours] of inGuest) {
  const theirs = inNodes.get(crate);
  if (theirs === undefined) {
    wrong.push(`${crate} is in the guest only: the nodes run without it or with another version`);
    continue;
  }
  const name = crate.split(" ")[0];
  for (const feature of new Set([...ours, ...theirs])) {
    if (ours.has(feature) === theirs.has(feature)) continue;
    if (allowed.some(([crates, which]) => crates.test(name) && which.test(feature))) continue;
    wrong.push(`${crate}: only the ${ours.has(feature) ? "guest" : "nodes"} have its feature ${feature}`);
  }
}
if (![...inGuest.keys()].some((crate) => crate.startsWith("revm-precompile "))) wrong.push("cargo tree shows no revm in the guest: nothing was compared");
for (const line of wrong) console.error(line);
console.log(`${inGuest.size} crates of the guest compared`);
process.exit(wrong.length === 0 ? 0 : 1);
