// What of the bridge's contracts is called without an action of viem's, and which of their events and errors are looked for.

import { parseAbi } from 'viem';

const TOKENS = 'address indexed localToken, address indexed remoteToken';
const PASSED = 'uint256 indexed nonce, address indexed sender, address indexed target';

export const abi = {
  portal: parseAbi([
    'function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) payable',
    'struct Withdrawal { uint256 nonce; address sender; address target; uint256 value; uint256 gasLimit; bytes data; }',
    'struct OutputRootProof { bytes32 version; bytes32 stateRoot; bytes32 messagePasserStorageRoot; bytes32 latestBlockhash; }',
    'function proveWithdrawalTransaction(Withdrawal withdrawal, uint256 game, OutputRootProof root, bytes[] path)',
    'function finalizeWithdrawalTransaction(Withdrawal withdrawal)',
    'event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData)',
    'event WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success)',
    'error DataTooLarge(uint256 length)',
    'error GasLimitTooLow(uint64 gasLimit, uint64 least)',
    'error GasLimitTooHigh(uint64 gasLimit, uint64 most)',
    'error OptimismPortal_AlreadyFinalized()',
    'error OptimismPortal_InvalidMerkleProof()',
    'error OptimismPortal_InvalidOutputRootProof()',
    'error OptimismPortal_InvalidRootClaim()',
    'error OptimismPortal_ProofNotOldEnough()',
    'error OptimismPortal_Unproven()',
    'error InvalidMerkleProof()',
    'error UnknownGame(uint256 index)',
  ]),
  messenger: parseAbi([
    'function sendMessage(address target, bytes message, uint32 minGasLimit) payable',
    'function relayMessage(uint256 nonce, address sender, address target, uint256 value, uint256 minGasLimit, bytes message) payable',
    'event SentMessage(address indexed target, address sender, bytes message, uint256 messageNonce, uint256 gasLimit)',
    'event SentMessageExtension1(address indexed sender, uint256 value)',
    'event RelayedMessage(bytes32 indexed msgHash)',
    'event FailedRelayedMessage(bytes32 indexed msgHash)',
    'error AlreadyRelayed(bytes32 msgHash)',
    'error NotReplayable(bytes32 msgHash)',
  ]),
  bridge: parseAbi([
    'function bridgeETH(uint32 minGasLimit, bytes extraData) payable',
    'function bridgeETHTo(address to, uint32 minGasLimit, bytes extraData) payable',
    'function bridgeERC20(address localToken, address remoteToken, uint256 amount, uint32 minGasLimit, bytes extraData)',
    'function bridgeERC20To(address localToken, address remoteToken, address to, uint256 amount, uint32 minGasLimit, bytes extraData)',
    'function deposits(address localToken, address remoteToken) view returns (uint256)',
    `event ERC20BridgeInitiated(${TOKENS}, address indexed from, address to, uint256 amount, bytes extraData)`,
    `event ERC20BridgeFinalized(${TOKENS}, address indexed from, address to, uint256 amount, bytes extraData)`,
  ]),
  rollup: parseAbi([
    'struct State { bytes32 outputRoot; uint64 l2BlockNumber; uint64 batchIndex; uint64 batchOffset; uint64 depositIndex; }',
    'struct Claim { bytes32 inputsHash; State end; }',
    'function stake(bytes32 parent, Claim[] claims) payable returns (uint256 stakeId)',
    'function latestConfirmed() view returns (bytes32)',
    'function nextStakeId(address owner) view returns (uint256)',
    'function stakeOf(uint256 stakeId) view returns (address owner, uint8 status, bytes32 tip)',
    'event AssertionCreated(bytes32 indexed id, bytes32 indexed parent, State end, uint64 target, bytes32 inputsHash)',
    'error NotLatestConfirmed(bytes32 latest)',
    'error SiblingsClosed(uint256 closedAt)',
    'error InputsDiffer(bytes32 actual)',
  ]),
  tokenFactory: parseAbi([
    'function createOptimismMintableERC20WithDecimals(address remoteToken, string name, string symbol, uint8 decimals) returns (address)',
    'event OptimismMintableERC20Created(address indexed localToken, address indexed remoteToken, address deployer)',
  ]),
  passer: parseAbi([
    'function initiateWithdrawal(address target, uint256 gasLimit, bytes data) payable',
    `event MessagePassed(${PASSED}, uint256 value, uint256 gasLimit, bytes data, bytes32 withdrawalHash)`,
  ]),
};
