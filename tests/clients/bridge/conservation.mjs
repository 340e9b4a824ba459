// Counts all ether and all bridged tokens of both layers, and compares balances with what the logs say should be there, to the wei.

import assert from 'node:assert/strict';
import { erc20Abi, getAddress, keccak256, parseAbiItem } from 'viem';
import { opaqueDataToDepositData } from 'viem/op-stack';
import { genesis } from '../network.mjs';
import { abi } from './abi.mjs';
import { l1, l1Contracts, l2, l2Contracts, l2TransactionHashes } from './clients.mjs';

const sum = (values) => values.reduce((total, value) => total + value, 0n);
const eventOf = (contract, name) => abi[contract].find((item) => item.type === 'event' && item.name === name);

/** Everything that stands in L2's blocks up to `next`: who may have ether, and what deposits brought. */
const seen = { next: 1n, accounts: new Set(Object.keys(genesis.alloc)), deposits: new Map() };
const granted = sum(Object.values(genesis.alloc).map(({ balance }) => BigInt(balance ?? 0)));

/** What the logs name as an address is one that may have ether: it does no harm to ask those that have none. */
function addressesIn(logs) {
  const topics = logs.flatMap((log) => log.topics.slice(1)).filter((topic) => topic.startsWith(`0x${'0'.repeat(24)}`));
  return [...logs.map((log) => log.address), ...topics.map((topic) => `0x${topic.slice(26)}`)];
}

async function readBlock(blockNumber) {
  const [block, logs] = await Promise.all([
    l2.getBlock({ blockNumber, includeTransactions: true }),
    l2.getLogs({ fromBlock: blockNumber, toBlock: blockNumber }),
  ]);
  const created = block.transactions.filter(({ to }) => !to).map(({ hash }) => l2.getTransactionReceipt({ hash }));
  const contracts = (await Promise.all(created)).map((receipt) => receipt.contractAddress);
  const parties = block.transactions.flatMap(({ from, to }) => [from, to]);
  for (const address of [block.miner, ...contracts, ...parties, ...addressesIn(logs)]) {
    if (address) {
      seen.accounts.add(address.toLowerCase());
    }
  }
  for (const transaction of block.transactions.filter(({ type }) => type === 'deposit')) {
    seen.deposits.set(transaction.hash, transaction);
  }
}

async function allLogs(client, address, event, toBlock) {
  return client.getLogs({ address, event, fromBlock: 0n, toBlock });
}

/** The hashes of calls of a messenger that have failed, and of those that were delivered. */
async function messages(client, address, toBlock) {
  const [failed, delivered] = await Promise.all(
    ['FailedRelayedMessage', 'RelayedMessage'].map((name) => allLogs(client, address, eventOf('messenger', name), toBlock)),
  );
  const hashes = (logs) => new Set(logs.map((log) => log.args.msgHash));
  return { failed: hashes(failed), delivered: hashes(delivered) };
}

/** A messenger has the ether of the messages that have failed and wait. */
async function messengerHolds(client, address, block, sent, layer) {
  const { failed, delivered } = await messages(client, address, block);
  const waiting = sent.filter(({ data }) => failed.has(keccak256(data)) && !delivered.has(keccak256(data)));
  const balance = await client.getBalance({ address, blockNumber: block });
  assert.equal(balance, sum(waiting.map(({ value }) => value)), `ether in the messenger on ${layer}`);
}

/** L2's ether is what genesis gave and deposits brought: fees, calls and withdrawals only move it. */
async function onL2(block) {
  for (; seen.next <= block; seen.next += 1n) {
    await readBlock(seen.next);
  }
  const balances = await Promise.all([...seen.accounts].map((address) => l2.getBalance({ address, blockNumber: block })));
  const minted = sum([...seen.deposits.values()].map(({ mint }) => mint ?? 0n));
  assert.equal(sum(balances), granted + minted, 'ether on L2');

  const passed = await allLogs(l2, l2Contracts.passer, eventOf('passer', 'MessagePassed'), block);
  const inPasser = await l2.getBalance({ address: l2Contracts.passer, blockNumber: block });
  assert.equal(inPasser, sum(passed.map(({ args }) => args.value)), 'ether in the message passer');
  const toMessenger = [...seen.deposits.values()].filter(({ to }) => to && getAddress(to) === l2Contracts.messenger);
  await messengerHolds(l2, l2Contracts.messenger, block, toMessenger.map(({ input, value }) => ({ data: input, value })), 'L2');
  return { withdrawals: new Map(passed.map(({ args }) => [args.withdrawalHash, args])) };
}

/** The Portal's ether is what deposits brought, less what withdrawals have paid out. */
async function onL1(block, { withdrawals }) {
  const [deposited, finalized] = await Promise.all(
    ['TransactionDeposited', 'WithdrawalFinalized'].map((name) => allLogs(l1, l1Contracts.portal, eventOf('portal', name), block)),
  );
  const brought = sum(deposited.map(({ args }) => opaqueDataToDepositData(args.opaqueData).mint ?? 0n));
  const over = finalized.map(({ args }) => ({ ...withdrawals.get(args.withdrawalHash), ...args }));
  const paid = sum(over.filter(({ success }) => success).map(({ value }) => value));
  const balance = await l1.getBalance({ address: l1Contracts.portal, blockNumber: block });
  assert.equal(balance, brought - paid, 'ether in the Portal');
  const toMessenger = over.filter(({ target }) => target === l1Contracts.messenger);
  await messengerHolds(l1, l1Contracts.messenger, block, toMessenger, 'L1');
  return { deposited };
}

/** Every deposit on L2 is one of L1's, by its hash; what has not arrived yet is given back. */
async function missing({ deposited }, included) {
  const receipts = [...new Set(deposited.map((log) => log.transactionHash))].map((hash) => l1.getTransactionReceipt({ hash }));
  const expected = new Set((await Promise.all(receipts)).flatMap(l2TransactionHashes));
  const fromUsers = included.filter(({ from }) => from !== '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001');
  for (const { hash } of fromUsers) {
    assert.ok(expected.delete(hash), `no deposit on L1 has the hash ${hash}`);
  }
  return [...expected];
}

/** What holders of a token have, by its own transfers. */
async function held(client, token, block) {
  const transfer = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 value)');
  const transfers = await allLogs(client, token, transfer, block);
  const holders = [...new Set(transfers.map(({ args }) => args.to))];
  const read = (functionName, args) => client.readContract({ address: token, abi: erc20Abi, functionName, args, blockNumber: block });
  const [supply, ...balances] = await Promise.all([read('totalSupply'), ...holders.map((holder) => read('balanceOf', [holder]))]);
  assert.equal(sum(balances), supply, `the holders of ${token} have its supply`);
  return { supply, inBridge: balances[holders.indexOf(l1Contracts.bridge)] ?? 0n };
}

/** What one side of the bridge has sent of a token, less what it has paid out. */
async function net(client, address, localToken, remoteToken, block) {
  const total = async (name) => {
    const event = eventOf('bridge', name);
    const logs = await client.getLogs({ address, event, args: { localToken, remoteToken }, fromBlock: 0n, toBlock: block });
    return sum(logs.map(({ args }) => args.amount));
  };
  return (await total('ERC20BridgeInitiated')) - (await total('ERC20BridgeFinalized'));
}

/** The bridge on L1 holds what it took in and has not given out; on L2 there is what was minted and not burned. */
async function tokens({ token, twin }, { m, n }) {
  const [onL1, onL2] = await Promise.all([held(l1, token, m), held(l2, twin, n)]);
  assert.equal(onL1.inBridge, await net(l1, l1Contracts.bridge, token, twin, m), 'tokens in the bridge on L1');
  const args = [token, twin];
  const recorded = await l1.readContract({ address: l1Contracts.bridge, abi: abi.bridge, functionName: 'deposits', args, blockNumber: m });
  assert.equal(onL1.inBridge, recorded, "tokens in the bridge's own books");
  assert.equal(onL2.supply, -(await net(l2, l2Contracts.bridge, twin, token, n)), 'tokens on L2');
}

/** Fails unless everything is where it should be; gives the hashes of deposits that have not arrived yet. */
export async function conserved({ token, twin } = {}) {
  // L1 after L2: what L2 has executed, L1 has.
  const n = await l2.getBlockNumber();
  const m = await l1.getBlockNumber();
  const onOne = await onL1(m, await onL2(n));
  if (token && twin) {
    await tokens({ token, twin }, { m, n });
  }
  return missing(onOne, [...seen.deposits.values()]);
}
