// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Append, MessageLink} from "../src/interfaces/IInbox.sol";
import {Claim} from "../src/interfaces/IRollup.sol";
import {vm} from "./support/Cheats.sol";
import {RollupFixture} from "./support/RollupFixture.sol";

/// forge-config: default.isolate = true
/// @notice Gas of whole transactions (isolated calls: with the intrinsic and calldata gas), into snapshots/. Each figure is of the steady
///         state: slots that a first use would set for the first time have been used before.
contract GasTest is RollupFixture {
    function setUp() public virtual override {
        super.setUp();
        depositMessage();
        appendBatch(uint64(links.length - 1));
    }

    /// @dev Isolated calls see no base fee, the model must neither.
    function setFees() internal override {}

    /// @dev What the test has read is cold for the transaction that is measured.
    function cool() private {
        vm.cool(address(inbox));
        vm.cool(address(portal));
        vm.cool(address(rollup));
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
        cool();
        vm.prank(sequencer, sequencer);
        inbox.appendCalldata(append, payload);
        vm.snapshotGasLastCall("inbox", "append.calldata");
    }

    function test_inbox_appendMostCalldata() public {
        Append memory append = appendTo(uint64(links.length - 1));
        bytes memory payload = payloadOf(100_000);
        cool();
        vm.prank(sequencer, sequencer);
        inbox.appendCalldata(append, payload);
        vm.snapshotGasLastCall("inbox", "append.calldata.most");
    }

    function test_inbox_force() public {
        uint64 m = depositMessage();
        (uint64 first, MessageLink memory firstLink) = firstWaiting();
        MessageLink memory last = links[m];
        skip(1 days);
        cool();
        vm.prank(user, user);
        inbox.forceInclude(m, last, first, firstLink);
        vm.snapshotGasLastCall("inbox", "force");
    }

    function test_portal_deposit() public {
        cool();
        vm.prank(user, user);
        portal.depositTransaction{value: 1 ether}(user, 1 ether, 100_000, false, "");
        vm.snapshotGasLastCall("portal", "deposit");
    }

    function test_portal_depositMostData() public {
        bytes memory data = payloadOf(100_000);
        cool();
        vm.prank(user, user);
        portal.depositTransaction(user, 0, 1 << 24, false, data);
        vm.snapshotGasLastCall("portal", "deposit.most");
    }

    function test_rollup_lifeOfAStake() public {
        (uint256 stakeId, bytes32 id) = stakeAs(alice, root, end("a", 0));
        skip(W);
        cool();
        vm.prank(bob, bob);
        rollup.confirm(id);
        vm.snapshotGasLastCall("rollup", "confirm");

        Claim[] memory list = claims(id, end("b", 1));
        cool();
        vm.prank(alice, alice);
        rollup.advance(stakeId, list);
        vm.snapshotGasLastCall("rollup", "advance");
        bytes32 child = idOf(id, end("b", 1));

        cool();
        vm.prank(bob, bob);
        rollup.stake{value: BOND}(id, list);
        vm.snapshotGasLastCall("rollup", "stake.join");

        skip(W);
        rollup.confirm(child);
        cool();
        vm.prank(alice, alice);
        rollup.withdraw(stakeId);
        vm.snapshotGasLastCall("rollup", "withdraw");
        cool();
        vm.prank(alice, alice);
        rollup.claim(payable(alice));
        vm.snapshotGasLastCall("rollup", "claim");

        list = claims(child, end("c", 2));
        cool();
        vm.prank(alice, alice);
        rollup.stake{value: BOND}(child, list);
        vm.snapshotGasLastCall("rollup", "stake");
    }
}

/// @notice The same for transactions with blobs, which forge cannot isolate: the call's own gas, on storage that nothing in the test has touched
///         before, plus what the transaction itself costs. Blob gas is apart: 131,072 a blob at the blob base fee.
abstract contract BlobGas is RollupFixture {
    Append internal append;

    function setUp() public virtual override {
        super.setUp();
        depositMessage();
        appendBatch(uint64(links.length - 1));
    }

    function setFees() internal override {}

    function carry(uint256 count) internal {
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = bytes32(uint256(1) << 248 | uint256(keccak256(abi.encode("blob", i))) >> 8);
        }
        vm.blobhashes(hashes);
    }

    /// @dev Gas of the transaction that makes this call: EIP-2028's calldata, below EIP-7623's floor here.
    function whole(bytes memory input) internal returns (uint256 total) {
        vm.prank(sequencer, sequencer);
        (bool ok,) = address(inbox).call(input);
        total = 21_000 + vm.lastCallGas().gasTotalUsed;
        vm.assertTrue(ok);
        uint256 floor = 21_000;
        for (uint256 i = 0; i < input.length; ++i) {
            total += input[i] == 0 ? 4 : 16;
            floor += input[i] == 0 ? 10 : 40;
        }
        vm.assertLe(floor, total);
    }
}

contract BlobGasTest is BlobGas {
    function setUp() public override {
        super.setUp();
        append = appendTo(uint64(links.length - 1));
    }

    function test_inbox_appendBlobs() public {
        carry(1);
        vm.snapshotValue("inbox", "append.blobs", whole(abi.encodeCall(inbox.appendBlobs, (append))));
    }

    function test_inbox_appendSixBlobs() public {
        carry(6);
        vm.snapshotValue("inbox", "append.blobs.6", whole(abi.encodeCall(inbox.appendBlobs, (append))));
    }

    /// @dev A figure that forge can also isolate, so that Snapshots.t.sol can check the sum above.
    function test_inbox_appendCalldataAsASum() public {
        bytes memory payload = new bytes(1_000);
        for (uint256 i = 0; i < 1_000; ++i) {
            payload[i] = bytes1(uint8(1 + i % 255));
        }
        vm.snapshotValue("inbox", "append.calldata.sum", whole(abi.encodeCall(inbox.appendCalldata, (append, payload))));
    }
}

contract BlobDepositGasTest is BlobGas {
    function setUp() public override {
        super.setUp();
        append = appendTo(depositMessage());
    }

    function test_inbox_appendBlobsWithDeposit() public {
        carry(1);
        vm.snapshotValue("inbox", "append.blobs.deposit", whole(abi.encodeCall(inbox.appendBlobs, (append))));
    }
}
