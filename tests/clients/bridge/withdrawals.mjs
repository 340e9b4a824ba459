// From L2 to L1: several withdrawals of each kind, taken together through proof, challenge window and payment.

import assert from 'node:assert/strict';
import { encodeFunctionData, erc20Abi, parseEther, parseEventLogs, zeroHash } from 'viem';
import { getWithdrawals } from 'viem/op-stack';
import { eventually, refusal } from '../check.mjs';
import { forwarder, gate, network } from '../network.mjs';
import { abi } from './abi.mjs';
import { alice, bob, carol, chain, deploy, done, l1, l1Contracts, l2, l2Contracts, withdraw, withoutMulticall } from './clients.mjs';
import { arrived, fresh, refusedBy } from './deposits.mjs';
import { dispute as disputed, isDefeated } from './dispute.mjs';

const targetChain = chain;
const GAS = 200_000;

const status = ({ receipt, logIndex }) => l1.getWithdrawalStatus({ receipt, logIndex, targetChain });

/** Fails unless all withdrawals are where viem should see them. */
async function allAre(words, withdrawals) {
  const found = await Promise.all(withdrawals.map(status));
  assert.deepEqual(found, Array(withdrawals.length).fill(words), withdrawals.map(({ name }) => name).join(', '));
}

/** Ether and a call, straight through the message passer. */
async function plain(value, to, data) {
  const request = await l1.buildInitiateWithdrawal({ account: alice.account, to, value, data });
  assert.ok((await l2.estimateInitiateWithdrawalGas(request)) > 0n);
  return alice.l2.initiateWithdrawal(request);
}

/** The bridge on L2: `bridgeETHTo`, or `bridgeERC20To`. */
async function bridged(functionName, args, value) {
  const call = { address: l2Contracts.bridge, abi: abi.bridge, functionName, args: [...args, GAS, '0x'], value };
  return alice.l2.writeContract(call);
}

/** By a deposit on L1: the way that needs no RPC of L2. */
async function forced(value, to) {
  const data = encodeFunctionData({ abi: abi.passer, functionName: 'initiateWithdrawal', args: [to, 21_000n, '0x'] });
  const request = { to: l2Contracts.passer, value, data, gas: 300_000n };
  const [receipt] = await arrived(await alice.l1.depositTransaction({ request, targetChain }));
  return receipt.transactionHash;
}

/** Two withdrawals in one transaction, by a contract. */
async function pair(caller, value, to) {
  const data = encodeFunctionData({ abi: abi.passer, functionName: 'initiateWithdrawal', args: [to, 21_000n, '0x'] });
  const call = { target: l2Contracts.passer, value, data };
  const forwarded = { address: caller, abi: forwarder.abi, functionName: 'forward', args: [[call, call]], value: 2n * value };
  return alice.l2.writeContract(forwarded);
}

/** `buildInitiateWithdrawal` estimates the call, and would find that it fails. */
async function initiate(to, value) {
  return alice.l2.initiateWithdrawal({ request: { to, value, gas: 50_000n } });
}

async function started({ name, hash, logIndex = 0 }) {
  const receipt = await done(l2, hash);
  return { name, receipt, logIndex, withdrawal: getWithdrawals(receipt)[logIndex] };
}

async function start({ token, twin, callerOnL2, gateOnL1 }) {
  const [ether, forcedEther, bridgedEther, both, tokens] = Array.from({ length: 5 }, fresh);
  const shut = await deploy(l1, bob.l1, gate);
  const refusing = await deploy(l1, bob.l1, gate);
  const open = encodeFunctionData({ abi: gate.abi, functionName: 'open' });
  const value = parseEther('1') + 1n;
  const forcedHash = await forced(value, forcedEther);
  const two = await pair(callerOnL2, value, both);
  const list = [
    { name: 'ether', hash: await plain(value, ether) },
    { name: 'a call with ether', hash: await plain(value, gateOnL1, open) },
    { name: 'ether, forced', hash: forcedHash },
    { name: 'ether, bridged', hash: await bridged('bridgeETHTo', [bridgedEther], value) },
    { name: 'tokens', hash: await bridged('bridgeERC20To', [twin, token, tokens, 250n]) },
    { name: 'ether for who refuses it', hash: await initiate(shut, value) },
    { name: 'ether for who refuses it, bridged', hash: await bridged('bridgeETHTo', [refusing], value) },
    { name: 'the first of two', hash: two, logIndex: 0 },
    { name: 'the second of two', hash: two, logIndex: 1 },
  ];
  const withdrawals = await Promise.all(list.map(started));
  // The latest block is not even on L1 yet.
  assert.equal(await status(withdrawals[6]), 'waiting-to-prove');
  assert.ok((await l1.getTimeToProve({ receipt: withdrawals[6].receipt, targetChain })).seconds >= 0);
  return { withdrawals, value, receivers: { ether, forcedEther, bridgedEther, both, tokens, shut, refusing } };
}

/** What the documented lines do from start to end, beside all the others. */
async function documented() {
  const to = fresh();
  const value = parseEther('0.25');
  const whole = withdraw({ l1, l2, l1Wallet: bob.l1, l2Wallet: bob.l2, to, value });
  // Failing early it must not end the program before its own check.
  whole.catch(() => {});
  return { whole: { ended: whole, to, value } };
}

async function wait({ withdrawals }) {
  // Without a buffer viem looks at once. Otherwise it guesses from the distance of the games so far; the documented lines leave it to that.
  const games = await Promise.all(withdrawals.map(({ receipt }) => l1.waitToProve({ receipt, targetChain, intervalBuffer: 0 })));
  for (const [i, { game, output }] of games.entries()) {
    assert.ok(game.l2BlockNumber >= withdrawals[i].receipt.blockNumber);
    assert.equal(output.outputIndex, game.index);
  }
  await allAre('ready-to-prove', withdrawals);
  const latest = await l1.getGame({ l2BlockNumber: withdrawals[0].receipt.blockNumber, targetChain });
  const shown = await withoutMulticall.getGames({ l2BlockNumber: withdrawals[0].receipt.blockNumber, targetChain });
  assert.ok(shown.some(({ index }) => index === latest.index));
  const [oldest] = games.map(({ game }) => game).sort((a, b) => Number(a.index - b.index));
  return { oldest, withdrawals: withdrawals.map((one, i) => ({ ...one, output: games[i].output })) };
}

/** A proof that says anything else than what happened is refused. */
async function forgeries({ withdrawals: [one, other] }) {
  const proof = await l2.buildProveWithdrawal({ output: one.output, withdrawal: one.withdrawal });
  const otherProof = await l2.buildProveWithdrawal({ output: one.output, withdrawal: other.withdrawal });
  const { outputRootProof, withdrawalProof } = proof;
  const refused = ({ withdrawal = one.withdrawal, index = one.output.outputIndex, root = outputRootProof, path = withdrawalProof }) => {
    const args = [withdrawal, index, root, path];
    return refusedBy(l1, { account: bob.account, address: l1Contracts.portal, abi: abi.portal, functionName: 'proveWithdrawalTransaction', args });
  };
  const more = { ...one.withdrawal, value: one.withdrawal.value + 1n };
  assert.equal(await refused({ withdrawal: more }), 'InvalidMerkleProof');
  assert.equal(await refused({ path: otherProof.withdrawalProof }), 'InvalidMerkleProof');
  assert.equal(await refused({ path: [...withdrawalProof, '0x80'] }), 'InvalidMerkleProof');
  assert.equal(await refused({ root: { ...outputRootProof, stateRoot: zeroHash } }), 'OptimismPortal_InvalidOutputRootProof');
  assert.equal(await refused({ index: 1_000_000n }), 'UnknownGame');
}

async function prove({ withdrawals }) {
  const sent = [];
  for (const { output, withdrawal } of withdrawals) {
    const proof = await l2.buildProveWithdrawal({ account: alice.account, output, withdrawal });
    assert.ok((await l1.estimateProveWithdrawalGas(proof)) > 21_000n);
    sent.push(await alice.l1.proveWithdrawal(proof));
  }
  const receipts = await Promise.all(sent.map((hash) => done(l1, hash)));
  await allAre('waiting-to-finalize', withdrawals);
  for (const { withdrawal } of withdrawals) {
    const { seconds, period } = await l1.getTimeToFinalize({ withdrawalHash: withdrawal.withdrawalHash, targetChain });
    assert.ok(period === network.withdrawals.proofMaturityDelay && seconds > 0 && seconds < 120, `${seconds} s of ${period}`);
    const finalize = { address: l1Contracts.portal, abi: abi.portal, functionName: 'finalizeWithdrawalTransaction', args: [withdrawal] };
    assert.match(await refusedBy(l1, { ...finalize, account: alice.account }), /^OptimismPortal_(ProofNotOldEnough|InvalidRootClaim)$/);
    assert.equal(await refusedBy(l1, { ...finalize, account: bob.account }), 'OptimismPortal_Unproven');
  }
  return { proofGas: receipts.map(({ gasUsed }) => gasUsed) };
}

/** While nobody on L1 knows which of two claims is true, viem shows neither, and nothing is paid. */
async function dispute({ withdrawals, oldest }) {
  const stakeId = await disputed(oldest);
  await allAre('waiting-to-prove', withdrawals);
  const error = await refusal(l1.getGame({ l2BlockNumber: oldest.l2BlockNumber, targetChain }));
  assert.equal(error.name, 'GameNotFoundError');
  const finalize = { address: l1Contracts.portal, abi: abi.portal, functionName: 'finalizeWithdrawalTransaction' };
  const refused = () => refusedBy(l1, { ...finalize, args: [withdrawals[0].withdrawal], account: alice.account });
  await eventually(async () => ((await refused()) === 'OptimismPortal_InvalidRootClaim' ? true : undefined));
  assert.equal(await isDefeated(stakeId), false);
  return { stakeId };
}

async function ripen({ withdrawals, stakeId }) {
  await Promise.all(withdrawals.map(({ withdrawal: { withdrawalHash } }) => l1.waitToFinalize({ withdrawalHash, targetChain })));
  // viem knows when the window ends, not when a dispute does.
  await eventually(async () => ((await Promise.all(withdrawals.map(status))).every((one) => one === 'ready-to-finalize') ? true : undefined));
  assert.equal(await isDefeated(stakeId), true);
}

/** Another's later proof changes what viem says, and hinders nobody: it ripens while the first one pays. */
async function laterProof({ withdrawals: [one] }) {
  const proof = await l2.buildProveWithdrawal({ account: carol.account, output: one.output, withdrawal: one.withdrawal });
  await done(l1, await carol.l1.proveWithdrawal(proof));
  assert.equal(await status(one), 'waiting-to-finalize');
  await done(l1, await alice.l1.finalizeWithdrawal({ targetChain, withdrawal: one.withdrawal }));
  assert.equal(await status(one), 'finalized');
}

/** Whether the call of each withdrawal succeeded. Half of them are finalised by another than who proved them. */
async function finalize({ withdrawals }) {
  const sent = [];
  const others = withdrawals.slice(1);
  for (const [i, { withdrawal }] of others.entries()) {
    const request = { targetChain, withdrawal };
    assert.ok((await l1.estimateFinalizeWithdrawalGas({ ...request, account: alice.account })) > 21_000n);
    const hash = i % 2 ? carol.l1.finalizeWithdrawal({ ...request, proofSubmitter: alice.address }) : alice.l1.finalizeWithdrawal(request);
    sent.push(await hash);
  }
  const receipts = await Promise.all(sent.map((hash) => done(l1, hash)));
  const outcomes = receipts.map(({ logs }) => parseEventLogs({ abi: abi.portal, eventName: 'WithdrawalFinalized', logs })[0].args.success);
  assert.deepEqual(
    others.filter((_, i) => !outcomes[i]).map(({ name }) => name),
    ['ether for who refuses it'],
  );
  await allAre('finalized', withdrawals);
  for (const { withdrawal } of withdrawals) {
    const again = { address: l1Contracts.portal, abi: abi.portal, functionName: 'finalizeWithdrawalTransaction', args: [withdrawal] };
    assert.equal(await refusedBy(l1, { ...again, account: alice.account }), 'OptimismPortal_AlreadyFinalized');
  }
}

async function paid({ token, value, receivers, gateOnL1 }) {
  const { ether, forcedEther, bridgedEther, both, tokens, shut, refusing } = receivers;
  const balances = await Promise.all(
    [ether, gateOnL1, forcedEther, bridgedEther, both, shut, refusing].map((address) => l1.getBalance({ address })),
  );
  assert.deepEqual(balances, [value, value, value, value, 2n * value, 0n, 0n]);
  assert.equal(await l1.readContract({ address: gateOnL1, abi: gate.abi, functionName: 'isOpen' }), true);
  assert.equal(await l1.readContract({ address: token, abi: erc20Abi, functionName: 'balanceOf', args: [tokens] }), 250n);
}

async function documentedEnd({ whole: { ended, to, value } }) {
  assert.equal((await ended).status, 'success');
  assert.equal(await l1.getBalance({ address: to }), value);
}

export const withdrawals = [
  ['initiateWithdrawal, buildInitiateWithdrawal, getWithdrawals: withdrawals of every kind start', start],
  ['the documented lines start one, too', documented],
  ['waitToProve, getGame, getGames, getTimeToProve: an assertion reaches them', wait, 90],
  ['forged proofs are refused', forgeries],
  ['buildProveWithdrawal, proveWithdrawal, getTimeToFinalize: all are proved, and none is paid yet', prove],
  ['somebody claims what is false: no game is shown, and nothing is paid', dispute],
  ['waitToFinalize: the liar has lost, the window is over and the assertion confirmed', ripen, 120],
  ["another's later proof hinders nobody", laterProof],
  ['finalizeWithdrawal: each once, by anyone', finalize],
  ['all that should be on L1 is there', paid],
  ['the documented lines have come to their end', documentedEnd, 90],
];
