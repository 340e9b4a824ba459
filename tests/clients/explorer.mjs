// An explorer and a debugger: what they ask beyond a wallet's calls, through viem.

import assert from 'node:assert/strict';
import {
  createPublicClient, createWalletClient, decodeErrorResult, encodeAbiParameters, encodeFunctionData, http, keccak256, pad, parseEther, parseTransaction, toHex,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { eventually, refusal, run } from './check.mjs';
import { keys, network, rpc, token } from './network.mjs';

const SUPPLY = 1_000n;
/** So many of the latest blocks are indexed. */
const INDEXED = 60n;
const chain = { id: network.l2ChainId, name: 'Gainsay', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [rpc] } } };
const [account, other] = keys.map((key) => privateKeyToAccount(key));
const reader = createPublicClient({ chain, transport: http(), pollingInterval: 100 });
const wallet = createWalletClient({ account, chain, transport: http() });
const stranger = () => privateKeyToAccount(generatePrivateKey()).address;
const ask = (method, ...params) => reader.request({ method, params });
// What is asked at the same time goes out in one JSON-RPC batch, as indexers send it.
const indexer = createPublicClient({ chain, transport: http(undefined, { batch: { batchSize: 100 } }) });
const batched = (method, ...params) => indexer.request({ method, params });

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

/** One transaction, as each tracer tells of it. */
async function traces({ address, receipt }) {
  const { transactionHash: hash } = receipt;
  const trace = (tracer, tracerConfig) => ask('debug_traceTransaction', hash, { tracer, tracerConfig });
  const call = await trace('callTracer', { withLog: true });
  assert.deepEqual([call.type, call.from, call.to, BigInt(call.gasUsed)], ['CALL', account.address.toLowerCase(), address, receipt.gasUsed]);
  assert.deepEqual(call.logs.map(({ topics }) => topics), receipt.logs.map(({ topics }) => topics));
  const before = await trace('prestateTracer');
  assert.equal(BigInt(before[address].storage[slotOf(account.address)]), SUPPLY);
  const changes = await trace('prestateTracer', { diffMode: true });
  assert.equal(BigInt(changes.post[address].storage[slotOf(other.address)]), 400n);
  const selector = transfer(other.address, 0n).slice(0, 10);
  assert.deepEqual(await trace('4byteTracer'), { [`${selector}-64`]: 1 });
  const steps = await ask('debug_traceTransaction', hash, {});
  assert.deepEqual([BigInt(steps.gas), steps.failed, steps.structLogs.at(-1).op], [receipt.gasUsed, false, 'RETURN']);
  const poor = { from: other.address, to: address, data: transfer(account.address, 500n) };
  const { error, output } = await ask('debug_traceCall', poor, 'latest', { tracer: 'callTracer' });
  assert.equal(error, 'execution reverted');
  assert.equal(decodeErrorResult({ abi: token.abi, data: output }).errorName, 'InsufficientBalance');
  assert.match(String(await refusal(trace('{ step() {} }'))), /callTracer/, 'the error does not say which tracers there are');
}

/** What an indexer keeps of blocks: whole, with receipts, the calls inside, and the balances that they lead to. All of it fits together. */
async function indexes() {
  // Until a batch has brought a deposit: each tells L2 of L1.
  const head = await eventually(async () => {
    const { blockNumber } = await mined(await wallet.sendTransaction({ to: stranger(), value: 1n }));
    const { transactions } = await reader.getBlock({ blockNumber, includeTransactions: true });
    return transactions.some(({ type }) => type !== 'eip1559') ? blockNumber : undefined;
  });
  const numbers = Array.from({ length: Number(head < INDEXED ? head : INDEXED) }, (_, behind) => toHex(head - BigInt(behind)));
  const [deposits, users] = [new Set(), new Set()];
  await Promise.all(numbers.map(async (number) => {
    const [block, receipts, calls, diffs] = await Promise.all([
      batched('eth_getBlockByNumber', number, true),
      batched('eth_getBlockReceipts', number),
      batched('debug_traceBlockByNumber', number, { tracer: 'callTracer' }),
      batched('debug_traceBlockByNumber', number, { tracer: 'prestateTracer', tracerConfig: { diffMode: true } }),
    ]);
    const hashes = block.transactions.map(({ hash }) => hash);
    for (const list of [receipts.map(({ transactionHash }) => transactionHash), calls.map(({ txHash }) => txHash), diffs.map(({ txHash }) => txHash)]) {
      assert.deepEqual(list, hashes);
    }
    for (const [place, { result }] of calls.entries()) {
      const { gasUsed, status, contractAddress, type, from } = receipts[place];
      (type === '0x7e' ? deposits : users).add(hashes[place]);
      assert.deepEqual([result.gasUsed, result.error === undefined ? '0x1' : '0x0', result.from], [gasUsed, status, from]);
      assert.equal(result.type === 'CREATE' && status === '0x1' ? result.to : null, contractAddress);
    }
    assert.equal(receipts.reduce((sum, { gasUsed }) => sum + BigInt(gasUsed), 0n), BigInt(block.gasUsed));
    // The last that a transaction of the block says of a balance is what the node says of it after the block.
    const balances = Object.assign({}, ...diffs.map(({ result }) => Object.fromEntries(Object.entries(result.post).filter(([, { balance }]) => balance))));
    await Promise.all(Object.entries(balances).map(async ([owner, { balance }]) => {
      assert.equal(BigInt(await batched('eth_getBalance', owner, number)), BigInt(balance), `the balance of ${owner} at ${number}`);
    }));
  }));
  assert.ok(deposits.size > 0 && users.size > 10, `${deposits.size} deposits and ${users.size} others were looked at`);
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
  ['debug_trace*: calls, the state before and after, selectors, steps; a call', traces],
  ['txpool_*: a transaction that waits', pools],
  ['the latest blocks with receipts, traces and balances, in batches', indexes],
]);
