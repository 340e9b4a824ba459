// Messages that fail where they arrive, and are delivered again.

import assert from 'node:assert/strict';
import { decodeFunctionData, encodeFunctionData, keccak256, parseEther, parseEventLogs } from 'viem';
import { gate } from '../network.mjs';
import { abi } from './abi.mjs';
import { alice, bob, deploy, done, l1, l1Contracts, l2, l2Contracts } from './clients.mjs';
import { arrived, refusedBy } from './deposits.mjs';

/** The call that delivers a message, as another than its sender makes it. */
function delivery(address, message) {
  const { functionName, args } = decodeFunctionData({ abi: abi.messenger, data: message });
  return { account: bob.account, address, abi: abi.messenger, functionName, args };
}

/** What happened to messages, by a receipt. */
function outcome(logs) {
  const events = parseEventLogs({ abi: abi.messenger, eventName: ['RelayedMessage', 'FailedRelayedMessage'], logs });
  return events.map(({ eventName, args }) => [eventName, args.msgHash]);
}

/** Fails once more while the gate is closed, succeeds when it is open, and never again. */
async function replay(client, [byOpener, byBob], { gate: address, messenger, message, value }) {
  const call = delivery(messenger, message);
  const hash = keccak256(message);
  const attempt = async () => outcome((await done(client, await byBob.writeContract({ ...call, gas: 500_000n }))).logs);
  assert.deepEqual(await attempt(), [['FailedRelayedMessage', hash]]);
  assert.equal(await client.getBalance({ address }), 0n);
  await done(client, await byOpener.writeContract({ address, abi: gate.abi, functionName: 'open' }));
  assert.deepEqual(await attempt(), [['RelayedMessage', hash]]);
  assert.equal(await client.getBalance({ address }), value);
  assert.equal(await refusedBy(client, call), 'AlreadyRelayed');
}

/** Ether for a contract on L2 that refuses it. */
async function failOnL2() {
  const value = parseEther('2') + 3n;
  const closed = await deploy(l2, bob.l2, gate);
  const call = { address: l1Contracts.bridge, abi: abi.bridge, functionName: 'bridgeETHTo', args: [closed, 100_000, '0x'], value };
  const [deposit] = await arrived(await alice.l1.writeContract(call));
  const { input } = await l2.getTransaction({ hash: deposit.transactionHash });
  // The deposit itself succeeds: its message is kept.
  assert.deepEqual([deposit.status, ...outcome(deposit.logs)], ['success', ['FailedRelayedMessage', keccak256(input)]]);
  assert.equal(await l2.getBalance({ address: closed }), 0n);
  return { failedOnL2: { gate: closed, messenger: l2Contracts.messenger, message: input, value } };
}

async function replayOnL2({ failedOnL2 }) {
  await replay(l2, [alice.l2, bob.l2], failedOnL2);
}

/** A message that nobody sent cannot be delivered. */
async function inventions({ failedOnL2: { message } }) {
  const { functionName, args } = decodeFunctionData({ abi: abi.messenger, data: message });
  const more = encodeFunctionData({ abi: abi.messenger, functionName, args: args.with(3, args[3] + 1n) });
  assert.equal(await refusedBy(l2, delivery(l2Contracts.messenger, more)), 'NotReplayable');
  assert.equal(await refusedBy(l1, delivery(l1Contracts.messenger, message)), 'NotReplayable');
}

async function replayOnL1({ withdrawals, receivers: { refusing }, value }) {
  const { withdrawal } = withdrawals.find(({ name }) => name === 'ether for who refuses it, bridged');
  await replay(l1, [alice.l1, bob.l1], { gate: refusing, messenger: l1Contracts.messenger, message: withdrawal.data, value });
}

export const failedMessages = [
  ['a message to L2 fails, and its ether waits', failOnL2],
  ['nobody delivers what was not sent', inventions],
  ['a failed message is delivered on L2 by anyone, once', replayOnL2],
];

export const failedWithdrawals = [['a failed message is delivered on L1 by anyone, once', replayOnL1]];
