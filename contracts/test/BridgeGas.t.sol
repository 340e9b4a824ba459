// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {State} from "../src/interfaces/IRollup.sol";
import {OutputRootProof, WithdrawalTransaction, Withdrawals} from "../src/libraries/Withdrawals.sol";
import {BridgeFixture} from "./support/BridgeFixture.sol";
import {vm} from "./support/Cheats.sol";
import {TrieBuilder} from "./support/TrieBuilder.sol";

/// forge-config: default.isolate = true
/// @notice Gas of whole transactions at the bridge (isolated calls: with the intrinsic and calldata gas), into snapshots/Bridge.json. Proofs are as deep as
///         a million withdrawals make them: five full branches above the leaf.
contract BridgeGasTest is BridgeFixture {
    uint256 private constant DEPTH = 5;
    address private constant RECEIVER = address(0x4ece14e4);

    WithdrawalTransaction private w;
    OutputRootProof private output;
    bytes[] private proof;
    uint256 private index;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        depositMessage();
        appendBatch(uint64(links.length - 1));
        vm.deal(address(portal), 10 ether);
        vm.deal(RECEIVER, 1);
        // As viem's and the passer's users have it: ether to an account.
        w = WithdrawalTransaction(1 << 240 | 0xfedcba, RECEIVER, RECEIVER, 1.234567890123456789 ether, 21_000, "");
        bytes32 hash = Withdrawals.hash(w);
        bytes32 storageRoot;
        (storageRoot, proof) = TrieBuilder.deep(Withdrawals.storageKey(hash), 0x01, DEPTH);
        output = OutputRootProof(0, keccak256("state"), storageRoot, keccak256("block"));
        claimOutput(root, output);
        State memory state = State(rootOf(output), 1_234_567, 0, 0, 0);
        skip(M);
        id = advanceAs(alice, rollup.nextStakeId(alice) - 1, idOf(root, State(rootOf(output), 100, 0, 0, 0)), state);
        index = 0;
    }

    /// @dev Isolated calls see no base fee, the model must neither.
    function setFees() internal override {}

    /// @dev What the test has read is cold for the transaction that is measured.
    function cool() private {
        address[6] memory all =
            [address(inbox), address(portal), address(rollup), address(games), games.gameImplementation(), address(l1Messenger)];
        for (uint256 i = 0; i < all.length; ++i) {
            vm.cool(all[i]);
        }
        vm.cool(games.gameOf(id));
        (,, address game) = games.gameAtIndex(index);
        vm.cool(game);
        vm.cool(address(games));
        vm.cool(address(l1Bridge));
    }

    function test_bridge_deposit() public {
        cool();
        vm.prank(user, user);
        portal.depositTransaction{value: 1 ether}(user, 1 ether, 100_000, false, "");
        vm.snapshotGasLastCall("Bridge", "bridge.deposit");
    }

    function test_bridge_depositThroughTheBridge() public {
        cool();
        vm.prank(user, user);
        l1Bridge.bridgeETHTo{value: 1 ether}(user, 200_000, "");
        vm.snapshotGasLastCall("Bridge", "bridge.deposit.standard");
    }

    function test_bridge_list() public {
        bytes32 parent = idOf(root, State(rootOf(output), 100, 0, 0, 0));
        State memory state = State(rootOf(output), 1_234_567, 0, 0, 0);
        cool();
        vm.prank(user, user);
        games.list(parent, state);
        vm.snapshotGasLastCall("Bridge", "bridge.list");
    }

    function test_bridge_life() public {
        WithdrawalTransaction memory tx_ = w;
        OutputRootProof memory output_ = output;
        bytes[] memory proof_ = proof;
        cool();
        vm.prank(user, user);
        portal.proveWithdrawalTransaction(tx_, index, output_, proof_);
        vm.snapshotGasLastCall("Bridge", "bridge.prove");
        skip(W);
        rollup.confirm(idOf(root, State(rootOf(output), 100, 0, 0, 0)));
        cool();
        vm.prank(user, user);
        portal.finalizeWithdrawalTransaction(tx_);
        vm.snapshotGasLastCall("Bridge", "bridge.finalize");
        vm.assertEq(RECEIVER.balance, 1 + tx_.value);
    }
}
