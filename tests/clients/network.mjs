// What the programs of this folder are told by their environment, and what they share.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

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
const addresses = told('GAINSAY_ADDRESSES', 'the addresses.json of the network');
export const network = JSON.parse(readFileSync(addresses));
/** What L2 started with. */
export const genesis = JSON.parse(readFileSync(join(dirname(addresses), network.genesis.file)));

const artifacts = told('GAINSAY_ARTIFACTS', 'the folder of what forge made of tests/contracts');
function artifact(name) {
  const { abi, bytecode } = JSON.parse(readFileSync(join(artifacts, `${name}.sol`, `${name}.json`)));
  return { abi, bytecode: bytecode.object };
}

/** The ERC-20 of tests/contracts. */
export const token = artifact('Token');
/** Refuses ether until it is opened. */
export const gate = artifact('Gate');
/** Makes calls for others. */
export const forwarder = artifact('Forwarder');
