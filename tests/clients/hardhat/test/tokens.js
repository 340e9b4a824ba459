// OpenZeppelin's tokens, as Ignition deployed them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getAddress, maxUint256, parseEventLogs, parseSignature, zeroAddress } from 'viem';
import { contracts, mined, owner, reader, refused, stranger, voter, wallet } from '../deployment.js';
import { SUPPLY } from '../ignition/modules/Everything.js';

const { votes, art, items, council } = contracts;
const [first, second] = [getAddress(owner), getAddress(voter)];
const PERMIT = [
  { name: 'owner', type: 'address' }, { name: 'spender', type: 'address' }, { name: 'value', type: 'uint256' },
  { name: 'nonce', type: 'uint256' }, { name: 'deadline', type: 'uint256' },
];

describe('ERC-20', () => {
  it('has its whole supply with its owner', async () => {
    const [name, supply, owned] = await Promise.all([votes.read.name(), votes.read.totalSupply(), votes.read.balanceOf([owner])]);
    assert.deepEqual([name, supply, owned], ['Votes', SUPPLY, SUPPLY]);
  });

  it('moves by a permit that its owner has only signed', async () => {
    const domain = { name: 'Votes', version: '1', chainId: await reader.getChainId(), verifyingContract: votes.address };
    const message = { owner, spender: voter, value: 30n, nonce: await votes.read.nonces([owner]), deadline: maxUint256 };
    const { r, s, v } = parseSignature(await wallet.signTypedData({ domain, types: { Permit: PERMIT }, primaryType: 'Permit', message }));
    await mined(votes.write.permit([owner, voter, 30n, maxUint256, Number(v), r, s], { account: voter }));
    await mined(votes.write.transferFrom([owner, stranger, 30n], { account: voter }));
    assert.equal(await votes.read.balanceOf([stranger]), 30n);
    await refused('ERC20InsufficientAllowance', votes.simulate.transferFrom([owner, stranger, 1n], { account: voter }));
  });

  it('refuses more than there is, with the numbers', async () => {
    const { args } = await refused('ERC20InsufficientBalance', votes.simulate.transfer([stranger, SUPPLY], { account: owner }));
    assert.deepEqual(args, [first, SUPPLY - 30n, SUPPLY]);
  });
});

describe('ERC-721', () => {
  it('has the piece that Ignition made', async () => {
    assert.deepEqual([await art.read.ownerOf([1n]), await art.read.tokenURI([1n])], [first, 'ipfs://first']);
  });

  it('hands a piece on, but not to a contract that cannot take it', async () => {
    const { logs } = await mined(art.write.mint([owner, 'ipfs://second'], { account: owner }));
    const [{ args }] = parseEventLogs({ abi: art.abi, eventName: 'Transfer', logs });
    assert.deepEqual([args.from, args.to, args.tokenId], [zeroAddress, first, 2n]);
    await refused('ERC721InvalidReceiver', art.simulate.safeTransferFrom([owner, votes.address, 2n], { account: owner }));
    await mined(art.write.safeTransferFrom([owner, voter, 2n], { account: owner }));
    assert.equal(await art.read.ownerOf([2n]), second);
  });
});

describe('ERC-1155', () => {
  it('moves several kinds at once', async () => {
    await mined(items.write.safeBatchTransferFrom([owner, voter, [1n, 2n], [4n, 5n], '0x'], { account: owner }));
    const held = await items.read.balanceOfBatch([[owner, owner, voter, voter], [1n, 2n, 1n, 2n]]);
    assert.deepEqual(held, [6n, 15n, 4n, 5n]);
    const events = await items.getEvents.TransferBatch({}, { fromBlock: 0n });
    assert.deepEqual(events.map(({ args }) => args.to), [first, second]);
  });

  it('is the council’s', async () => {
    assert.equal(await items.read.owner(), getAddress(council.address));
    const { args } = await refused('OwnableUnauthorizedAccount', items.simulate.mint([owner, [1n], [1n]], { account: owner }));
    assert.deepEqual(args, [first]);
  });
});
