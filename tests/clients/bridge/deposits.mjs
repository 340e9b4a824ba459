// From L1 to L2: ether, calls and tokens, and everything that can fail on the way.

import assert from 'node:assert/strict';
import { ContractFunctionRevertedError, encodeDeployData, encodeFunctionData, erc20Abi, getContractAddress, pad, parseEther, toHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { refusal } from '../check.mjs';
import { forwarder, gate, token as erc20 } from '../network.mjs';
import { abi } from './abi.mjs';
import { alice, bob, carol, chain, deploy, done, l1, l1Contracts, l2, l2Contracts, l2TransactionHashes, mallory } from './clients.mjs';

/** An address that nobody has used. */
export const fresh = () => privateKeyToAccount(generatePrivateKey()).address;
/** How many tokens there are, of a token without decimals. */
const SUPPLY = 1_000_000n;

/** Whom L2 takes a contract on L1 for. */
function aliasOf(contract) {
  return pad(toHex((BigInt(contract) + 0x1111000000000000000000000000000000001111n) % 2n ** 160n), { size: 20 });
}

/** The name of the error that a call is refused with. */
export async function refusedBy(client, call) {
  const error = await refusal(client.simulateContract(call));
  return error.walk((cause) => cause instanceof ContractFunctionRevertedError)?.data?.errorName;
}

/** The receipts on L2 of the deposits that a transaction on L1 has sent, when they are there; the node names the same ones. */
export async function arrived(hash) {
  const onL1 = await done(l1, hash);
  const hashes = l2TransactionHashes(onL1);
  assert.ok(hashes.length > 0, `${hash} sent no deposit`);
  const receipts = await Promise.all(hashes.map((hash) => l2.waitForTransactionReceipt({ hash })));
  const told = await l2.request({ method: 'gainsay_getDepositsByL1Transaction', params: [hash] });
  assert.deepEqual(
    told.map(({ l2TransactionHash, status, blockHash }) => [l2TransactionHash, status, blockHash]),
    receipts.map(({ transactionHash, blockHash }) => [transactionHash, 'included', blockHash]),
  );
  return receipts.map((receipt) => ({ ...receipt, onL1 }));
}

/** What deposits do to an account on L2: wei that it gains, and nonces that it uses. */
async function gained(address, receipts) {
  const numbers = receipts.map(({ blockNumber }) => blockNumber).sort((a, b) => Number(a - b));
  const at = async (blockNumber) => [await l2.getBalance({ address, blockNumber }), await l2.getTransactionCount({ address, blockNumber })];
  const [[before, nonceBefore], [after, nonceAfter]] = await Promise.all([at(numbers[0] - 1n), at(numbers.at(-1))]);
  return [after - before, nonceAfter - nonceBefore];
}

async function contracts() {
  for (const { address } of [carol, mallory]) {
    await done(l1, await alice.l1.sendTransaction({ to: address, value: parseEther('3') }));
  }
  const [gateOnL1, callerOnL1, gateOnL2, callerOnL2, token] = [
    await deploy(l1, alice.l1, gate),
    await deploy(l1, alice.l1, forwarder),
    await deploy(l2, alice.l2, gate),
    await deploy(l2, alice.l2, forwarder),
    await deploy(l1, alice.l1, erc20, [SUPPLY]),
  ];
  return { gateOnL1, callerOnL1, gateOnL2, callerOnL2, token };
}

async function ether() {
  const to = fresh();
  const value = parseEther('3') + 7n;
  const request = await l2.buildDepositTransaction({ account: alice.account, mint: value, to });
  assert.ok((await l1.estimateDepositTransactionGas({ ...request, account: alice.account })) > 0n);
  const [deposit] = await arrived(await alice.l1.depositTransaction(request));
  assert.equal(deposit.status, 'success');
  assert.equal(await l2.getBalance({ address: to }), value);
  const [{ timestamp: sent }, { timestamp: executed }] = await Promise.all([
    l1.getBlock({ blockHash: deposit.onL1.blockHash }),
    l2.getBlock({ blockNumber: deposit.blockNumber }),
  ]);
  assert.ok(executed - sent <= 10n, `the deposit took ${executed - sent} s to L2`);
}

/** Ether without any data, to the Portal and to the bridge, and to another address. */
async function plainEther() {
  const to = fresh();
  const value = parseEther('20');
  const { portal, bridge } = l1Contracts;
  const bridged = { address: bridge, abi: abi.bridge, functionName: 'bridgeETHTo', args: [to, 50_000, '0x'], value };
  const sent = [
    await bob.l1.sendTransaction({ to: portal, value }),
    await bob.l1.sendTransaction({ to: bridge, value }),
    await bob.l1.writeContract(bridged),
  ];
  const receipts = (await Promise.all(sent.map(arrived))).flat();
  assert.deepEqual(receipts.map(({ status }) => status), Array(3).fill('success'));
  assert.deepEqual(await gained(bob.address, receipts), [2n * value, 1]);
  assert.equal(await l2.getBalance({ address: to }), value);
}

async function calls({ gateOnL2 }) {
  const data = encodeFunctionData({ abi: gate.abi, functionName: 'open' });
  const request = await l2.buildDepositTransaction({ account: bob.account, to: gateOnL2, data });
  assert.equal((await arrived(await bob.l1.depositTransaction(request)))[0].status, 'success');
  const opener = await l2.readContract({ address: gateOnL2, abi: gate.abi, functionName: 'opener' });
  assert.equal(opener, bob.address);
}

async function creations() {
  const nonce = await l2.getTransactionCount({ address: alice.address });
  const data = encodeDeployData({ abi: erc20.abi, bytecode: erc20.bytecode, args: [5n] });
  const request = { data, gas: 2_000_000n, isCreation: true };
  const [deposit] = await arrived(await alice.l1.depositTransaction({ request, targetChain: chain }));
  const address = getContractAddress({ from: alice.address, nonce: BigInt(nonce) });
  assert.deepEqual([deposit.status, deposit.contractAddress.toLowerCase()], ['success', address.toLowerCase()]);
  assert.equal(await l2.readContract({ address, abi: erc20Abi, functionName: 'balanceOf', args: [alice.address] }), 5n);
}

/** A deposit whose call fails still brings its ether, to whom it comes from, and uses up a nonce. */
async function failures({ gateOnL2: to }) {
  const mint = parseEther('0.5');
  const closed = await deploy(l2, bob.l2, gate);
  const deploying = encodeDeployData(gate);
  const requests = {
    'a call that reverts': { to: closed, mint, value: mint, gas: 100_000n },
    'a call that runs out of gas': { to, mint, data: encodeFunctionData({ abi: gate.abi, functionName: 'open' }), gas: 21_200n },
    'a creation that runs out of gas': { data: deploying, mint, isCreation: true, gas: 80_000n },
    'more value than there is': { to, mint, value: parseEther('1000000'), gas: 100_000n },
  };
  const sent = [];
  for (const request of Object.values(requests)) {
    sent.push(await alice.l1.depositTransaction({ request, targetChain: chain }));
  }
  const receipts = (await Promise.all(sent.map(arrived))).flat();
  for (const [i, [words, { gas }]] of Object.entries(requests).entries()) {
    assert.equal(receipts[i].status, 'reverted', words);
    assert.ok(receipts[i].gasUsed <= gas, words);
  }
  assert.deepEqual(await gained(alice.address, receipts), [4n * mint, 4]);
}

/** L1 refuses what L2 could not execute. */
async function bounds() {
  const refused = async (gasLimit, data) => {
    const args = [bob.address, 0n, gasLimit, false, data];
    return refusedBy(l1, { account: alice.account, address: l1Contracts.portal, abi: abi.portal, functionName: 'depositTransaction', args });
  };
  const bytes = (length) => `0x${'5a'.repeat(length)}`;
  assert.equal(await refused(20_999n, '0x'), 'GasLimitTooLow');
  assert.equal(await refused(21_039n, bytes(1)), 'GasLimitTooLow');
  assert.equal(await refused(2n ** 24n + 1n, '0x'), 'GasLimitTooHigh');
  assert.equal(await refused(5_000_000n, bytes(100_001)), 'DataTooLarge');

  const request = { to: bob.address, data: bytes(100_000), gas: 21_000n + 40n * 100_000n, mint: 1n };
  const [deposit] = await arrived(await alice.l1.depositTransaction({ request, targetChain: chain }));
  assert.deepEqual([deposit.status, deposit.gasUsed], ['success', request.gas]);
  const { input } = await l2.getTransaction({ hash: deposit.transactionHash });
  assert.equal(input, request.data);
}

async function contractSender({ callerOnL1 }) {
  const to = fresh();
  const value = 11n;
  const data = encodeFunctionData({ abi: abi.portal, functionName: 'depositTransaction', args: [to, value, 21_000n, false, '0x'] });
  const one = { target: l1Contracts.portal, value, data };
  const forwarded = { address: callerOnL1, abi: forwarder.abi, functionName: 'forward', args: [[one, one]], value: 2n * value };
  const deposits = await arrived(await alice.l1.writeContract(forwarded));
  assert.deepEqual(deposits.map(({ from, status }) => [from, status]), Array(2).fill([aliasOf(callerOnL1), 'success']));
  assert.equal(await l2.getBalance({ address: to }), 2n * value);
}

async function twins({ token }) {
  const create = [token, 'Test token', 'TEST', 0];
  const made = { address: l2Contracts.tokenFactory, abi: abi.tokenFactory, functionName: 'createOptimismMintableERC20WithDecimals', args: create };
  const { result: twin, request } = await l2.simulateContract({ ...made, account: bob.account });
  await done(l2, await bob.l2.writeContract(request));
  return { twin };
}

async function tokens({ token, twin }) {
  const to = fresh();
  const approval = { address: token, abi: erc20Abi, functionName: 'approve', args: [l1Contracts.bridge, 1_000n] };
  await done(l1, await alice.l1.writeContract(approval));
  const bridge = { address: l1Contracts.bridge, abi: abi.bridge };
  const sent = [
    await alice.l1.writeContract({ ...bridge, functionName: 'bridgeERC20', args: [token, twin, 700n, 200_000, '0x'] }),
    await alice.l1.writeContract({ ...bridge, functionName: 'bridgeERC20To', args: [token, twin, to, 300n, 200_000, '0x'] }),
  ];
  const receipts = (await Promise.all(sent.map(arrived))).flat();
  assert.deepEqual(receipts.map(({ status }) => status), ['success', 'success']);
  const owned = (owner) => l2.readContract({ address: twin, abi: erc20Abi, functionName: 'balanceOf', args: [owner] });
  assert.deepEqual(await Promise.all([alice.address, to].map(owned)), [700n, 300n]);
}

export const deposits = [
  ['contracts that refuse, contracts that call, and a token', contracts],
  ['depositTransaction: ether arrives within a few blocks of L1, under the hash that the documented lines give', ether],
  ['ether sent to the Portal and to the bridge, and to another address', plainEther],
  ['depositTransaction: a call', calls],
  ['depositTransaction: a contract is created', creations],
  ['deposits whose calls fail bring their ether all the same', failures],
  ['too little gas and too much data are refused on L1; 100,000 bytes arrive', bounds],
  ['a contract sends deposits, from its alias', contractSender],
  ["a token's twin on L2", twins],
  ['tokens arrive', tokens],
];
