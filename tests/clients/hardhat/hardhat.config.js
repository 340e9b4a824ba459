// A project as hardhat makes them, on the node that the environment names (see ../network.mjs).

import { fileURLToPath } from 'node:url';
import hardhatIgnitionViem from '@nomicfoundation/hardhat-ignition-viem';
import hardhatNodeTestRunner from '@nomicfoundation/hardhat-node-test-runner';
import hardhatViem from '@nomicfoundation/hardhat-viem';
import { configVariable, defineConfig } from 'hardhat/config';

export default defineConfig({
  plugins: [hardhatViem, hardhatIgnitionViem, hardhatNodeTestRunner],
  solidity: {
    version: '0.8.37',
    // The compiler of the lock file: hardhat would fetch its own.
    path: fileURLToPath(import.meta.resolve('solc/soljson.js')),
    settings: { evmVersion: 'osaka', optimizer: { enabled: true, runs: 200 } },
  },
  paths: { tests: { nodejs: 'test' } },
  networks: {
    gainsay: {
      type: 'http',
      url: configVariable('GAINSAY_RPC'),
      accounts: (process.env.GAINSAY_KEYS ?? '').split(','),
    },
  },
  // Its polls are slower than our blocks.
  ignition: { requiredConfirmations: 1, blockPollingInterval: 200 },
});
