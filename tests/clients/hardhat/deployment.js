// What Ignition has deployed, and what the tests share.

import assert from 'node:assert/strict';
import { network } from 'hardhat';
import { BaseError, ContractFunctionRevertedError } from 'viem';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import Everything from './ignition/modules/Everything.js';

const { ignition, viem } = await network.create();

export const reader = await viem.getPublicClient({ pollingInterval: 100 });
const wallets = await viem.getWalletClients();
/** Of the first account: hardhat signs for it. */
export const [wallet] = wallets;
/** The accounts of the project's configuration. */
export const [owner, voter] = wallets.map(({ account }) => account.address);
/** Somebody who has nothing yet. */
export const stranger = privateKeyToAddress(generatePrivateKey());

const sent = await reader.getTransactionCount({ address: owner });
/** Goes on from the journal of the deployment, which is complete. */
export const contracts = await ignition.deploy(Everything, { deploymentId: process.env.GAINSAY_DEPLOYMENT });
assert.equal(await reader.getTransactionCount({ address: owner }), sent, 'something was deployed again');

/** The receipt of a transaction, which must have succeeded. */
export async function mined(sending) {
  const hash = await sending;
  const receipt = await reader.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success', `${hash} reverted`);
  return receipt;
}

/** The custom error of this name that a call ends with. */
export async function refused(name, call) {
  const error = await call.then((value) => assert.fail(`it should have been refused, but gave ${value}`), (reason) => reason);
  const revert = error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  assert.ok(revert, `no revert: ${error}`);
  assert.equal(revert.data?.errorName, name);
  return revert.data;
}

/** Makes blocks up to this one: on a quiet chain they come with transactions alone. */
export async function reached(number) {
  for (let last = await reader.getBlockNumber({ cacheTime: 0 }); last < number; ) {
    last = (await mined(wallet.sendTransaction({ to: stranger, value: 1n }))).blockNumber;
  }
}
