// Writes tests/vectors/withdrawals.json: withdrawals that the message passer took on an L2 played by anvil, and anvil's proofs of them. Nothing in it depends
// on time or place. Wants artifacts/ and node_modules/.
"use strict";
const { spawn } = require("child_process");
const fs = require("fs");
const path = require("path");

const root = path.join(__dirname, "..");
const PASSER = "0x4200000000000000000000000000000000000016";
const PORT = 28547;
const COUNT = 60;
/** Every so manieth is written down with its proof. */
const STEP = 5;
/** initiateWithdrawal(address,uint256,bytes) */
const SELECTOR = "c2b3e5ac";

async function rpc(method, ...params) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(`http://127.0.0.1:${PORT}`, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result, error } = await response.json();
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}

const word = (value) => BigInt(value).toString(16).padStart(64, "0");

async function up() {
  for (let i = 0; ; ++i) {
    try {
      return await rpc("eth_chainId");
    } catch (error) {
      if (i === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function receipt(hash) {
  for (;;) {
    const found = await rpc("eth_getTransactionReceipt", hash);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Sends one and reads it back from its event. */
async function withdraw(from, i) {
  const data = "ab".repeat(i % 4 === 0 ? 0 : 3 * i);
  const padded = data.padEnd(Math.ceil(data.length / 64) * 64, "0");
  const input = `0x${SELECTOR}${word(0x7a46e7 + i)}${word(100_000 + i)}${word(96)}${word(data.length / 2)}${padded}`;
  const hash = await rpc("eth_sendTransaction", { from, to: PASSER, value: `0x${(i * 1_000_007).toString(16)}`, data: input, gas: "0x7a1200" });
  const [log] = (await receipt(hash)).logs;
  const at = (n) => log.data.slice(2 + 64 * n, 66 + 64 * n);
  const address = (topic) => `0x${topic.slice(26)}`;
  const value = BigInt(`0x${at(0)}`).toString();
  const gasLimit = BigInt(`0x${at(1)}`).toString();
  const [nonce, sender, target] = [log.topics[1], address(log.topics[2]), address(log.topics[3])];
  return { nonce, sender, target, value, gasLimit, data: `0x${data}`, hash: `0x${at(3)}` };
}

async function main() {
  const anvil = spawn(path.join(root, "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"), ["--port", String(PORT), "--silent"]);
  try {
    await up();
    const passer = JSON.parse(fs.readFileSync(path.join(root, "artifacts/L2ToL1MessagePasser.json"), "utf8"));
    await rpc("anvil_setCode", PASSER, passer.deployedBytecode);
    const [from] = await rpc("eth_accounts");
    const all = [];
    for (let i = 0; i < COUNT; ++i) all.push(await withdraw(from, i));
    const withdrawals = all.filter((_, i) => i % STEP === 0);
    let storageRoot;
    for (const one of withdrawals) {
      // web3_sha3 of the mapping's key and slot.
      const slot = await rpc("web3_sha3", `${one.hash}${word(0)}`);
      const { storageHash, storageProof } = await rpc("eth_getProof", PASSER, [slot], "latest");
      storageRoot = storageHash;
      one.proof = storageProof[0].proof;
    }
    const text = JSON.stringify({ storageRoot, withdrawals }, null, 1);
    fs.writeFileSync(path.join(root, "../tests/vectors/withdrawals.json"), `${text}\n`);
  } finally {
    anvil.kill();
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
