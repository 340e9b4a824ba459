// An application that reads much and listens: what viem has for that beyond a wallet's calls.

import assert from 'node:assert/strict';
import {
  BaseError, MethodNotFoundRpcError, createPublicClient, createWalletClient, defineChain, encodeDeployData, http, parseTransaction, webSocket as webSocketTransport,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { eventually, refusal, run, within } from './check.mjs';
import { keys, network, rpc, token, webSocket } from './network.mjs';

const SUPPLY = 1_000n;

const chain = defineChain({
  id: network.l2ChainId,
  name: 'Gainsay',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [rpc] } },
  contracts: { multicall3: { address: network.predeploys.Multicall3 } },
});
/** The HTTP requests of `reader` and `gatherer`. */
const sent = [];
const onFetchRequest = (request) => {
  sent.push(request.url);
};
const [account, other] = keys.map((key) => privateKeyToAccount(key));
const reader = createPublicClient({ chain, transport: http(undefined, { onFetchRequest }), pollingInterval: 100 });
// Gathers what is asked for at the same time in one call.
const gatherer = createPublicClient({ chain, transport: http(undefined, { onFetchRequest }), batch: { multicall: true } });
const socket = createPublicClient({ chain, transport: webSocketTransport(webSocket) });
const wallet = createWalletClient({ account, chain, transport: http() });
const stranger = () => privateKeyToAccount(generatePrivateKey()).address;

/** What an action gives, and how many requests it took. */
async function counted(action) {
  const before = sent.length;
  const value = await action();
  return [value, sent.length - before];
}

async function synchronously() {
  const created = await wallet.sendTransactionSync({ data: encodeDeployData({ ...token, args: [SUPPLY] }) });
  assert.equal(created.status, 'success');
  const contract = { address: created.contractAddress, abi: token.abi };
  const receipts = [];
  for (const value of [1n, 2n, 3n, 4n]) {
    receipts.push(await wallet.writeContractSync({ ...contract, functionName: 'transfer', args: [other.address, value] }));
  }
  assert.ok(receipts.every(({ status, logs }) => status === 'success' && logs.length === 1));
  assert.deepEqual(receipts.at(-1), await reader.getTransactionReceipt({ hash: receipts.at(-1).transactionHash }));
  return { contract, receipts };
}

async function multicalls({ contract }) {
  const balanceOf = (owner) => ({ ...contract, functionName: 'balanceOf', args: [owner] });
  const contracts = [balanceOf(account.address), balanceOf(other.address), { ...contract, functionName: 'transfer', args: [other.address, SUPPLY] }];
  const [results, requests] = await counted(() => reader.multicall({ contracts }));
  assert.deepEqual(results.map(({ status }) => status), ['success', 'success', 'failure']);
  assert.deepEqual(results.slice(0, 2).map(({ result }) => result), [SUPPLY - 10n, 10n]);
  assert.match(String(results[2].error), /InsufficientBalance/);
  assert.equal(requests, 1);
  const all = () => Promise.all([account.address, other.address, stranger()].map((owner) => gatherer.readContract(balanceOf(owner))));
  assert.deepEqual(await counted(all), [[SUPPLY - 10n, 10n, 0n], 1]);
}

/** A contract that is made for the call alone. */
async function deployless() {
  const code = encodeDeployData({ ...token, args: [77n] });
  assert.equal(await reader.readContract({ abi: token.abi, code, functionName: 'totalSupply' }), 77n);
}

async function storage({ contract, receipts }) {
  const supply = `0x${'00'.repeat(32)}`;
  const slot = await reader.getStorageAt({ address: contract.address, slot: supply });
  const values = await reader.getStorageValues({ requests: { [contract.address]: [supply] }, blockNumber: receipts[0].blockNumber });
  assert.deepEqual(values, { [contract.address.toLowerCase()]: [slot] });
  assert.equal(await reader.getDelegation({ address: contract.address }), undefined);
}

async function history({ contract, receipts }) {
  const event = token.abi.find(({ type, name }) => type === 'event' && name === 'Transfer');
  const pages = [];
  for await (const page of reader.iterateLogs({ address: contract.address, event, fromBlock: receipts[0].blockNumber, blockRange: 1n })) {
    pages.push(page);
  }
  assert.deepEqual(pages.flatMap(({ logs }) => logs.map(({ args }) => args.value)), [1n, 2n, 3n, 4n]);
  assert.ok(pages.length > 1);
  const [first] = receipts;
  const of = await reader.getBlockReceipts({ blockHash: first.blockHash });
  assert.deepEqual(of[first.transactionIndex], first);
  assert.ok(await reader.getTransactionConfirmations({ hash: first.transactionHash }) > 1n);
  const { hash } = await reader.getTransaction({ blockNumber: first.blockNumber, index: first.transactionIndex });
  assert.equal(hash, first.transactionHash);
}

async function filters({ contract }) {
  const [blocks, pending, events] = await Promise.all([
    reader.createBlockFilter(),
    reader.createPendingTransactionFilter(),
    reader.createContractEventFilter({ ...contract, eventName: 'Approval' }),
  ]);
  const { blockHash, transactionHash } = await wallet.writeContractSync({ ...contract, functionName: 'approve', args: [other.address, 8n] });
  for (const [filter, wanted] of [[blocks, blockHash], [pending, transactionHash]]) {
    const found = [];
    await eventually(async () => {
      found.push(...(await reader.getFilterChanges({ filter })));
      return found.includes(wanted) ? true : undefined;
    });
  }
  const [changes, all] = [await reader.getFilterChanges({ filter: events }), await reader.getFilterLogs({ filter: events })];
  assert.deepEqual(changes.map(({ args }) => args.value), [8n]);
  assert.deepEqual(all, changes);
  assert.deepEqual(await reader.getFilterChanges({ filter: events }), []);
  for (const filter of [blocks, pending, events]) {
    assert.equal(await reader.uninstallFilter({ filter }), true);
  }
  assert.match(String(await refusal(reader.getFilterChanges({ filter: events }))), /filter not found/);
}

async function subscriptions({ contract }) {
  const seen = { headers: [], numbers: [], pending: [], events: [] };
  const onError = (error) => assert.fail(error);
  const stop = [
    socket.watchBlockHeaders({ onBlockHeader: (header) => seen.headers.push(header), onError }),
    socket.watchBlockNumber({ onBlockNumber: (number) => seen.numbers.push(number), onError }),
    socket.watchPendingTransactions({ onTransactions: (hashes) => seen.pending.push(...hashes), onError }),
    socket.watchEvent({ address: contract.address, onLogs: (logs) => seen.events.push(...logs), onError }),
  ];
  // Until the subscriptions stand, nothing is told of.
  await within(20_000, eventually(async () => {
    const { transactionHash: hash, blockHash, blockNumber } = await wallet.writeContractSync({ ...contract, functionName: 'approve', args: [other.address, 9n] });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const found = [
      seen.headers.some((header) => header.hash === blockHash),
      seen.numbers.includes(blockNumber),
      seen.pending.includes(hash),
      seen.events.some(({ transactionHash }) => transactionHash === hash),
    ];
    return found.every(Boolean) ? true : undefined;
  }));
  stop.forEach((end) => end());
}

/** A signature from before EIP-155, good on any chain: the transactions that put contracts at the same address everywhere have one. */
async function unprotected() {
  const to = stranger();
  const [nonce, gasPrice] = await Promise.all([reader.getTransactionCount({ address: account.address }), reader.getGasPrice()]);
  const signed = await account.signTransaction({ type: 'legacy', to, value: 3n, nonce, gas: 21_000n, gasPrice: gasPrice * 2n });
  assert.equal(parseTransaction(signed).chainId, undefined);
  const receipt = await wallet.sendRawTransactionSync({ serializedTransaction: signed });
  assert.equal(receipt.status, 'success');
  const { v, chainId } = await reader.getTransaction({ hash: receipt.transactionHash });
  assert.deepEqual([v === 27n || v === 28n, chainId], [true, undefined]);
  assert.equal(await reader.getBalance({ address: to }), 3n);
}

async function prepares() {
  const unknown = await refusal(reader.fillTransaction({ account, to: other.address, value: 1n }));
  assert.ok(unknown instanceof BaseError && unknown.walk((cause) => cause instanceof MethodNotFoundRpcError), `not understood as a method that is not there: ${unknown}`);
  const { gas, nonce, maxFeePerGas, type } = await wallet.prepareTransactionRequest({ to: other.address, value: 1n });
  assert.deepEqual([gas, nonce, type], [21_000n, await reader.getTransactionCount({ address: account.address }), 'eip1559']);
  const [tip, blob] = await Promise.all([reader.estimateMaxPriorityFeePerGas(), reader.getBlobBaseFee()]);
  assert.ok(maxFeePerGas > tip && tip > 0n && blob >= 0n);
}

await run([
  ['sendTransactionSync, writeContractSync: the answer is the receipt', synchronously],
  ['multicall, and reads that are gathered: one request, through Multicall3 where all chains have it', multicalls],
  ['readContract: of a contract that is not on the chain', deployless],
  ['getStorageAt, getStorageValues, getDelegation', storage],
  ['iterateLogs, getBlockReceipts, getTransaction by its place', history],
  ['filters: blocks, pending transactions, events', filters],
  ['watchBlockHeaders, watchBlockNumber, watchPendingTransactions, watchEvent: over WebSocket', subscriptions],
  ['sendRawTransactionSync: a transaction that names no chain', unprotected],
  ['prepareTransactionRequest, without eth_fillTransaction', prepares],
]);
