// A developer's tests against `sequencer dev`, which this program starts: viem's test client as it speaks to anvil, and as it speaks to hardhat.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPublicClient, createTestClient, createWalletClient, http, parseEther, publicActions, toHex, walletActions } from 'viem';
import { foundry } from 'viem/chains';
import { mnemonicToAccount } from 'viem/accounts';
import { refusal, run, within } from './check.mjs';

const binary = process.env.GAINSAY_SEQUENCER;
const developer = mnemonicToAccount('test test test test test test test test test test test junk');
const whale = '0x00000000000000000000000000000000000face1';
// Returns the block's time.
const CLOCK = '0x425f5260205ff3';

/** The node's URL, once it says that it serves. */
async function started() {
  const node = spawn(binary, ['dev', '--port', '0', '--log', 'error'], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => node.kill());
  let said = '';
  for await (const piece of node.stdout) {
    said += piece;
    const found = said.match(/JSON-RPC +(http:\/\/\S+)/);
    if (found) {
      return { url: found[1], said };
    }
  }
  throw new Error(`sequencer dev ended: ${said}`);
}

const { url, said } = await within(30_000, started());
const transport = http(url);
const reader = createPublicClient({ chain: foundry, transport, pollingInterval: 50, cacheTime: 0 });
const wallet = createWalletClient({ account: developer, chain: foundry, transport });
const tester = (mode) => createTestClient({ mode, chain: foundry, transport, pollingInterval: 50, cacheTime: 0 }).extend(publicActions).extend(walletActions);
const latest = async () => (await reader.getBlock()).timestamp;

async function screen() {
  assert.ok(said.includes(developer.address));
  assert.ok(said.includes(toHex(developer.getHdKey().privateKey)));
  assert.deepEqual((await tester('anvil').getAddresses()).length, 10);
}

const actions = (mode) => async () => {
  const client = tester(mode);
  const start = await client.snapshot();
  await client.setBalance({ address: whale, value: parseEther('3') });
  assert.equal(await reader.getBalance({ address: whale }), parseEther('3'));
  await client.setCode({ address: whale, bytecode: CLOCK });
  assert.equal(await reader.getCode({ address: whale }), CLOCK);
  await client.setStorageAt({ address: whale, index: 2, value: toHex(7, { size: 32 }) });
  assert.equal(await reader.getStorageAt({ address: whale, slot: toHex(2) }), toHex(7, { size: 32 }));
  await client.setNonce({ address: whale, nonce: 5 });
  assert.equal(await reader.getTransactionCount({ address: whale }), 5);

  const before = await latest();
  await client.increaseTime({ seconds: 3_600 });
  await client.mine({ blocks: 1 });
  assert.ok((await latest()) >= before + 3_600n);
  await client.setNextBlockTimestamp({ timestamp: before + 7_200n });
  await client.mine({ blocks: 1 });
  assert.equal(await latest(), before + 7_200n);
  assert.equal(BigInt((await reader.call({ to: whale })).data), before + 7_200n);
  const number = await reader.getBlockNumber();
  await client.mine({ blocks: 10, interval: 60 });
  assert.equal(await reader.getBlockNumber(), number + 10n);
  assert.ok((await latest()) >= before + 7_200n + 9n * 60n);

  await client.impersonateAccount({ address: whale });
  const hash = await client.sendTransaction({ account: whale, to: developer.address, value: parseEther('1') });
  const receipt = await client.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success');
  assert.equal(receipt.from, whale);
  assert.equal((await client.getTransaction({ hash })).from, whale);
  await client.stopImpersonatingAccount({ address: whale });
  await refusal(client.sendTransaction({ account: whale, to: developer.address, value: 1n }));

  await client.setNextBlockBaseFeePerGas({ baseFeePerGas: 12_345_678n });
  await client.setBlockGasLimit({ gasLimit: 40_000_000n });
  await client.mine({ blocks: 1 });
  const block = await reader.getBlock();
  assert.equal(block.baseFeePerGas, 12_345_678n);
  assert.equal(block.gasLimit, 40_000_000n);
  await client.setLoggingEnabled(false);

  await client.setAutomine(false);
  assert.equal(await client.getAutomine(), false);
  const waiting = await wallet.sendTransaction({ to: whale, value: 1n });
  assert.equal((await client.getTxpoolStatus()).pending, 1);
  await client.dropTransaction({ hash: waiting });
  assert.equal((await client.getTxpoolStatus()).pending, 0);
  await client.setAutomine(true);

  await client.revert({ id: start });
  assert.equal(await reader.getBalance({ address: whale }), 0n);
  assert.equal(await reader.getCode({ address: whale }), undefined);
  assert.ok((await reader.getBlockNumber()) < number);
};

/** What only anvil has. */
async function anvilAlone() {
  const client = tester('anvil');
  await client.setBlockTimestampInterval({ interval: 30 });
  await client.mine({ blocks: 1 });
  const before = await latest();
  await client.mine({ blocks: 2 });
  assert.equal(await latest(), before + 60n);
  await client.removeBlockTimestampInterval();
  assert.match((await refusal(client.setRpcUrl('http://127.0.0.1:1'))).message, /forks no other/);
  const hash = await wallet.sendTransaction({ to: whale, value: 1n });
  const { transactions } = await reader.getBlock({ blockHash: (await reader.getTransactionReceipt({ hash })).blockHash });
  assert.deepEqual(transactions, [hash]);
  await client.reset();
  assert.equal(await reader.getBlockNumber(), 0n);
}

await run([
  ['the node says where it is and which keys there are', screen],
  ["viem's test client as for anvil", actions('anvil')],
  ["viem's test client as for hardhat", actions('hardhat')],
  ['what only anvil has, and a block of one transaction', anvilAlone],
]);
