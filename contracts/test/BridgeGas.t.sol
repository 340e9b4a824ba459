// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {State} from "../src/interfaces/IRollup.sol";
import {OutputRootProof, WithdrawalTransaction, Withdrawals} from "../src/libraries/Withdrawals.sol";
import {BridgeFixture} from "./support/BridgeFixture.sol";
import {vm} from "./support/Cheats.sol";
import {TrieBuilder} from "./support/TrieBuilder.sol";

/// @notice Gas of whole transactions at the bridge (isolated calls: with the intrinsic and calldata gas), into snapshots/Bridge.json. Proofs are as deep as
///         a million withdrawals make them: five full branches above the leaf.
abstract contract BridgeGasFixture is BridgeFixture {
    uint256 private constant DEPTH = 5;
    address internal constant RECEIVER = address(0x4ece14e4);

    WithdrawalTransaction internal w;
    OutputRootProof internal output;
    bytes[] private proof;
    uint256 private index;
    bytes32 private id;

    /// @dev The withdrawal that is proved.
    function withdrawal() internal virtual returns (WithdrawalTransaction memory);

    function setUp() public override {
        super.setUp();
        depositMessage();
        appendBatch(uint64(links.length - 1));
        vm.deal(address(portal), 10 ether);
        vm.deal(RECEIVER, 1);
        w = withdrawal();
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
    function cool() internal {
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

    function life(string memory proveName, string memory finalizeName) internal {
        WithdrawalTransaction memory tx_ = w;
        OutputRootProof memory output_ = output;
        bytes[] memory proof_ = proof;
        cool();
        vm.prank(user, user);
        portal.proveWithdrawalTransaction(tx_, index, output_, proof_);
        vm.snapshotGasLastCall("Bridge", proveName);
        skip(W);
        rollup.confirm(idOf(root, State(rootOf(output), 100, 0, 0, 0)));
        cool();
        vm.prank(user, user);
        portal.finalizeWithdrawalTransaction(tx_);
        vm.snapshotGasLastCall("Bridge", finalizeName);
        vm.assertEq(RECEIVER.balance, 1 + tx_.value);
    }
}

/// forge-config: default.isolate = true
/// @notice As viem's and the passer's users have it: ether to an account.
contract BridgeGasTest is BridgeGasFixture {
    function withdrawal() internal pure override returns (WithdrawalTransaction memory) {
        return WithdrawalTransaction(1 << 240 | 0xfedcba, RECEIVER, RECEIVER, 1.234567890123456789 ether, 21_000, "");
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
        life("bridge.prove", "bridge.finalize");
    }
}

/// forge-config: default.isolate = true
/// @notice Ether through messenger and bridge.
contract BridgeGasStandardTest is BridgeGasFixture {
    function withdrawal() internal view override returns (WithdrawalTransaction memory) {
        uint256 value = 1.234567890123456789 ether;
        bytes memory message = abi.encodeCall(l1Bridge.finalizeBridgeETH, (RECEIVER, RECEIVER, value, ""));
        bytes memory relay =
            abi.encodeCall(l1Messenger.relayMessage, (1 << 240 | 0xfedcba, address(l2Bridge), address(l1Bridge), value, 200_000, message));
        return WithdrawalTransaction(
            1 << 240 | 0xfedcba, address(l2Messenger), address(l1Messenger), value, l1Messenger.baseGas(message, 200_000), relay
        );
    }

    function test_bridge_lifeThroughTheBridge() public {
        life("bridge.prove.standard", "bridge.finalize.standard");
    }
}
