// Uniswap v2 as its authors published it, through ethers: pairs, liquidity, swaps.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Contract, ContractFactory, JsonRpcProvider, MaxUint256, Wallet, getCreate2Address, isError, keccak256, parseEther, solidityPackedKeccak256 } from 'ethers';
import { refusal, run } from './check.mjs';
import { keys, rpc, token } from './network.mjs';

const require = createRequire(import.meta.url);
const published = (path) => {
  const { abi, evm } = require(`@uniswap/${path}.json`);
  return { abi, bytecode: `0x${evm.bytecode.object}` };
};
const FACTORY = published('v2-core/build/UniswapV2Factory');
const PAIR = published('v2-core/build/UniswapV2Pair');
const ROUTER = published('v2-periphery/build/UniswapV2Router02');
const WETH = published('v2-periphery/build/WETH9');

/** Of each token; half of it goes into the pool. */
const SUPPLY = 1_000_000n;
/** A pool keeps as many shares for ever. */
const MINIMUM_LIQUIDITY = 1_000n;

// ethers keeps each answer for 250 ms by default: blocks come faster than that.
const provider = new JsonRpcProvider(rpc, undefined, { cacheTimeout: -1, polling: true });
provider.pollingInterval = 100;
const [wallet, other] = keys.map((key) => new Wallet(key, provider));

/** What a pool gives for an amount: 0.3 % of it stays there. */
const given = (amount, reserveIn, reserveOut) => (amount * 997n * reserveOut) / (reserveIn * 1_000n + amount * 997n);

async function deploy({ abi, bytecode }, ...words) {
  const contract = await new ContractFactory(abi, bytecode, wallet).deploy(...words);
  return contract.waitForDeployment();
}

/** The receipt of a transaction, which must have succeeded. */
async function mined(sending) {
  const receipt = await (await sending).wait();
  assert.equal(receipt.status, 1);
  return receipt;
}

const deadline = async () => (await provider.getBlock('latest')).timestamp + 600;

async function deploys() {
  const factory = await deploy(FACTORY, wallet.address);
  const weth = await deploy(WETH);
  const router = await deploy(ROUTER, factory.target, weth.target);
  assert.deepEqual([await router.factory(), await router.WETH()], [factory.target, weth.target]);
  const first = await deploy(token, SUPPLY);
  const second = await deploy(token, SUPPLY);
  for (const one of [first, second]) {
    await mined(one.approve(router.target, MaxUint256));
  }
  return { factory, weth, router, first, second };
}

/** The pair of two tokens, where the router looks for it without asking. */
async function pairOf(factory, one, another) {
  const sorted = [one.target, another.target].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const address = getCreate2Address(factory.target, solidityPackedKeccak256(['address', 'address'], sorted), keccak256(PAIR.bytecode));
  assert.equal(await factory.getPair(one.target, another.target), address);
  const pair = new Contract(address, PAIR.abi, wallet);
  const reserves = async () => {
    const [zero, first] = await pair.getReserves();
    return sorted[0] === one.target ? [zero, first] : [first, zero];
  };
  return { pair, reserves };
}

async function addsLiquidity({ factory, router, first, second }) {
  const amounts = [100_000n, 400_000n];
  const adding = router.addLiquidity(first.target, second.target, ...amounts, ...amounts, wallet.address, await deadline());
  const receipt = await mined(adding);
  const { pair, reserves } = await pairOf(factory, first, second);
  assert.deepEqual(await reserves(), amounts);
  // The square root of the product.
  assert.equal(await pair.totalSupply(), 200_000n);
  assert.equal(await pair.balanceOf(wallet.address), 200_000n - MINIMUM_LIQUIDITY);
  const created = receipt.logs.filter(({ address }) => address === factory.target).map((log) => factory.interface.parseLog(log));
  assert.deepEqual(created.map(({ name, args }) => [name, args.pair]), [['PairCreated', pair.target]]);
  return { pair, reserves };
}

async function swaps({ router, first, second, reserves }) {
  const amount = 5_000n;
  const path = [first.target, second.target];
  const wanted = given(amount, ...(await reserves()));
  assert.deepEqual([...(await router.getAmountsOut(amount, path))], [amount, wanted]);
  const words = [amount, wanted, path, other.address, await deadline()];
  const estimate = await router.swapExactTokensForTokens.estimateGas(...words);
  const receipt = await mined(router.swapExactTokensForTokens(...words));
  assert.ok(receipt.gasUsed <= estimate, `it used ${receipt.gasUsed} gas, and ${estimate} were estimated`);
  assert.equal(await second.balanceOf(other.address), wanted);
  assert.deepEqual(await reserves(), [100_000n + amount, 400_000n - wanted]);
}

async function swapsEther({ factory, weth, router, first }) {
  const value = parseEther('2');
  const adding = router.addLiquidityETH(first.target, 50_000n, 50_000n, value, wallet.address, await deadline(), { value });
  await mined(adding);
  const { reserves } = await pairOf(factory, weth, first);
  assert.deepEqual(await reserves(), [value, 50_000n]);
  const paid = parseEther('0.1');
  const wanted = given(paid, value, 50_000n);
  const buying = router.connect(other).swapExactETHForTokens(wanted, [weth.target, first.target], other.address, await deadline(), { value: paid });
  await mined(buying);
  assert.equal(await first.balanceOf(other.address), wanted);
  // And back: the ether comes out of WETH.
  await mined(first.connect(other).approve(router.target, wanted));
  const before = await provider.getBalance(wallet.address);
  const ether = given(wanted, ...(await reserves()).reverse());
  const selling = router.connect(other).swapExactTokensForETH(wanted, ether, [first.target, weth.target], wallet.address, await deadline());
  await mined(selling);
  assert.equal((await provider.getBalance(wallet.address)) - before, ether);
}

async function refuses({ router, first, second }) {
  const path = [first.target, second.target];
  const [, wanted] = await router.getAmountsOut(1_000n, path);
  const slipped = await refusal(router.swapExactTokensForTokens(1_000n, wanted + 1n, path, other.address, await deadline()));
  assert.ok(isError(slipped, 'CALL_EXCEPTION'), `not understood as a revert: ${slipped}`);
  assert.equal(slipped.reason, 'UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT');
  const late = await refusal(router.swapExactTokensForTokens(1_000n, wanted, path, other.address, 1));
  assert.equal(late.reason, 'UniswapV2Router: EXPIRED');
}

async function removesLiquidity({ router, first, second, pair, reserves }) {
  const [shares, supply] = await Promise.all([pair.balanceOf(wallet.address), pair.totalSupply()]);
  const wanted = (await reserves()).map((reserve) => (reserve * shares) / supply);
  const before = await Promise.all([first, second].map((one) => one.balanceOf(wallet.address)));
  await mined(pair.approve(router.target, shares));
  await mined(router.removeLiquidity(first.target, second.target, shares, ...wanted, wallet.address, await deadline()));
  const after = await Promise.all([first, second].map((one) => one.balanceOf(wallet.address)));
  assert.deepEqual(after.map((balance, place) => balance - before[place]), wanted);
  assert.equal(await pair.totalSupply(), MINIMUM_LIQUIDITY);
  const swapped = await pair.queryFilter(pair.filters.Swap(), 0);
  assert.deepEqual(swapped.map(({ args }) => args.to), [other.address]);
}

await run([
  ['factory, WETH and router are deployed', deploys],
  ['addLiquidity: the pair is where the router expects it', addsLiquidity],
  ['swapExactTokensForTokens: to the token what the formula gives, within the estimated gas', swaps],
  ['addLiquidityETH, swapExactETHForTokens, swapExactTokensForETH', swapsEther],
  ['a swap that slipped and one that is late are refused in the router’s words', refuses],
  ['removeLiquidity: everything but the minimum comes back', removesLiquidity],
]);
