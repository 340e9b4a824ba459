// Both layers as an application of viem sees them, and people who use them.

import assert from 'node:assert/strict';
import { createPublicClient, createWalletClient, getAddress, http } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { publicActionsL1, publicActionsL2, walletActionsL1, walletActionsL2 } from 'viem/op-stack';
import { documented } from '../documented.mjs';
import { keys, l1Rpc, network, rpc } from '../network.mjs';

const [portal, rollup, games, messenger, bridge] = ['portal', 'rollup', 'games', 'messenger', 'bridge'].map((name) =>
  getAddress(network.contracts[name]),
);
/** Contracts on L1. */
export const l1Contracts = { portal, rollup, games, messenger, bridge };
/** Contracts on L2. */
export const l2Contracts = {
  messenger: '0x4200000000000000000000000000000000000007',
  bridge: '0x4200000000000000000000000000000000000010',
  tokenFactory: '0x4200000000000000000000000000000000000012',
  passer: '0x4200000000000000000000000000000000000016',
};

/** Multicall3, where it stands on every chain. */
const multicall3 = { address: '0xcA11bde05977b3631167028862bE2a173976CA11' };
export const l1Chain = { ...foundry, id: network.l1ChainId, contracts: { multicall3 } };
export const chain = await documented('chain', {
  l1: { id: network.l1ChainId },
  l2ChainId: network.l2ChainId,
  l2Url: rpc,
  portal,
  games,
  bridge,
});
/** The hashes on L2 of the deposits that a receipt on L1 shows. */
export const l2TransactionHashes = await documented('l2TransactionHashes');
/** A withdrawal from its start to its end. */
export const withdraw = await documented('withdraw');

const quick = { pollingInterval: 200, cacheTime: 0 };
export const l1 = createPublicClient({ chain: l1Chain, transport: http(l1Rpc), ...quick }).extend(publicActionsL1());
/** Where L1 has no Multicall3. */
export const withoutMulticall = createPublicClient({
  chain: { ...l1Chain, contracts: {} },
  transport: http(l1Rpc),
  batch: { multicall: { deployless: true } },
}).extend(publicActionsL1());
export const l2 = createPublicClient({ chain, transport: http(), ...quick }).extend(publicActionsL2());

function person(key) {
  const account = privateKeyToAccount(key);
  return {
    account,
    address: account.address,
    l1: createWalletClient({ account, chain: l1Chain, transport: http(l1Rpc), ...quick }).extend(walletActionsL1()),
    l2: createWalletClient({ account, chain, transport: http(), ...quick }).extend(walletActionsL2()),
  };
}
export const alice = person(keys[0]);
export const bob = person(keys[1]);
/** They have ether on L1 once somebody sends them some. */
export const [carol, mallory] = [person(generatePrivateKey()), person(generatePrivateKey())];

/** The receipt of a transaction that must succeed. */
export async function done(client, hash) {
  const receipt = await client.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success', `${hash} on ${client.chain.name} reverted`);
  return receipt;
}

/** Deploys a contract of tests/contracts and gives its address. */
export async function deploy(client, wallet, { abi, bytecode }, args = []) {
  return (await done(client, await wallet.deployContract({ abi, bytecode, args }))).contractAddress;
}
