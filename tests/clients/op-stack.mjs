// An application that uses viem's actions for chains of the OP Stack.

import assert from 'node:assert/strict';
import { createPublicClient, createWalletClient, defineChain, encodeFunctionData, getAddress, http, parseEther, serializeTransaction } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { chainConfig, extractTransactionDepositedLogs, publicActionsL2, walletActionsL1 } from 'viem/op-stack';
import { eventually, run } from './check.mjs';
import { keys, l1Rpc, network, rpc } from './network.mjs';

const L1_BLOCK = chainConfig.contracts.l1Block.address;

const l1Chain = { ...foundry, id: network.l1ChainId };
const chain = defineChain({
  ...chainConfig,
  id: network.l2ChainId,
  name: 'Gainsay',
  sourceId: network.l1ChainId,
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [rpc] } },
  contracts: { ...chainConfig.contracts, portal: { [network.l1ChainId]: { address: getAddress(network.contracts.portal) } } },
});
const account = privateKeyToAccount(keys[0]);
const l1 = createPublicClient({ chain: l1Chain, transport: http(l1Rpc), pollingInterval: 200 });
const l1Wallet = createWalletClient({ account, chain: l1Chain, transport: http(l1Rpc) }).extend(walletActionsL1());
const l2 = createPublicClient({ chain, transport: http(), pollingInterval: 200 }).extend(publicActionsL2());
const wallet = createWalletClient({ account, chain, transport: http() });

/** The deposits in a block, as viem reads them. */
async function depositsIn(blockNumber) {
  const { transactions } = await l2.getBlock({ blockNumber, includeTransactions: true });
  return transactions.filter((transaction) => transaction.type === 'deposit');
}

/** Looks through new blocks until one has the deposit that `wanted` picks; `between` is done before each look. */
async function findDeposit(from, wanted, between = async () => {}) {
  let next = from;
  return eventually(async () => {
    await between();
    for (const latest = await l2.getBlockNumber({ cacheTime: 0 }); next <= latest; next += 1n) {
      const found = (await depositsIn(next)).find(wanted);
      if (found) {
        return found;
      }
    }
    return undefined;
  });
}

async function deposits() {
  const from = await l2.getBlockNumber({ cacheTime: 0 });
  const to = privateKeyToAccount(generatePrivateKey()).address;
  const value = parseEther('0.75');
  const request = await l2.buildDepositTransaction({ mint: value, to });
  const l1Hash = await l1Wallet.depositTransaction({ ...request, account });
  const receipt = await l1.waitForTransactionReceipt({ hash: l1Hash });
  assert.equal(receipt.status, 'success');
  const [log] = extractTransactionDepositedLogs(receipt);
  assert.deepEqual([log.args.from, log.args.to, log.args.version], [account.address, to, 0n]);

  const deposit = await findDeposit(from, (transaction) => transaction.to?.toLowerCase() === to.toLowerCase());
  assert.equal(deposit.mint, value);
  assert.equal(deposit.value, value);
  assert.match(deposit.sourceHash, /^0x[0-9a-f]{64}$/);
  assert.equal(deposit.from.toLowerCase(), account.address.toLowerCase());
  assert.equal(await l2.getBalance({ address: to }), value);
  return { deposit, l1Hash };
}

/** The node knows the deposit's transaction on L2 by the one on L1: the one method here that is not viem's. */
async function depositByL1Transaction({ deposit, l1Hash }) {
  const [found, ...others] = await l2.request({ method: 'gainsay_getDepositsByL1Transaction', params: [l1Hash] });
  assert.deepEqual(others, []);
  const { hash, sourceHash, blockHash } = deposit;
  assert.deepEqual([found.l2TransactionHash, found.sourceHash, found.status, found.blockHash], [hash, sourceHash, 'included', blockHash]);
  assert.deepEqual(await l2.request({ method: 'gainsay_getDeposit', params: [found.index] }), found);
  assert.deepEqual(await l2.request({ method: 'gainsay_getDepositsByL1Transaction', params: [`0x${'00'.repeat(32)}`] }), []);
}

/** What a deposit or a withdrawal will need, asked of the layer that it goes to: no account there has to have the ether yet. */
async function gasOnTheOtherLayer() {
  const poor = privateKeyToAccount(generatePrivateKey());
  const value = parseEther('123456789');
  const bringing = await l2.buildDepositTransaction({ account: poor, mint: value, value, to: account.address });
  assert.equal(bringing.request.gas, 21_000n);
  // Runtime code of one zero byte.
  const creating = await l2.buildDepositTransaction({ account: poor, mint: 1n, isCreation: true, data: '0x60015ff3' });
  assert.ok(creating.request.gas > 53_000n && creating.request.gas < 60_000n, `${creating.request.gas}`);
  await assert.rejects(l2.buildDepositTransaction({ account: poor, value: 1n, to: account.address }), /exceeds the balance/);

  const leaving = { account, request: { gas: 50_000n, to: account.address, value: 5n } };
  const gas = await l2.estimateInitiateWithdrawalGas(leaving);
  assert.ok(gas > 60_000n && gas < 150_000n, `${gas}`);
}

async function depositReceipts({ deposit }) {
  const receipt = await l2.waitForTransactionReceipt({ hash: deposit.hash });
  assert.equal(receipt.type, '0x7e');
  assert.equal(receipt.status, 'success');
  assert.equal(receipt.depositReceiptVersion, 1);
  assert.equal(receipt.effectiveGasPrice, 0n);
  const single = await l2.getTransaction({ hash: deposit.hash });
  assert.equal(single.type, 'deposit');
  assert.deepEqual([single.sourceHash, single.mint, single.blockHash], [deposit.sourceHash, deposit.mint, receipt.blockHash]);
}

/** Every batch on L1 tells L2 of L1's fees, so that data costs something: with the next block, which a transaction makes come. */
async function attributes() {
  const isAttributes = (transaction) => transaction.to?.toLowerCase() === L1_BLOCK.toLowerCase();
  const attributes = await findDeposit(0n, isAttributes, async () => {
    const hash = await wallet.sendTransaction({ to: account.address });
    await l2.waitForTransactionReceipt({ hash });
  });
  const receipt = await l2.getTransactionReceipt({ hash: attributes.hash });
  assert.equal(receipt.status, 'success');
  assert.equal(receipt.from, '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001');
  assert.ok((await l2.getL1BaseFee()) > 0n);
}

async function l1Fees() {
  const request = { account, to: account.address, value: 1n, data: `0x${'5a'.repeat(400)}` };
  const estimate = await l2.estimateL1Fee(request);
  assert.ok((await l2.estimateL1Gas(request)) > 400n * 16n);
  const hash = await wallet.sendTransaction(request);
  const receipt = await l2.waitForTransactionReceipt({ hash });
  assert.ok(receipt.l1Fee > 0n && receipt.l1GasPrice > 0n && receipt.l1GasUsed > 400n * 16n);
  // L1's fees may change between estimate and inclusion, and the estimate is of other fees and another nonce.
  const ratio = Number(estimate) / Number(receipt.l1Fee);
  assert.ok(ratio > 0.7 && ratio < 1.5, `${estimate} wei were estimated and ${receipt.l1Fee} taken for the data`);
  return { paid: receipt };
}

/** What execution charged is what the oracle says for the very transaction in that block. */
async function exactL1Fee({ paid }) {
  const { r, s, yParity, v, from, hash, blockHash, blockNumber, transactionIndex, gasPrice, input, typeHex, ...fields } = await l2.getTransaction({
    hash: paid.transactionHash,
  });
  const signed = serializeTransaction({ ...fields, data: input, type: 'eip1559' }, { r, s, yParity });
  const units = signed.slice(2).match(/../g).reduce((sum, byte) => sum + (byte === '00' ? 4n : 16n), 0n);
  assert.equal(paid.l1GasUsed, units);
  const read = (functionName) =>
    l2.readContract({
      address: chainConfig.contracts.gasPriceOracle.address,
      abi: [{ type: 'function', name: functionName, inputs: [], outputs: [{ type: 'uint256' }], stateMutability: 'view' }],
      functionName,
      blockNumber: paid.blockNumber,
    });
  const [l1BaseFee, blobBaseFee, scalar, blobScalar] = await Promise.all(
    ['l1BaseFee', 'blobBaseFee', 'baseFeeScalar', 'blobBaseFeeScalar'].map(read),
  );
  assert.equal(paid.l1GasPrice, l1BaseFee);
  assert.equal(paid.l1Fee, (units * (16n * scalar * l1BaseFee + blobScalar * blobBaseFee)) / 16_000_000n);
}

async function accounts({ paid }) {
  const [before, after] = await Promise.all(
    [paid.blockNumber - 1n, paid.blockNumber].map((blockNumber) => l2.getBalance({ address: account.address, blockNumber })),
  );
  // The ether went to the account itself, so what is missing is the fees.
  assert.equal(before - after, paid.gasUsed * paid.effectiveGasPrice + paid.l1Fee);
}

async function totals() {
  const abi = [{ type: 'function', name: 'number', inputs: [], outputs: [{ type: 'uint64' }], stateMutability: 'view' }];
  const data = encodeFunctionData({ abi, functionName: 'number' });
  const request = { account, to: L1_BLOCK, data };
  const contract = { account, abi, address: L1_BLOCK, functionName: 'number' };
  const [total, l1Fee, operatorFee, contractFee, contractTotal] = await Promise.all([
    l2.estimateTotalFee(request),
    l2.estimateL1Fee(request),
    l2.estimateOperatorFee(request),
    l2.estimateContractL1Fee(contract),
    l2.estimateContractTotalFee(contract),
  ]);
  assert.ok(total > l1Fee && l1Fee > 0n && contractFee > 0n && contractTotal > contractFee);
  assert.equal(operatorFee, 0n);
  const [gas, l1Gas, totalGas, contractL1Gas, contractTotalGas] = await Promise.all([
    l2.estimateGas(request),
    l2.estimateL1Gas(request),
    l2.estimateTotalGas(request),
    l2.estimateContractL1Gas(contract),
    l2.estimateContractTotalGas(contract),
  ]);
  assert.equal(totalGas, gas + l1Gas);
  assert.equal(contractTotalGas, gas + contractL1Gas);
}

await run([
  ['buildDepositTransaction, depositTransaction: a deposit arrives as a transaction of type 0x7e', deposits],
  ['getTransactionReceipt: of a deposit', depositReceipts],
  ["a deposit's hash on L2 by its transaction on L1", depositByL1Transaction],
  ['buildDepositTransaction, estimateInitiateWithdrawalGas: of ether that is not there yet', gasOnTheOtherLayer],
  ['getBlock: the L1 attributes, and L1 fees from then on', attributes],
  ['estimateL1Fee: about what is taken', l1Fees],
  ['getTransactionReceipt: the L1 fee to the wei', exactL1Fee],
  ['getBalance: gas and L1 fee are all that is missing', accounts],
  ['estimateOperatorFee, estimateTotalFee, estimateTotalGas, and the same of contract calls', totals],
]);
