// OpenZeppelin's Governor: what the votes decide is done, by the council and by nobody else.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeFunctionData, keccak256, parseEventLogs, toBytes } from 'viem';
import { contracts, mined, owner, reached, refused, stranger } from '../deployment.js';

const { council, items, votes } = contracts;
const account = owner;
/** As Governor numbers choices and states. */
const [AGAINST, FOR] = [0, 1];
const [PENDING, DEFEATED, SUCCEEDED, EXECUTED] = [0, 3, 4, 7];

/** Proposes that the council makes so many items of kind 3 for a stranger. */
async function propose(amount, description) {
  const data = encodeFunctionData({ abi: items.abi, functionName: 'mint', args: [stranger, [3n], [amount]] });
  const actions = [[items.address], [0n], [data]];
  const { logs } = await mined(council.write.propose([...actions, description], { account }));
  const [{ args }] = parseEventLogs({ abi: council.abi, eventName: 'ProposalCreated', logs });
  assert.deepEqual([args.targets, args.calldatas], [actions[0], actions[2]]);
  return { id: args.proposalId, start: args.voteStart, end: args.voteEnd, execution: [...actions, keccak256(toBytes(description))] };
}

/** Votes once voting has started, and waits until it has ended. */
async function vote({ id, start, end }, choice) {
  await reached(start + 1n);
  await mined(council.write.castVoteWithReason([id, choice, 'as discussed'], { account }));
  const weight = await votes.read.getPastVotes([account, start]);
  const [against, supported] = await council.read.proposalVotes([id]);
  assert.ok(weight > 0n, 'whoever votes has no votes');
  assert.deepEqual([against, supported], choice === FOR ? [0n, weight] : [weight, 0n]);
  await refused('GovernorAlreadyCastVote', council.simulate.castVote([id, choice], { account }));
  await reached(end + 1n);
}

describe('Governor', () => {
  it('does what the votes decided, after they did', async () => {
    const proposal = await propose(9n, 'nine for a stranger');
    assert.equal(await council.read.state([proposal.id]), PENDING);
    await refused('GovernorUnexpectedProposalState', council.simulate.execute(proposal.execution, { account }));
    await vote(proposal, FOR);
    assert.equal(await council.read.state([proposal.id]), SUCCEEDED);
    await mined(council.write.execute(proposal.execution, { account }));
    assert.equal(await council.read.state([proposal.id]), EXECUTED);
    assert.equal(await items.read.balanceOf([stranger, 3n]), 9n);
  });

  it('does not do what the votes refused', async () => {
    const proposal = await propose(1_000n, 'a thousand for a stranger');
    await vote(proposal, AGAINST);
    assert.equal(await council.read.state([proposal.id]), DEFEATED);
    await refused('GovernorUnexpectedProposalState', council.simulate.execute(proposal.execution, { account }));
    assert.equal(await items.read.balanceOf([stranger, 3n]), 9n);
  });
});
