// What the tests use: a token of votes, a council that those votes steer, and two collections, one of which the council owns.

import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';

/** Of the votes, without decimals. */
export const SUPPLY = 1_000n;

export default buildModule('Everything', (m) => {
  const owner = m.getAccount(0);
  const votes = m.contract('Votes', [owner, SUPPLY]);
  // In blocks: voting starts after 1 and lasts 6.
  const council = m.contract('Council', [votes, 1, 6]);
  const art = m.contract('Art', [owner]);
  const items = m.contract('Items', [owner]);
  m.call(art, 'mint', [owner, 'ipfs://first']);
  // Not before the first items are made: nobody but the council makes them afterwards.
  const made = m.call(items, 'mint', [owner, [1n, 2n], [10n, 20n]]);
  m.call(items, 'transferOwnership', [council], { after: [made] });
  // Votes count only once they are delegated.
  m.call(votes, 'delegate', [owner]);
  return { votes, council, art, items };
});
