// The life of deposits and withdrawals, as an application that uses viem's actions for chains of the OP Stack goes through it. After every step
// all ether and all tokens of both layers are counted.

import assert from 'node:assert/strict';
import { conserved } from './bridge/conservation.mjs';
import { deposits } from './bridge/deposits.mjs';
import { failedMessages, failedWithdrawals } from './bridge/messages.mjs';
import { withdrawals } from './bridge/withdrawals.mjs';
import { eventually, run } from './check.mjs';

async function allArrived(context) {
  await eventually(async () => ((await conserved(context)).length === 0 ? true : undefined));
}

const story = [
  ...deposits,
  ...failedMessages,
  ['every deposit has arrived, once', allArrived],
  ...withdrawals,
  ...failedWithdrawals,
  ['all ether and all tokens are where they should be', allArrived],
];
await run(story, async (context) => void (await conserved(context)));
