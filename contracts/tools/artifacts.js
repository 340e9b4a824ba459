// Writes artifacts/NAME.json from what forge compiled: ABI, creation code, deployed code; and the same of what Foundry's tests and the model of the
// bridge both use, in tests/bridge/artifacts. With --check only compares.
"use strict";
const fs = require("fs");
const path = require("path");

const CONTRACTS = {
  l1: [
    "AssertionGame",
    "Factory",
    "Games",
    "Inbox",
    "L1CrossDomainMessenger",
    "L1StandardBridge",
    "Matches",
    "Portal",
    "PreimageOracle",
    "Rollup",
    "StepVerifier",
  ],
  l2: [
    "FeeVault",
    "GasPriceOracle",
    "L1Block",
    "L2CrossDomainMessenger",
    "L2StandardBridge",
    "L2ToL1MessagePasser",
    "OptimismMintableERC20",
    "OptimismMintableERC20Factory",
    "WETH",
  ],
};

// Contract: its file.
const SUPPORT = {
  Actor: "Actor",
  CallingToken: "Tokens",
  Counter: "Targets",
  FalseToken: "Tokens",
  FeeToken: "Tokens",
  GasBomb: "Targets",
  PlainToken: "Tokens",
  Reenterer: "Targets",
  ReturnBomb: "Targets",
  SilentToken: "Tokens",
};

const root = path.join(__dirname, "..");

function artifact(name, file = name) {
  const compiled = JSON.parse(fs.readFileSync(path.join(root, "out", `${file}.sol`, `${name}.json`), "utf8"));
  const order = (entry) => `${entry.type} ${entry.name ?? ""} ${(entry.inputs ?? []).map((input) => input.type).join()}`;
  const lines = [...compiled.abi].sort((a, b) => (order(a) < order(b) ? -1 : 1)).map((entry) => `    ${JSON.stringify(entry)}`);
  const code = ["bytecode", "deployedBytecode"].map((kind) => `  "${kind}": ${JSON.stringify(compiled[kind].object)}`);
  return `{\n  "contractName": ${JSON.stringify(name)},\n  "abi": [\n${lines.join(",\n")}\n  ],\n${code.join(",\n")}\n}\n`;
}

// Returns what differs.
function sync(folder, expected, check) {
  fs.mkdirSync(folder, { recursive: true });
  const present = fs.readdirSync(folder).filter((file) => file.endsWith(".json"));
  const read = (file) => (present.includes(file) ? fs.readFileSync(path.join(folder, file), "utf8") : "");
  const stale = [...expected.keys()].filter((file) => read(file) !== expected.get(file));
  const extra = present.filter((file) => !expected.has(file));
  if (!check) {
    for (const file of stale) fs.writeFileSync(path.join(folder, file), expected.get(file));
    for (const file of extra) fs.unlinkSync(path.join(folder, file));
  }
  return [...stale, ...extra];
}

function main(check) {
  const product = new Map(Object.values(CONTRACTS).flat().map((name) => [`${name}.json`, artifact(name)]));
  const support = new Map(Object.entries(SUPPORT).map(([name, file]) => [`${name}.json`, artifact(name, file)]));
  const differ = [
    ...sync(path.join(root, "artifacts"), product, check),
    ...sync(path.join(root, "..", "tests", "bridge", "artifacts"), support, check),
  ];
  if (!check || differ.length === 0) return 0;
  console.error(`artifacts differ from the sources: ${differ.join(", ")}; run scripts/contracts artifacts and commit`);
  return 1;
}

process.exit(main(process.argv.includes("--check")));
