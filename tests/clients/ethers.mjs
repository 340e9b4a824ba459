// A wallet and an application that use ethers.

import assert from 'node:assert/strict';
import { ContractFactory, Interface, JsonRpcProvider, Wallet, WebSocketProvider, ZeroAddress, isError, parseEther } from 'ethers';
import { refusal, run, within } from './check.mjs';
import { keys, network, rpc, token, webSocket } from './network.mjs';

const SUPPLY = 1_000n;

// ethers keeps each answer for 250 ms by default, so that the nonce after a receipt would be the one before: blocks come faster than that.
const fresh = { cacheTimeout: -1 };
// Without a network given it asks for one; requests of one turn go out as one JSON-RPC batch.
const provider = new JsonRpcProvider(rpc, undefined, { ...fresh, polling: true });
provider.pollingInterval = 200;
// The one that ethers chooses itself: log events by filters that the node keeps.
const filtering = new JsonRpcProvider(rpc, network.l2ChainId, { ...fresh, staticNetwork: true });
filtering.pollingInterval = 200;
const [wallet, other] = keys.map((key) => new Wallet(key, provider));
const abi = new Interface(token.abi);
const stranger = () => Wallet.createRandom().address;

/** A promise of the first event, and its arguments. */
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...found) => resolve(found)));

async function identifies() {
  const [found, accounts, head] = await Promise.all([provider.getNetwork(), provider.listAccounts(), provider.getBlock('latest')]);
  assert.equal(found.chainId, BigInt(network.l2ChainId));
  assert.deepEqual(accounts, []);
  assert.ok(head.baseFeePerGas > 0n);
}

async function transfers() {
  const to = stranger();
  const sent = await wallet.sendTransaction({ to, value: parseEther('0.25') });
  const receipt = await sent.wait();
  assert.equal(receipt.status, 1);
  assert.equal(receipt.gasUsed, 21_000n);
  assert.equal(await provider.getBalance(to), parseEther('0.25'));
  const transaction = await provider.getTransaction(sent.hash);
  assert.equal(transaction.from, wallet.address);
  assert.equal(transaction.type, 2);
  assert.equal(transaction.signature.serialized, sent.signature.serialized);
  // ethers computes the hash of what the node says anew.
  const { hash, blockNumber } = await provider.getTransactionReceipt(sent.hash);
  assert.deepEqual([hash, blockNumber], [sent.hash, receipt.blockNumber]);
}

async function everyEnvelope() {
  const to = stranger();
  const accessList = [{ address: to, storageKeys: [`0x${'00'.repeat(32)}`] }];
  const gasUsed = [];
  for (const request of [{ type: 0 }, { type: 1, accessList }, { type: 2, accessList }]) {
    const receipt = await (await wallet.sendTransaction({ to, value: 1n, ...request })).wait();
    assert.equal(receipt.type, request.type);
    gasUsed.push(receipt.gasUsed);
  }
  assert.deepEqual(gasUsed, [21_000n, 25_300n, 25_300n]);
}

async function queues() {
  const to = stranger();
  const first = await provider.getTransactionCount(wallet.address, 'pending');
  const sent = await Promise.all([2, 1, 0].map((ahead) => wallet.sendTransaction({ to, value: 1n, gasLimit: 21_000n, nonce: first + ahead })));
  const receipts = await Promise.all(sent.map((transaction) => transaction.wait()));
  assert.ok(receipts.every((receipt) => receipt.status === 1));
  assert.equal(await provider.getBalance(to), 3n);
}

async function deploys() {
  const contract = await new ContractFactory(token.abi, token.bytecode, wallet).deploy(SUPPLY);
  await contract.waitForDeployment();
  const address = await contract.getAddress();
  assert.ok((await provider.getCode(address)).length > 1_000, `no code at ${address}`);
  const [name, supply, owned] = await Promise.all([contract.name(), contract.totalSupply(), contract.balanceOf(wallet.address)]);
  assert.deepEqual([name, supply, owned], ['Test token', SUPPLY, SUPPLY]);
  return { contract, address };
}

async function writes({ contract }) {
  const estimate = await contract.transfer.estimateGas(other.address, 400n);
  const receipt = await (await contract.transfer(other.address, 400n)).wait();
  assert.ok(receipt.gasUsed <= estimate, `it used ${receipt.gasUsed} gas, and ${estimate} were estimated`);
  assert.equal(receipt.logs[0].fragment.name, 'Transfer');
  assert.equal(await contract.balanceOf(other.address), 400n);
  assert.equal(await contract.balanceOf(other.address, { blockTag: receipt.blockNumber - 1 }), 0n);
}

async function queries({ contract }) {
  const all = await contract.queryFilter(contract.filters.Transfer(), 0);
  assert.deepEqual(all.map((event) => event.args.value), [SUPPLY, 400n]);
  assert.equal(all[0].args.from, ZeroAddress);
  const one = await contract.queryFilter(contract.filters.Transfer(null, other.address), 0);
  assert.equal(one.length, 1);
  assert.equal((await one[0].getTransactionReceipt()).blockHash, one[0].blockHash);
}

async function reverts({ contract }) {
  const simulated = await refusal(contract.transfer.staticCall(other.address, SUPPLY));
  assert.ok(isError(simulated, 'CALL_EXCEPTION'), `not understood as a revert: ${simulated}`);
  assert.equal(simulated.revert.name, 'InsufficientBalance');
  assert.deepEqual([...simulated.revert.args], [wallet.address, SUPPLY - 400n, SUPPLY]);
  const estimated = await refusal(contract.transfer(other.address, SUPPLY));
  assert.ok(isError(estimated, 'CALL_EXCEPTION'), `not understood as a revert: ${estimated}`);
  assert.equal(abi.parseError(estimated.data).name, 'InsufficientBalance');
  const sent = await contract.transfer(other.address, SUPPLY, { gasLimit: 100_000n });
  const mined = await refusal(sent.wait());
  assert.ok(isError(mined, 'CALL_EXCEPTION'), `not understood as a revert: ${mined}`);
  assert.equal(mined.receipt.status, 0);
}

async function refusals() {
  const nonce = await wallet.getNonce();
  const stale = await refusal(wallet.sendTransaction({ to: other.address, nonce: nonce - 1, gasLimit: 21_000n }));
  assert.ok(isError(stale, 'NONCE_EXPIRED'), `not understood as a nonce that is too low: ${stale}`);
  const poor = Wallet.createRandom(provider);
  const unpaid = await refusal(poor.sendTransaction({ to: other.address, value: 1n, gasLimit: 21_000n }));
  assert.ok(isError(unpaid, 'INSUFFICIENT_FUNDS'), `not understood as missing funds: ${unpaid}`);
  // The nonce after the next waits, so that the same one can be bid for again, too low.
  const waiting = { to: other.address, nonce: nonce + 1, gasLimit: 21_000n, maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 10n ** 8n };
  const first = await wallet.sendTransaction(waiting);
  const cheap = await refusal(wallet.sendTransaction({ ...waiting, value: 1n }));
  assert.ok(isError(cheap, 'REPLACEMENT_UNDERPRICED'), `not understood as a replacement that pays too little: ${cheap}`);
  await (await wallet.sendTransaction({ to: other.address, nonce })).wait();
  assert.equal((await first.wait()).status, 1);
}

async function events({ address }) {
  const contract = new ContractFactory(token.abi, token.bytecode).attach(address);
  for (const way of [provider, filtering]) {
    const listener = contract.connect(way);
    await listener.on('Approval', () => {});
    const approved = once(listener, 'Approval');
    const block = once(way, 'block');
    // The first poll marks where the listening starts.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await (await contract.connect(wallet).approve(other.address, 9n)).wait();
    const [[owner, spender, value], [number]] = await within(15_000, Promise.all([approved, block]));
    assert.deepEqual([owner, spender, value], [wallet.address, other.address, 9n]);
    assert.ok(number > 0);
    await listener.removeAllListeners();
    await way.removeAllListeners();
  }
}

async function subscribes({ address }) {
  const socket = new WebSocketProvider(webSocket, network.l2ChainId);
  const contract = new ContractFactory(token.abi, token.bytecode).attach(address).connect(socket);
  const seen = Promise.all([once(contract, 'Transfer'), once(socket, 'block'), once(socket, 'pending')]);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const sent = await contract.connect(wallet).transfer(other.address, 1n);
  const [[, to], [number], [hash]] = await within(15_000, seen);
  const receipt = await sent.wait();
  assert.equal(to, other.address);
  assert.equal(number, receipt.blockNumber);
  assert.equal(hash, sent.hash);
  await socket.destroy();
}

/** A library that asks for more at once than it puts into one batch; and what a node's own namespaces say, through the provider. */
async function asksForMuch({ contract, address }) {
  const numbers = Array.from({ length: 150 }, (_, number) => number);
  const head = await provider.getBlockNumber();
  const blocks = await Promise.all(numbers.map((number) => provider.getBlock(Math.min(number, head))));
  assert.deepEqual(blocks.map(({ number }) => number), numbers.map((number) => Math.min(number, head)));
  blocks.slice(1).forEach((block, at) => assert.ok(block.number === blocks[at].number || block.parentHash === blocks[at].hash));
  const [last] = (await contract.queryFilter(contract.filters.Transfer(), 0)).slice(-1);
  const trace = await provider.send('debug_traceTransaction', [last.transactionHash, { tracer: 'callTracer' }]);
  assert.equal(BigInt(trace.gasUsed), (await last.getTransactionReceipt()).gasUsed);
  const inBlock = await provider.getLogs({ address, blockHash: last.blockHash });
  assert.deepEqual(inBlock.map(({ transactionHash }) => transactionHash), [last.transactionHash]);
  const { baseFeePerGas, prevRandao, hash } = await provider.getBlock(last.blockNumber, true);
  assert.deepEqual([hash, baseFeePerGas > 0n, prevRandao.length], [last.blockHash, true, 66]);
}

/** Signs, sends and waits over a WebSocket alone. */
async function sendsOverSocket() {
  const socket = new WebSocketProvider(webSocket, network.l2ChainId, fresh);
  const to = stranger();
  const receipt = await (await wallet.connect(socket).sendTransaction({ to, value: 2n })).wait(1, 15_000);
  assert.equal(receipt.status, 1);
  assert.equal(await socket.getBalance(to), 2n);
  await socket.destroy();
}

async function fees() {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = await provider.getFeeData();
  assert.ok(gasPrice > 0n && maxFeePerGas > maxPriorityFeePerGas && maxPriorityFeePerGas > 0n);
}

async function delegates({ address }) {
  const delegator = Wallet.createRandom(provider);
  const authorization = await delegator.authorize({ address, nonce: 0, chainId: network.l2ChainId });
  const data = abi.encodeFunctionData('approve', [other.address, 3n]);
  const request = { type: 4, to: delegator.address, data, authorizationList: [authorization], gasLimit: 200_000n };
  const receipt = await (await wallet.sendTransaction(request)).wait();
  assert.equal(receipt.type, 4);
  assert.equal(await provider.getCode(delegator.address), `0xef0100${address.slice(2)}`.toLowerCase());
  const contract = new ContractFactory(token.abi, token.bytecode).attach(delegator.address).connect(provider);
  assert.equal(await contract.allowance(wallet.address, other.address), 3n);
}

await run([
  ['getNetwork, listAccounts, getBlock: in one batch', identifies],
  ['sendTransaction: a transfer arrives, and its receipt and transaction agree', transfers],
  ['sendTransaction: legacy, access list and EIP-1559', everyEnvelope],
  ['sendTransaction: three nonces at once, in any order', queues],
  ['ContractFactory.deploy: a token', deploys],
  ['estimateGas and a token transfer, and the state before it', writes],
  ['queryFilter: events by topic', queries],
  ['staticCall, estimateGas, wait: a custom error is decoded', reverts],
  ['sendTransaction: errors that ethers knows by their words', refusals],
  ['on: events and blocks, by polling logs and by filters', events],
  ['WebSocketProvider: events, blocks and pending transactions', subscribes],
  ['WebSocketProvider: a transaction', sendsOverSocket],
  ['getBlock: 150 at once; getLogs by block hash, send', asksForMuch],
  ['getFeeData', fees],
  ['authorize: a fresh account takes the code of a contract (EIP-7702)', delegates],
]);
