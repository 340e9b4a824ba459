// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {L1CrossDomainMessenger} from "../../src/bridge/L1CrossDomainMessenger.sol";
import {L1StandardBridge} from "../../src/bridge/L1StandardBridge.sol";
import {State} from "../../src/interfaces/IRollup.sol";
import {L2CrossDomainMessenger} from "../../src/l2/L2CrossDomainMessenger.sol";
import {L2StandardBridge} from "../../src/l2/L2StandardBridge.sol";
import {L2ToL1MessagePasser} from "../../src/l2/L2ToL1MessagePasser.sol";
import {OptimismMintableERC20Factory} from "../../src/l2/OptimismMintableERC20Factory.sol";
import {Predeploys} from "../../src/l2/Predeploys.sol";
import {OutputRootProof, WithdrawalTransaction, Withdrawals} from "../../src/libraries/Withdrawals.sol";
import {Games} from "../../src/portal/Games.sol";
import {vm} from "./Cheats.sol";
import {RollupFixture} from "./RollupFixture.sol";
import {TrieBuilder} from "./TrieBuilder.sol";

/// @notice Both layers side by side in one process: L1 deployed as in production, the predeploys of L2 put in place as genesis does it. What the message
///         passer holds as sent is kept in `sent`; an assertion claims a trie of exactly that.
abstract contract BridgeFixture is RollupFixture {
    L2ToL1MessagePasser internal passer = L2ToL1MessagePasser(payable(Predeploys.MESSAGE_PASSER));
    L2CrossDomainMessenger internal l2Messenger = L2CrossDomainMessenger(Predeploys.CROSS_DOMAIN_MESSENGER);
    L2StandardBridge internal l2Bridge = L2StandardBridge(payable(Predeploys.STANDARD_BRIDGE));
    OptimismMintableERC20Factory internal tokens = OptimismMintableERC20Factory(Predeploys.MINTABLE_ERC20_FACTORY);

    Games internal games;
    L1CrossDomainMessenger internal l1Messenger;
    L1StandardBridge internal l1Bridge;

    bytes32[] internal sent;
    /// @dev What each game's output root commits to, and how many withdrawals are in it.
    mapping(uint256 index => OutputRootProof) internal outputs;
    mapping(uint256 index => uint256) internal sentUpTo;
    bytes32 internal latest;

    function setUp() public virtual override {
        super.setUp();
        games = Games(factory.deploy("games", abi.encodePacked(type(Games).creationCode, abi.encode(address(rollup)))));
        bytes memory code = abi.encodePacked(type(L1CrossDomainMessenger).creationCode, abi.encode(address(portal)));
        l1Messenger = L1CrossDomainMessenger(factory.deploy("messenger", code));
        code = abi.encodePacked(type(L1StandardBridge).creationCode, abi.encode(address(l1Messenger)));
        l1Bridge = L1StandardBridge(payable(factory.deploy("bridge", code)));
        vm.etch(address(passer), type(L2ToL1MessagePasser).runtimeCode);
        vm.etch(address(l2Messenger), type(L2CrossDomainMessenger).runtimeCode);
        vm.etch(address(l2Bridge), type(L2StandardBridge).runtimeCode);
        vm.etch(address(tokens), type(OptimismMintableERC20Factory).runtimeCode);
        vm.store(address(l2Messenger), bytes32(uint256(3)), bytes32(uint256(uint160(address(l1Messenger)))));
        vm.store(address(l2Bridge), bytes32(uint256(1)), bytes32(uint256(uint160(address(l1Bridge)))));
        latest = root;
    }

    /// @dev Notes a withdrawal as sent on L2, without the passer.
    function send(WithdrawalTransaction memory w) internal returns (bytes32 hash) {
        hash = Withdrawals.hash(w);
        sent.push(hash);
    }

    function keysUpTo(uint256 count) private view returns (bytes32[] memory keys) {
        keys = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            keys[i] = Withdrawals.storageKey(sent[i]);
        }
    }

    /// @dev An output root over all that is sent.
    function outputNow() internal view returns (OutputRootProof memory) {
        bytes32 storageRoot = keccak256(hex"80");
        if (sent.length != 0) (storageRoot,) = TrieBuilder.build(keysUpTo(sent.length), 0x01, 0);
        return OutputRootProof(0, keccak256(abi.encode("state", sent.length)), storageRoot, keccak256(abi.encode("block", sent.length)));
    }

    function rootOf(OutputRootProof memory o) internal pure returns (bytes32) {
        return keccak256(abi.encode(o.version, o.stateRoot, o.messagePasserStorageRoot, o.latestBlockhash));
    }

    /// @dev Claims `output` below `parent` and lists it.
    function claimOutput(bytes32 parent, OutputRootProof memory output) internal returns (bytes32 id, uint256 index) {
        uint256 possibleAt = rollup.assertion(parent).createdAt + M;
        if (block.timestamp < possibleAt) vm.warp(possibleAt);
        index = games.gameCount();
        State memory state = State(rootOf(output), uint64(100 + index), 0, 0, 0);
        vm.deal(alice, BOND);
        if (parent == rollup.latestConfirmed()) (, id) = stakeAs(alice, parent, state);
        else id = advanceAs(alice, rollup.nextStakeId(alice) - 1, parent, state);
        games.list(parent, state);
        outputs[index] = output;
        sentUpTo[index] = sent.length;
    }

    /// @dev Claims what is sent so far, and confirms it.
    function confirmNow() internal returns (uint256 index) {
        bytes32 id;
        (id, index) = claimOutput(latest, outputNow());
        skip(W);
        rollup.confirm(id);
        latest = id;
    }

    function proofOf(bytes32 hash, uint256 index) internal view returns (bytes[] memory proof) {
        (, proof) = TrieBuilder.build(keysUpTo(sentUpTo[index]), 0x01, Withdrawals.storageKey(hash));
    }

    function prove(address who, WithdrawalTransaction memory w, uint256 index) internal {
        bytes[] memory proof = proofOf(Withdrawals.hash(w), index);
        OutputRootProof memory output = outputs[index];
        vm.prank(who, who);
        portal.proveWithdrawalTransaction(w, index, output, proof);
    }

    function finalize(address who, WithdrawalTransaction memory w) internal {
        vm.prank(who, who);
        portal.finalizeWithdrawalTransaction(w);
    }

    /// @dev Sent, confirmed, proved by `user` and old enough.
    function ready(WithdrawalTransaction memory w) internal returns (bytes32 hash) {
        hash = send(w);
        prove(user, w, confirmNow());
        skip(MATURITY);
    }

    function withdrawal(address target, uint256 value, uint256 gasLimit, bytes memory data)
        internal
        view
        returns (WithdrawalTransaction memory)
    {
        return WithdrawalTransaction(1 << 240 | sent.length, address(0x5e4d), target, value, gasLimit, data);
    }
}
