// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Append, MessageLink} from "../src/interfaces/IInbox.sol";
import {Claim} from "../src/interfaces/IRollup.sol";
import {vm} from "./support/Cheats.sol";
import {RollupFixture} from "./support/RollupFixture.sol";

/// @notice Gas of whole transactions (isolated calls: with the intrinsic and calldata gas), into snapshots/. Each figure is of the steady
///         state: slots that a first use would set for the first time have been used before.
contract GasTest is RollupFixture {
    function setUp() public override {
        super.setUp();
        depositMessage();
        appendBatch(uint64(links.length - 1));
    }

    /// @dev Isolated calls see no base fee, the model must neither.
    function setFees() internal override {}

    function carry(uint256 count) private {
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = bytes32(uint256(1) << 248 | uint256(keccak256(abi.encode("blob", i))) >> 8);
        }
        vm.blobhashes(hashes);
    }

    function test_inbox_appendBlobs() public {
        uint64 m = uint64(links.length - 1);
        Append memory append = appendTo(m);
        carry(1);
        vm.prank(sequencer, sequencer);
        inbox.appendBlobs(append);
        vm.snapshotGasLastCall("inbox", "append.blobs");
    }

    function test_inbox_appendSixBlobs() public {
        Append memory append = appendTo(uint64(links.length - 1));
        carry(6);
        vm.prank(sequencer, sequencer);
        inbox.appendBlobs(append);
        vm.snapshotGasLastCall("inbox", "append.blobs.6");
    }

    function test_inbox_appendBlobsWithDeposit() public {
        Append memory append = appendTo(depositMessage());
        carry(1);
        vm.prank(sequencer, sequencer);
        inbox.appendBlobs(append);
        vm.snapshotGasLastCall("inbox", "append.blobs.deposit");
    }

    function payloadOf(uint256 length) private pure returns (bytes memory payload) {
        payload = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            payload[i] = bytes1(uint8(1 + i % 255));
        }
    }

    function test_inbox_appendCalldata() public {
        Append memory append = appendTo(uint64(links.length - 1));
        bytes memory payload = payloadOf(1_000);
        vm.prank(sequencer, sequencer);
        inbox.appendCalldata(append, payload);
        vm.snapshotGasLastCall("inbox", "append.calldata");
    }

    function test_inbox_appendMostCalldata() public {
        Append memory append = appendTo(uint64(links.length - 1));
        bytes memory payload = payloadOf(100_000);
        vm.prank(sequencer, sequencer);
        inbox.appendCalldata(append, payload);
        vm.snapshotGasLastCall("inbox", "append.calldata.most");
    }

    function test_inbox_force() public {
        uint64 m = depositMessage();
        (uint64 first, MessageLink memory firstLink) = firstWaiting();
        MessageLink memory last = links[m];
        skip(1 days);
        vm.prank(user, user);
        inbox.forceInclude(m, last, first, firstLink);
        vm.snapshotGasLastCall("inbox", "force");
    }

    function test_portal_deposit() public {
        vm.prank(user, user);
        portal.depositTransaction{value: 1 ether}(user, 1 ether, 100_000, false, "");
        vm.snapshotGasLastCall("portal", "deposit");
    }

    function test_portal_depositMostData() public {
        bytes memory data = payloadOf(100_000);
        vm.prank(user, user);
        portal.depositTransaction(user, 0, 1 << 24, false, data);
        vm.snapshotGasLastCall("portal", "deposit.most");
    }

    function test_rollup_lifeOfAStake() public {
        (uint256 stakeId, bytes32 id) = stakeAs(alice, root, end("a", 0));
        skip(W);
        vm.prank(bob, bob);
        rollup.confirm(id);
        vm.snapshotGasLastCall("rollup", "confirm");

        Claim[] memory list = claims(id, end("b", 1));
        vm.prank(alice, alice);
        rollup.advance(stakeId, list);
        vm.snapshotGasLastCall("rollup", "advance");
        bytes32 child = idOf(id, end("b", 1));

        vm.prank(bob, bob);
        rollup.stake{value: BOND}(id, list);
        vm.snapshotGasLastCall("rollup", "stake.join");

        skip(W);
        rollup.confirm(child);
        vm.prank(alice, alice);
        rollup.withdraw(stakeId);
        vm.snapshotGasLastCall("rollup", "withdraw");
        vm.prank(alice, alice);
        rollup.claim(payable(alice));
        vm.snapshotGasLastCall("rollup", "claim");

        list = claims(child, end("c", 2));
        vm.prank(alice, alice);
        rollup.stake{value: BOND}(child, list);
        vm.snapshotGasLastCall("rollup", "stake");
    }
}
