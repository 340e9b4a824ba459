// An explorer and a debugger: what they ask beyond a wallet's calls, through viem.

import assert from 'node:assert/strict';
import {
  createPublicClient, createWalletClient, encodeAbiParameters, encodeFunctionData, http, keccak256, pad, parseEther, parseTransaction, toHex,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { eventually, refusal, run } from './check.mjs';
import { keys, network, rpc, token } from './network.mjs';

const SUPPLY = 1_000n;
const chain = { id: network.l2ChainId, name: 'Gainsay', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [rpc] } } };
const [account, other] = keys.map((key) => privateKeyToAccount(key));
const reader = createPublicClient({ chain, transport: http(), pollingInterval: 100 });
const wallet = createWalletClient({ account, chain, transport: http() });
const stranger = () => privateKeyToAccount(generatePrivateKey()).address;
const ask = (method, ...params) => reader.request({ method, params });

/** The receipt of a transaction, which must have succeeded. */
async function mined(hash) {
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success', `${hash} reverted`);
  return receipt;
}

/** Where a token keeps somebody's balance: the balances are the first variable that is stored. */
const slotOf = (owner) => keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [owner, 0n]));
const transfer = (to, value) => encodeFunctionData({ abi: token.abi, functionName: 'transfer', args: [to, value] });

async function deploys() {
  const { contractAddress: address } = await mined(await wallet.deployContract({ ...token, args: [SUPPLY] }));
  const receipt = await mined(await wallet.sendTransaction({ to: address, data: transfer(other.address, 400n) }));
  return { address, receipt };
}

async function lists({ address }) {
  const call = { account: account.address, to: address, data: transfer(other.address, 1n) };
  const { accessList, gasUsed } = await reader.createAccessList(call);
  const [{ storageKeys, ...only }, ...rest] = accessList;
  assert.deepEqual([only.address, rest], [address.toLowerCase(), []]);
  assert.deepEqual([...storageKeys].sort(), [account.address, other.address].map(slotOf).sort());
  const receipt = await mined(await wallet.sendTransaction({ ...call, account, accessList }));
  assert.equal(receipt.gasUsed, gasUsed);
}

async function overrides({ address }) {
  const owner = stranger();
  const rich = [{ address, stateDiff: [{ slot: slotOf(owner), value: pad(toHex(77n)) }] }];
  const read = { address, abi: token.abi, functionName: 'balanceOf', args: [owner] };
  assert.deepEqual([await reader.readContract(read), await reader.readContract({ ...read, stateOverride: rich })], [0n, 77n]);
  const poor = { account: owner, to: other.address, value: parseEther('3') };
  await refusal(reader.estimateGas(poor));
  const gas = await reader.estimateGas({ ...poor, stateOverride: [{ address: owner, balance: parseEther('4') }] });
  assert.equal(gas, 21_000n);
}

async function simulates({ address }) {
  const to = stranger();
  const calls = [{ to: address, data: transfer(to, 5n) }, { to: address, abi: token.abi, functionName: 'balanceOf', args: [to] }];
  const { results } = await reader.simulateCalls({ account: account.address, calls });
  assert.deepEqual(results.map(({ status }) => status), ['success', 'success']);
  assert.equal(results[1].result, 5n);
  assert.equal(results[0].logs.length, 1);
  const head = await reader.getBlock();
  const blocks = await reader.simulateBlocks({
    blockNumber: head.number,
    blocks: [
      { calls: [{ account: account.address, to, value: 9n }] },
      { calls: [{ account: to, to: other.address, value: 10n }], stateOverrides: [{ address: to, balance: 10n }] },
    ],
  });
  assert.deepEqual(blocks.map(({ number }) => number), [head.number + 1n, head.number + 2n]);
  assert.ok(blocks.every(({ calls: [{ status }] }) => status === 'success'));
  assert.equal(blocks[0].parentHash, head.hash);
  assert.equal(await reader.getBalance({ address: to }), 0n);
}

async function raws({ receipt }) {
  const raw = await ask('debug_getRawTransaction', receipt.transactionHash);
  assert.equal(keccak256(raw), receipt.transactionHash);
  assert.equal(parseTransaction(raw).chainId, network.l2ChainId);
  assert.equal(keccak256(await ask('debug_getRawHeader', toHex(receipt.blockNumber))), receipt.blockHash);
  const receipts = await ask('debug_getRawReceipts', toHex(receipt.blockNumber));
  assert.equal(receipts.length, Number(await reader.getBlockTransactionCount({ blockNumber: receipt.blockNumber })));
  const told = await ask('eth_getBlockReceipts', toHex(receipt.blockNumber));
  assert.equal(told[receipt.transactionIndex].transactionHash, receipt.transactionHash);
}

/** A transaction whose nonce is not on turn is where it can be seen. */
async function pools() {
  const nonce = await reader.getTransactionCount({ address: other.address });
  const waiting = { account: other, to: stranger(), value: 1n, gas: 21_000n };
  const hash = await wallet.sendTransaction({ ...waiting, nonce: nonce + 1 });
  const { queued } = await ask('txpool_content');
  const entry = Object.entries(queued).find(([owner]) => owner.toLowerCase() === other.address.toLowerCase())?.[1];
  assert.equal(entry?.[nonce + 1]?.hash, hash);
  const { queued: count } = await ask('txpool_status');
  assert.ok(BigInt(count) > 0n);
  await mined(await wallet.sendTransaction({ ...waiting, nonce }));
  await mined(hash);
  await eventually(async () => ((await ask('txpool_contentFrom', other.address)).queued?.[nonce + 1] ? undefined : true));
}

await run([
  ['a token is deployed and moved', deploys],
  ['createAccessList: what the transfer touches, and what it costs', lists],
  ['readContract, estimateGas: of a state that is otherwise', overrides],
  ['simulateCalls, simulateBlocks: nothing of it stays', simulates],
  ['debug_getRaw*: hashes are what they were', raws],
  ['txpool_*: a transaction that waits', pools],
]);
