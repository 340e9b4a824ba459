// The dependency arrows between the crates of this workspace, over `cargo metadata`.
//
//   types <- derive, execute, machine <- program <- trace <- fault-vm (the command)
//   runtime <- program, workloads (guests are linked with it)
//   types <- bindings <- l1
//   all of these <- sequencer/*, challenger/*
//   game (pure) <- the process shell <- play (plays the stakes of one key) <- sequencer, challenger: a proposer defends its claims with the code
//   that attacks false ones
//   bridge (what users do) <- sequencer (its commands)
//   sequencer/store, sequencer/chain, and the process shell over them, <- challenger/*      and nothing else of the sequencer
//
// Whatever is not listed is refused, so a new crate has to be put in its place here. Tests' own dependencies are free.
import { execFileSync } from "node:child_process";

const core = ["types", "derive", "execute", "machine"];
const shared = [...core, "program", "trace", "bindings", "l1"];
const sequencer = ["pool", "build", "batch", "state", "store", "chain", "simulate", "debug", "rpc"];

const allowed = {
  types: [],
  derive: ["types"],
  execute: ["types"],
  machine: ["types"],
  runtime: [],
  program: [...core, "runtime"],
  trace: [...core, "program"],
  workloads: ["machine", "runtime"],
  "fault-vm": [...core, "program", "trace", "bindings", "l1"],
  bindings: ["types"],
  l1: ["types", "bindings"],
  pool: [...shared, ...sequencer],
  build: [...shared, ...sequencer],
  batch: [...shared, ...sequencer],
  state: ["types", "execute"],
  store: [...shared, ...sequencer],
  chain: [...shared, ...sequencer],
  debug: ["types", "execute", "simulate", "store"],
  simulate: ["types", "execute"],
  rpc: [...shared, ...sequencer],
  bridge: shared,
  game: shared,
  shell: [...shared, "store", "chain", "game"],
  play: [...shared, "store", "chain", "shell", "game"],
  dev: [...shared, ...sequencer, "shell"],
  sequencer: [...shared, ...sequencer, "bridge", "shell", "game", "play", "dev"],
  challenger: [...shared, "store", "chain", "shell", "game", "play"],
  load: ["types"],
  tests: [...shared, "fault-vm", "game", "bridge"],
  liar: [...shared, "store", "chain", "shell", "game", "play"],
  model: [...shared, "fault-vm", "game"],
  "bridge-model": [...shared, "batch", "game", "model"],
};

const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--no-deps", "--format-version", "1"], { maxBuffer: 1 << 26 }),
);
const short = (name) => name.replace(/^gainsay-/, "");
const local = new Set(metadata.packages.map((one) => one.name));

const wrong = [];
for (const one of metadata.packages) {
  const name = short(one.name);
  if (!(name in allowed)) {
    wrong.push(`${one.name} has no place in scripts/lib/arrows.mjs yet`);
    continue;
  }
  for (const dependency of one.dependencies) {
    if (!local.has(dependency.name) || dependency.kind === "dev") continue;
    if (!allowed[name].includes(short(dependency.name))) wrong.push(`${one.name} must not depend on ${dependency.name}`);
  }
}
for (const line of wrong) console.error(line);
process.exit(wrong.length === 0 ? 0 : 1);
