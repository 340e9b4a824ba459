// Somebody claims what is false, beside an assertion that withdrawals were proved against. The network's own challenger answers.

import { decodeAbiParameters, keccak256 } from 'viem';
import { network } from '../network.mjs';
import { abi } from './abi.mjs';
import { done, l1, l1Contracts, mallory } from './clients.mjs';

const rollup = { address: l1Contracts.rollup, abi: abi.rollup };

/** All assertions, by their ids. */
async function assertions() {
  const event = abi.rollup.find(({ name }) => name === 'AssertionCreated');
  const logs = await l1.getLogs({ address: rollup.address, event, fromBlock: 0n });
  return new Map(logs.map(({ args }) => [args.id, args]));
}

/** The claims that lead from the latest confirmed assertion down to this one. */
function path(known, confirmed, id) {
  const claims = [];
  for (let at = known.get(id); at.id !== confirmed; at = known.get(at.parent)) {
    if (!known.has(at.parent)) {
      throw new Error(`the assertion ${id} is confirmed already: the dispute came too late`);
    }
    claims.unshift({ inputsHash: known.get(at.parent).inputsHash, end: at.end });
  }
  return claims;
}

/** Stakes on a false sibling of the assertion that a game shows; gives the stake's id. */
export async function dispute(game) {
  const [, id] = decodeAbiParameters([{ type: 'uint256' }, { type: 'bytes32' }], game.extraData);
  const [known, confirmed, stakeId] = await Promise.all([
    assertions(),
    l1.readContract({ ...rollup, functionName: 'latestConfirmed' }),
    l1.readContract({ ...rollup, functionName: 'nextStakeId', args: [mallory.address] }),
  ]);
  const claims = path(known, confirmed, id);
  claims.at(-1).end = { ...claims.at(-1).end, outputRoot: keccak256('0xfa15e0') };
  const value = BigInt(network.rollup.bond);
  await done(l1, await mallory.l1.writeContract({ ...rollup, functionName: 'stake', args: [confirmed, claims], value }));
  return stakeId;
}

/** Whether a stake has lost a match. */
export async function isDefeated(stakeId) {
  const [, status] = await l1.readContract({ ...rollup, functionName: 'stakeOf', args: [stakeId] });
  return status === 2;
}
