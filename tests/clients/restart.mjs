// Applications that listen over WebSocket while the node is killed and started again: one with viem, which connects again by itself, one with ethers, which
// does not. What they missed meanwhile they ask for; in the end each has every block and every event once.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { Contract, WebSocketProvider } from 'ethers';
import { createPublicClient, createWalletClient, http, webSocket as webSocketTransport } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { eventually, run } from './check.mjs';
import { keys, network, rpc, token, webSocket } from './network.mjs';

const request = process.env.GAINSAY_RESTART;
if (!request) {
  throw new Error('GAINSAY_RESTART is not set: it wants a path; when a file appears there, the node must be killed, started again, and the file removed');
}

const chain = { id: network.l2ChainId, name: 'Gainsay', nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: { default: { http: [rpc] } } };
const [account, other] = keys.map((key) => privateKeyToAccount(key));
// Does not try again by itself: the checks say when the node must answer.
const reader = createPublicClient({ chain, transport: http(undefined, { retryCount: 0 }), pollingInterval: 100 });
const wallet = createWalletClient({ account, chain, transport: http() });

/** Blocks from the first that was seen on, without holes; and the token's transfers in them. */
class Ledger {
  blocks = [];
  values = new Map();
  missed = 0;
  turn = Promise.resolve();

  constructor(name) {
    this.name = name;
  }

  /** Takes a block, after those between it and the last one, which are asked for in turn. What cannot be asked now is asked with the next block. */
  block(number, ask) {
    const take = async () => {
      for (let next = (this.blocks.at(-1)?.number ?? number - 1) + 1; next <= number; next += 1) {
        this.blocks.push(await ask(next));
        this.missed += next < number ? 1 : 0;
      }
    };
    this.turn = this.turn.then(take).catch(() => {});
  }

  event({ blockHash, index, value }) {
    this.values.set(`${blockHash}-${index}`, value);
  }

  has(value) {
    return [...this.values.values()].includes(value);
  }

  /** Fails unless it has every transfer from `since` to `last` once, and a chain of blocks. */
  check(since, last) {
    const wanted = Array.from({ length: Number(last - since) + 1 }, (_, place) => since + BigInt(place));
    const found = [...this.values.values()].filter((value) => value >= since).sort((a, b) => Number(a - b));
    assert.deepEqual(found, wanted, `${this.name}: its transfers`);
    for (const [place, { parentHash }] of this.blocks.slice(1).entries()) {
      assert.equal(parentHash, this.blocks[place].hash, `${this.name}: block ${this.blocks[place + 1].number} is no child of the one before`);
    }
  }
}

/** Sends so many tokens, and waits until a block has them. */
async function send(contract, value) {
  const hash = await wallet.writeContract({ ...contract, functionName: 'transfer', args: [other.address, value] });
  const { status } = await reader.waitForTransactionReceipt({ hash });
  assert.equal(status, 'success');
}

/** An application on viem: it subscribes once, and is told of the connection's end as an error. */
function withViem(contract) {
  const ledger = new Ledger('viem');
  // It tries once after the connection ends, and again whenever its keep-alive finds none.
  const options = { reconnect: { attempts: 100, delay: 500 }, keepAlive: { interval: 1_000 } };
  const client = createPublicClient({ chain, transport: webSocketTransport(webSocket, options) });
  const losses = [];
  const onError = (error) => losses.push(error.name);
  const take = (logs) => logs.forEach(({ blockHash, logIndex, args }) => ledger.event({ blockHash, index: logIndex, value: args.value }));
  client.watchContractEvent({ ...contract, eventName: 'Transfer', poll: false, onLogs: take, onError });
  client.watchBlocks({
    poll: false,
    onError,
    onBlock: ({ number }) => ledger.block(Number(number), async (wanted) => {
      const blockNumber = BigInt(wanted);
      take(await client.getContractEvents({ ...contract, eventName: 'Transfer', fromBlock: blockNumber, toBlock: blockNumber }));
      const { hash, parentHash } = await client.getBlock({ blockNumber });
      return { number: wanted, hash, parentHash };
    }),
  });
  return { ledger, losses };
}

/** An application on ethers: it makes a new provider when the connection ends, and asks for what happened since the last block it had. */
function withEthers({ address, abi }) {
  const ledger = new Ledger('ethers');
  const losses = [];
  const connect = () => {
    const provider = new WebSocketProvider(webSocket, network.l2ChainId);
    const contract = new Contract(address, abi, provider);
    const take = ({ blockHash, index, args }) => ledger.event({ blockHash, index, value: args.value });
    const ask = async (number) => {
      (await contract.queryFilter(contract.filters.Transfer(), number, number)).forEach(take);
      const { hash, parentHash } = await provider.getBlock(number);
      return { number, hash, parentHash };
    };
    provider.websocket.onclose = () => {
      losses.push('close');
      provider.destroy();
      connectOnceThere();
    };
    contract.on('Transfer', (...words) => take(words.at(-1).log));
    provider.on('block', (number) => ledger.block(number, ask));
  };
  // A provider that never connects cannot be got rid of.
  const connectOnceThere = () => reader.getBlockNumber({ cacheTime: 0 }).then(connect, () => setTimeout(connectOnceThere, 500));
  connect();
  return { ledger, losses };
}

async function starts() {
  const hash = await wallet.deployContract({ ...token, args: [1_000n] });
  const { contractAddress } = await reader.waitForTransactionReceipt({ hash });
  const contract = { address: contractAddress, abi: token.abi };
  const applications = [withViem(contract), withEthers(contract)];
  // The subscriptions are there once blocks are told of.
  for (let value = 1n; ; value += 1n) {
    await send(contract, value);
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (applications.every(({ ledger }) => ledger.has(value) && ledger.blocks.length > 0)) {
      return { contract, applications, last: value, since: value };
    }
  }
}

async function restarts({ contract, applications, last }) {
  writeFileSync(request, '');
  await eventually(async () => (existsSync(request) ? undefined : true));
  await eventually(() => reader.getBlockNumber({ cacheTime: 0 }).catch(() => undefined));
  // Before the applications have noticed that the node is back: nobody tells them of these.
  for (const ahead of [1n, 2n]) {
    await send(contract, last + ahead);
  }
  for (const { losses } of applications) {
    assert.ok(losses.length > 0, 'an application did not notice that its connection ended');
  }
  return { last: last + 2n };
}

async function complete({ contract, applications, last, since }) {
  await eventually(async () => {
    last += 1n;
    await send(contract, last);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return applications.every(({ ledger }) => ledger.has(last)) ? true : undefined;
  });
  for (const { ledger } of applications) {
    ledger.check(since, last);
    console.log(`    ${ledger.name}: ${ledger.blocks.length} blocks, ${ledger.missed} of them asked for afterwards`);
  }
}

await run([
  ['subscriptions to blocks and events, with viem and with ethers', starts],
  ['the node is killed and started again; transfers go on', restarts],
  ['both have every block and every event, once', complete],
]);
