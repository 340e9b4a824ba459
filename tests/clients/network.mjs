// What the programs of this folder are told by their environment, and what they share.

import { readFileSync } from 'node:fs';

function told(name, meaning) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: it wants ${meaning}`);
  }
  return value;
}

/** JSON-RPC of the node on L2. */
export const rpc = told('GAINSAY_RPC', 'the URL of a node on L2, for instance http://127.0.0.1:9545');
/** The same over WebSocket: one port serves both. */
export const webSocket = rpc.replace(/^http/, 'ws');
/** JSON-RPC of L1. */
export const l1Rpc = told('GAINSAY_L1_RPC', 'the URL of L1');
/** Private keys of accounts that have ether, separated by commas; no other program uses them at the same time. */
export const keys = told('GAINSAY_KEYS', 'private keys, separated by commas').split(',');
/** Chain ids and contracts, as a deployment writes them down. */
export const network = JSON.parse(readFileSync(told('GAINSAY_ADDRESSES', 'the addresses.json of the network')));

const artifact = JSON.parse(readFileSync(told('GAINSAY_TOKEN', "forge's artifact of the Token contract")));
/** The ERC-20 of tests/contracts. */
export const token = { abi: artifact.abi, bytecode: artifact.bytecode.object };
