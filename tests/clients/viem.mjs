// A wallet and an application that use viem.

import assert from 'node:assert/strict';
import {
  BaseError, ContractFunctionRevertedError, InsufficientFundsError, NonceTooLowError, createPublicClient, createWalletClient, defineChain,
  encodeFunctionData, http, parseEther, parseEventLogs, webSocket as webSocketTransport,
} from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { refusal, run, within } from './check.mjs';
import { keys, network, rpc, token, webSocket } from './network.mjs';

const SUPPLY = 1_000n;

const chain = defineChain({
  id: network.l2ChainId,
  name: 'Gainsay',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [rpc], webSocket: [webSocket] } },
});
const [account, other] = keys.map((key) => privateKeyToAccount(key));
const reader = createPublicClient({ chain, transport: http(undefined, { batch: true }), pollingInterval: 200 });
const socket = createPublicClient({ chain, transport: webSocketTransport(), pollingInterval: 200 });
const wallet = createWalletClient({ account, chain, transport: http() });
const stranger = () => privateKeyToAccount(generatePrivateKey()).address;

/** The receipt of a transaction, which must have succeeded. */
async function mined(hash) {
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success', `${hash} reverted`);
  return receipt;
}

/** The custom error that a simulated call ends with. */
async function revertOf(call) {
  const error = await refusal(call);
  assert.ok(error instanceof BaseError, `not an error of viem: ${error}`);
  const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  assert.ok(revert, `no revert in: ${error}`);
  return revert.data;
}

async function transfers() {
  const to = stranger();
  const hash = await wallet.sendTransaction({ to, value: parseEther('0.5') });
  const receipt = await mined(hash);
  assert.equal(receipt.gasUsed, 21_000n);
  assert.equal(receipt.type, 'eip1559');
  assert.equal(await reader.getBalance({ address: to }), parseEther('0.5'));
  const transaction = await reader.getTransaction({ hash });
  assert.equal(transaction.from.toLowerCase(), account.address.toLowerCase());
  assert.equal(transaction.blockHash, receipt.blockHash);
  assert.equal(transaction.value, parseEther('0.5'));
}

async function everyEnvelope() {
  const to = stranger();
  const slot = `0x${'00'.repeat(31)}01`;
  const accessList = [{ address: to, storageKeys: [slot] }];
  const legacy = await mined(await wallet.sendTransaction({ to, value: 1n, type: 'legacy' }));
  const listed = await mined(await wallet.sendTransaction({ to, value: 1n, type: 'eip2930', accessList }));
  const modern = await mined(await wallet.sendTransaction({ to, value: 1n, type: 'eip1559', accessList }));
  assert.deepEqual([legacy.type, listed.type, modern.type], ['legacy', 'eip2930', 'eip1559']);
  // 2,400 for the address and 1,900 for the slot.
  assert.equal(listed.gasUsed, legacy.gasUsed + 4_300n);
  assert.equal(modern.gasUsed, listed.gasUsed);
  const { accessList: read } = await reader.getTransaction({ hash: listed.transactionHash });
  assert.equal(read[0].storageKeys[0], slot);
  assert.equal(await reader.getBalance({ address: to }), 3n);
}

async function deploys() {
  const hash = await wallet.deployContract({ ...token, args: [SUPPLY] });
  const { contractAddress } = await mined(hash);
  const code = await reader.getCode({ address: contractAddress });
  assert.ok(code.length > 1_000, `no code at ${contractAddress}`);
  return { contract: { address: contractAddress, abi: token.abi } };
}

async function reads({ contract }) {
  // At once: the transport puts them into one JSON-RPC batch.
  const [name, supply, owned] = await Promise.all([
    reader.readContract({ ...contract, functionName: 'name' }),
    reader.readContract({ ...contract, functionName: 'totalSupply' }),
    reader.readContract({ ...contract, functionName: 'balanceOf', args: [account.address] }),
  ]);
  assert.deepEqual([name, supply, owned], ['Test token', SUPPLY, SUPPLY]);
}

async function writes({ contract }) {
  const call = { ...contract, functionName: 'transfer', args: [other.address, 400n], account };
  const { request, result } = await reader.simulateContract(call);
  assert.equal(result, true);
  const estimate = await reader.estimateContractGas(call);
  const receipt = await mined(await wallet.writeContract(request));
  assert.ok(receipt.gasUsed <= estimate, `it used ${receipt.gasUsed} gas, and ${estimate} were estimated`);
  assert.ok(estimate * 10n < receipt.gasUsed * 13n, `${estimate} gas were estimated for ${receipt.gasUsed}`);
  const left = () => reader.readContract({ ...contract, functionName: 'balanceOf', args: [account.address] });
  assert.equal(await left(), SUPPLY - 400n);
  const before = { ...contract, functionName: 'balanceOf', args: [account.address], blockNumber: receipt.blockNumber - 1n };
  assert.equal(await reader.readContract(before), SUPPLY, 'the block before has another balance');
  return { transfer: receipt };
}

async function logs({ contract, transfer }) {
  const event = token.abi.find((item) => item.type === 'event' && item.name === 'Transfer');
  const found = await reader.getLogs({ address: contract.address, event, args: { to: other.address }, fromBlock: 0n });
  assert.equal(found.length, 1);
  assert.deepEqual(found[0].args, { from: account.address, to: other.address, value: 400n });
  assert.equal(found[0].transactionHash, transfer.transactionHash);
  const [parsed] = parseEventLogs({ abi: token.abi, logs: transfer.logs });
  assert.equal(parsed.eventName, 'Transfer');
  const byHash = await reader.getLogs({ address: contract.address, blockHash: transfer.blockHash });
  assert.equal(byHash.length, 1);
  assert.equal(byHash[0].logIndex, found[0].logIndex);
}

async function reverts({ contract }) {
  const call = { ...contract, functionName: 'transfer', args: [other.address, SUPPLY], account };
  const { errorName, args } = await revertOf(reader.simulateContract(call));
  assert.equal(errorName, 'InsufficientBalance');
  assert.deepEqual(args, [account.address, SUPPLY - 400n, SUPPLY]);
  assert.equal((await revertOf(reader.estimateContractGas(call))).errorName, 'InsufficientBalance');
  // With a gas limit of its own nothing warns, and it reverts in a block.
  const hash = await wallet.writeContract({ ...call, gas: 100_000n });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'reverted');
  assert.equal(receipt.logs.length, 0);
}

async function refusals() {
  const nonce = await reader.getTransactionCount({ address: account.address });
  const stale = await refusal(wallet.sendTransaction({ to: other.address, nonce: nonce - 1, gas: 21_000n }));
  assert.ok(stale.walk((cause) => cause instanceof NonceTooLowError), `not understood as a nonce that is too low: ${stale}`);
  const poor = privateKeyToAccount(generatePrivateKey());
  const unpaid = await refusal(wallet.sendTransaction({ account: poor, to: other.address, value: 1n, gas: 21_000n }));
  assert.ok(unpaid.walk((cause) => cause instanceof InsufficientFundsError), `not understood as missing funds: ${unpaid}`);
  const estimate = await refusal(reader.estimateGas({ account: poor, to: other.address, value: 1n }));
  assert.ok(estimate.walk((cause) => cause instanceof InsufficientFundsError), `not understood as missing funds: ${estimate}`);
}

async function delegates({ contract }) {
  const fresh = privateKeyToAccount(generatePrivateKey());
  const authorization = await wallet.signAuthorization({ account: fresh, contractAddress: contract.address });
  const data = encodeFunctionData({ abi: token.abi, functionName: 'approve', args: [other.address, 7n] });
  const receipt = await mined(await wallet.sendTransaction({ authorizationList: [authorization], to: fresh.address, data }));
  assert.equal(receipt.type, 'eip7702');
  const code = await reader.getCode({ address: fresh.address });
  assert.equal(code, `0xef0100${contract.address.slice(2)}`.toLowerCase());
  // The token's code ran on the storage of the account.
  const allowance = { abi: token.abi, address: fresh.address, functionName: 'allowance', args: [account.address, other.address] };
  assert.equal(await reader.readContract(allowance), 7n);
  const { authorizationList } = await reader.getTransaction({ hash: receipt.transactionHash });
  assert.equal(authorizationList[0].address.toLowerCase(), contract.address.toLowerCase());
}

async function watches({ contract }) {
  const [heads, events] = [[], []];
  let stop = [];
  const seen = new Promise((resolve, reject) => {
    const check = () => heads.length >= 3 && events.length > 0 && resolve();
    const onError = reject;
    stop = [
      socket.watchBlocks({ onBlock: (block) => { heads.push(block); check(); }, onError }),
      socket.watchContractEvent({ ...contract, eventName: 'Transfer', onLogs: (found) => { events.push(...found); check(); }, onError }),
    ];
  });
  // A block has to come for the subscriptions to stand.
  const send = async () => {
    for (let sent = 0; sent < 4; sent += 1) {
      await mined(await wallet.writeContract({ ...contract, functionName: 'transfer', args: [other.address, 1n] }));
    }
  };
  await Promise.all([within(20_000, seen), send()]);
  stop.forEach((end) => end());
  for (let at = 1; at < heads.length; at += 1) {
    assert.equal(heads[at].parentHash, heads[at - 1].hash, 'the blocks that were announced are not a chain');
  }
  assert.equal(events[0].args.to, other.address);
}

async function polls({ contract }) {
  let stop;
  const seen = new Promise((resolve, reject) => {
    const onLogs = (found) => resolve(found[0]);
    stop = reader.watchContractEvent({ ...contract, eventName: 'Approval', onLogs, onError: reject, poll: true });
  });
  // The filter is made at the first poll.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await mined(await wallet.writeContract({ ...contract, functionName: 'approve', args: [other.address, 5n] }));
  const event = await within(20_000, seen);
  stop();
  assert.deepEqual([event.args.spender, event.args.value], [other.address, 5n]);
}

async function fees() {
  const [{ maxFeePerGas, maxPriorityFeePerGas }, history, gasPrice] = await Promise.all([
    reader.estimateFeesPerGas(),
    reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [25, 75] }),
    reader.getGasPrice(),
  ]);
  assert.ok(maxFeePerGas > maxPriorityFeePerGas && maxPriorityFeePerGas > 0n);
  assert.ok(gasPrice >= history.baseFeePerGas.at(-1));
  assert.equal(history.baseFeePerGas.length, history.gasUsedRatio.length + 1);
  assert.equal(history.reward.length, history.gasUsedRatio.length);
}

async function blocks({ transfer }) {
  const block = await reader.getBlock({ blockHash: transfer.blockHash, includeTransactions: true });
  const inside = block.transactions.find((transaction) => transaction.hash === transfer.transactionHash);
  assert.equal(inside.transactionIndex, transfer.transactionIndex);
  const [safe, finalized, latest, pending] = await Promise.all(
    ['safe', 'finalized', 'latest', 'pending'].map((blockTag) => reader.getBlock({ blockTag })),
  );
  assert.ok(finalized.number <= safe.number && safe.number <= latest.number);
  assert.ok(pending.timestamp >= latest.timestamp);
}

async function proof({ contract }) {
  const { accountProof, storageProof, balance } = await reader.getProof({ address: contract.address, storageKeys: [`0x${'00'.repeat(32)}`] });
  assert.ok(accountProof.length > 0);
  assert.equal(storageProof.length, 1);
  assert.equal(balance, 0n);
}

await run([
  ['sendTransaction: a transfer arrives, and its receipt and transaction agree', transfers],
  ['sendTransaction: legacy, access list and EIP-1559', everyEnvelope],
  ['deployContract: a token', deploys],
  ['readContract: three reads in one batch', reads],
  ['simulateContract, estimateContractGas, writeContract: a token transfer, and the state before it', writes],
  ['getLogs: by topic, and by block hash', logs],
  ['simulateContract: a custom error is decoded', reverts],
  ['sendTransaction: errors that viem knows by their words', refusals],
  ['signAuthorization: a fresh account takes the code of a contract (EIP-7702)', delegates],
  ['watchBlocks, watchContractEvent: over WebSocket', watches],
  ['watchContractEvent: by polling a filter', polls],
  ['estimateFeesPerGas, getFeeHistory, getGasPrice', fees],
  ['getBlock: with transactions, and by every tag', blocks],
  ['getProof: of a contract', proof],
]);
