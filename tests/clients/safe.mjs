// A Safe of two owners, both of whom must sign, through its authors' protocol kit.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import protocolKit from '@safe-global/protocol-kit';
import { concat, createPublicClient, createWalletClient, encodeFunctionData, http, keccak256, parseEther, parseEventLogs } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { refusal, run } from './check.mjs';
import { keys, network, rpc, token } from './network.mjs';

const Safe = protocolKit.default ?? protocolKit;
const require = createRequire(import.meta.url);
const VERSION = '1.4.1';
/** Each contract of that version: what the kit calls it, where its authors' list of deployments has it, and their build of it. */
const CONTRACTS = {
  safeSingleton: ['SafeL2Singleton', 'SafeL2.sol/SafeL2'],
  safeProxyFactory: ['ProxyFactory', 'proxies/SafeProxyFactory.sol/SafeProxyFactory'],
  multiSend: ['MultiSend', 'libraries/MultiSend.sol/MultiSend'],
  multiSendCallOnly: ['MultiSendCallOnly', 'libraries/MultiSendCallOnly.sol/MultiSendCallOnly'],
  fallbackHandler: ['CompatibilityFallbackHandler', 'handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler'],
  signMessageLib: ['SignMessageLib', 'libraries/SignMessageLib.sol/SignMessageLib'],
  createCall: ['CreateCall', 'libraries/CreateCall.sol/CreateCall'],
  simulateTxAccessor: ['SimulateTxAccessor', 'accessors/SimulateTxAccessor.sol/SimulateTxAccessor'],
};
/** The list that the kit knows public chains by. */
const deployments = createRequire(require.resolve('@safe-global/protocol-kit'))('@safe-global/safe-deployments');
const published = (path) => require(`@safe-global/safe-contracts/build/artifacts/contracts/${path}.json`);

const chain = { id: network.l2ChainId, name: 'Gainsay', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [rpc] } } };
const [first, second] = keys.map((key) => privateKeyToAccount(key));
const reader = createPublicClient({ chain, transport: http(), pollingInterval: 100 });
const wallet = createWalletClient({ account: first, chain, transport: http() });
const stranger = privateKeyToAccount(generatePrivateKey()).address;

/** The receipt of a transaction, which must have succeeded. */
async function mined(hash) {
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success', `${hash} reverted`);
  return receipt;
}

async function deploy({ abi, bytecode }, ...args) {
  return (await mined(await wallet.deployContract({ abi, bytecode, args }))).contractAddress;
}

/** Through the factory that is there from genesis, each comes to where it is on public chains. */
async function deploys() {
  const salt = `0x${'00'.repeat(32)}`;
  const addresses = {};
  for (const [name, [listed, path]] of Object.entries(CONTRACTS)) {
    const { address, codeHash } = deployments[`get${listed}Deployment`]({ version: VERSION }).deployments.canonical;
    // Another run may have put it there.
    if ((await reader.getCode({ address })) === undefined) {
      await mined(await wallet.sendTransaction({ to: network.predeploys.SafeSingletonFactory, data: concat([salt, published(path).bytecode]) }));
    }
    assert.equal(keccak256((await reader.getCode({ address })) ?? '0x'), codeHash, `${name} is not at ${address}`);
    addresses[`${name}Address`] = address;
  }
  return { contractNetworks: { [network.l2ChainId]: addresses } };
}

async function creates({ contractNetworks }) {
  const safeAccountConfig = { owners: [first.address, second.address], threshold: 2 };
  const predictedSafe = { safeAccountConfig, safeDeploymentConfig: { saltNonce: '7', safeVersion: VERSION } };
  const undeployed = await Safe.init({ provider: rpc, signer: keys[0], predictedSafe, contractNetworks });
  const address = await undeployed.getAddress();
  assert.equal(await undeployed.isSafeDeployed(), false);
  const { to, data, value } = await undeployed.createSafeDeploymentTransaction();
  await mined(await wallet.sendTransaction({ to, data, value: BigInt(value) }));
  const [ours, theirs] = await Promise.all(keys.map((signer) => Safe.init({ provider: rpc, signer, safeAddress: address, contractNetworks })));
  assert.deepEqual(await ours.getOwners(), [first.address, second.address]);
  assert.deepEqual([await ours.getThreshold(), await ours.getNonce(), ours.getContractVersion()], [2, 0, VERSION]);
  await mined(await wallet.sendTransaction({ to: address, value: parseEther('1') }));
  assert.equal(await ours.getBalance(), parseEther('1'));
  return { address, ours, theirs };
}

async function needsTwo({ address, ours }) {
  const proposed = await ours.createTransaction({ transactions: [{ to: stranger, value: parseEther('0.25').toString(), data: '0x' }] });
  const signed = await ours.signTransaction(proposed);
  assert.equal(await ours.isValidTransaction(signed).catch(() => false), false);
  const refused = await refusal(ours.executeTransaction(signed));
  assert.match(String(refused), /signature.*missing|GS020/s);
  assert.equal(await reader.getBalance({ address }), parseEther('1'));
  return { signed };
}

async function executes({ address, theirs, signed }) {
  const complete = await theirs.signTransaction(signed);
  assert.equal(complete.signatures.size, 2);
  assert.equal(await theirs.isValidTransaction(complete), true);
  const { hash } = await theirs.executeTransaction(complete);
  const { logs } = await mined(hash);
  const events = parseEventLogs({ abi: published(CONTRACTS.safeSingleton[1]).abi, logs }).map(({ eventName }) => eventName);
  assert.deepEqual(events, ['SafeMultiSigTransaction', 'ExecutionSuccess']);
  assert.equal(await reader.getBalance({ address: stranger }), parseEther('0.25'));
  assert.equal(await reader.getBalance({ address }), parseEther('0.75'));
  assert.equal(await theirs.getNonce(), 1);
  // Its nonce is used up, so that the signatures are for another transaction.
  assert.match(String(await refusal(theirs.executeTransaction(complete))), /GS026/);
}

/** Two transfers in one transaction, which one owner approves on the chain instead of signing. */
async function batches({ address, ours, theirs }) {
  const coin = await deploy(token, 100n);
  const transfer = (to, value) => encodeFunctionData({ abi: token.abi, functionName: 'transfer', args: [to, value] });
  await mined(await wallet.sendTransaction({ to: coin, data: transfer(address, 60n) }));
  const transactions = [10n, 20n].map((value) => ({ to: coin, value: '0', data: transfer(stranger, value) }));
  const proposed = await ours.createTransaction({ transactions, onlyCalls: true });
  const approval = await theirs.approveTransactionHash(await theirs.getTransactionHash(proposed));
  await mined(approval.hash);
  assert.deepEqual(await ours.getOwnersWhoApprovedTx(await ours.getTransactionHash(proposed)), [second.address]);
  const { hash } = await ours.executeTransaction(proposed);
  await mined(hash);
  const balance = (owner) => reader.readContract({ address: coin, abi: token.abi, functionName: 'balanceOf', args: [owner] });
  assert.deepEqual([await balance(address), await balance(stranger)], [30n, 30n]);
}

await run([
  ['the contracts of version 1.4.1 are where all chains have them', deploys],
  ['a Safe of two owners is where it was predicted, and has ether', creates],
  ['one signature is not enough', needsTwo],
  ['with both the ether moves, once', executes],
  ['two transfers at once, signed by one and approved by the other', batches],
]);
