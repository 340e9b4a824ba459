// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Factory} from "../../src/Factory.sol";
import {Inbox} from "../../src/Inbox.sol";
import {Portal} from "../../src/Portal.sol";
import {Append, InboxParams, MessageLink} from "../../src/interfaces/IInbox.sol";
import {vm} from "./Cheats.sol";

/// @notice An Inbox with its Portal, deployed as in production, and a plain model of both accumulators beside it.
abstract contract InboxFixture {
    uint64 internal constant L2_GAS_LIMIT = 30_000_000;
    uint64 internal constant MATURITY = 1 hours;
    uint64 internal constant START = 1_800_000_000;

    address internal sequencer = address(0x5e90e0ce5);
    address internal operator = address(0x09e4a704);
    address internal user = address(0x05e4);

    Factory internal factory;
    Inbox internal inbox;
    Portal internal portal;

    /// @dev Message i is links[i]; links[0] is empty.
    MessageLink[] internal links;
    /// @dev depositAcc and batchAcc as the protocol defines them.
    bytes32[] internal messageAccs;
    bytes32[] internal batchAccs;
    uint64 internal users;

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(20_000_000);
        setFees();
        vm.prevrandao(keccak256("randao"));
        vm.deal(user, 1_000_000 ether);
        factory = new Factory();
        InboxParams memory p = params();
        inbox = Inbox(factory.deploy("inbox", abi.encodePacked(type(Inbox).creationCode, abi.encode(p))));
        bytes memory code = abi.encodePacked(
            type(Portal).creationCode, abi.encode(address(inbox), factory.addressOf(address(this), "games"), L2_GAS_LIMIT, MATURITY)
        );
        portal = Portal(payable(factory.deploy("portal", code)));
        links.push();
        messageAccs.push();
        batchAccs.push();
    }

    function setFees() internal virtual {
        vm.fee(7 gwei);
        vm.blobBaseFee(110_000_000);
        vm.assertEq(block.blobbasefee, 3_465_427_752);
    }

    function params() internal view returns (InboxParams memory) {
        return InboxParams({
            portal: factory.addressOf(address(this), "portal"),
            sequencer: sequencer,
            operator: operator,
            inclusionDelay: 1 days,
            bufferMax: 7 days,
            bufferFloor: 1 hours,
            bufferThreshold: 30 minutes,
            replenishPeriod: 20,
            finalityDelay: 20 minutes,
            timelock: 2 days
        });
    }

    function depositMessage() internal returns (uint64 index) {
        return depositMessage(hex"c0ffee");
    }

    function depositMessage(bytes memory data) internal returns (uint64 index) {
        vm.prank(user, user);
        portal.depositTransaction{value: 1}(address(0xca11), 2, 5_000_000, false, data);
        users += 1;
        bytes memory body = abi.encodePacked(user, address(0xca11), uint256(1), uint256(2), uint64(5_000_000), false, data);
        return modelMessage(0, body);
    }

    /// @dev Appends a calldata batch that consumes messages up to m.
    function appendBatch(uint64 m) internal {
        Append memory append = appendTo(m);
        bytes memory payload = abi.encodePacked("payload", m);
        vm.prank(sequencer);
        inbox.appendCalldata(append, payload);
        modelBatch(1, keccak256(payload), m);
        modelAttributes();
    }

    function force(uint64 m) internal {
        (uint64 first, MessageLink memory link) = firstWaiting();
        inbox.forceInclude(m, links[m], first, link);
        modelBatch(2, 0, m);
    }

    /// @dev What an honest sequencer sends.
    function appendTo(uint64 m) internal view returns (Append memory append) {
        append.expectedBatchAcc = batchAccs[batchAccs.length - 1];
        append.depositCount = m;
        append.expectedDepositAcc = messageAccs[m];
        append.last = links[m];
        (append.firstUserIndex, append.firstUser) = firstWaiting();
    }

    /// @dev The first user deposit that no batch consumed; zeroes if there is none.
    function firstWaiting() internal view returns (uint64 index, MessageLink memory link) {
        for (uint64 i = inbox.consumedCount() + 1; i < links.length; ++i) {
            if (links[i].kind == 0) return (i, links[i]);
        }
    }

    function modelAttributes() internal {
        modelMessage(1, abi.encodePacked(block.basefee, block.blobbasefee, block.prevrandao));
    }

    function modelMessage(uint8 kind, bytes memory body) internal returns (uint64 index) {
        index = uint64(links.length);
        MessageLink memory link = MessageLink(kind, users, uint64(block.number), uint64(block.timestamp), keccak256(body));
        bytes memory preimage =
            abi.encodePacked(messageAccs[index - 1], kind, users, uint64(block.number), uint64(block.timestamp), keccak256(body));
        links.push(link);
        messageAccs.push(keccak256(preimage));
    }

    function modelBatch(uint8 kind, bytes32 payloadHash, uint64 m) internal {
        bytes memory header = modelHeader(kind, payloadHash, m);
        batchAccs.push(keccak256(abi.encodePacked(batchAccs[batchAccs.length - 1], keccak256(header))));
    }

    /// @dev The header of the next batch.
    function modelHeader(uint8 kind, bytes32 payloadHash, uint64 m) internal view returns (bytes memory header) {
        bytes memory head = abi.encodePacked(kind, payloadHash, m, messageAccs[m], uint64(block.number), uint64(block.timestamp));
        return abi.encodePacked(head, block.basefee, block.blobbasefee, uint64(batchAccs.length));
    }

    /// @dev The Inbox is where the model is.
    function assertModel() internal view {
        uint256 messages = links.length - 1;
        uint256 batches = batchAccs.length - 1;
        vm.assertEq(inbox.messageCount(), messages, "messages");
        vm.assertEq(inbox.batchCount(), batches, "batches");
        vm.assertEq(inbox.userMessageCount(), users, "users");
        vm.assertEq(inbox.depositAcc(uint64(messages)), messageAccs[messages], "depositAcc");
        vm.assertEq(inbox.batchAcc(uint64(batches)), batchAccs[batches], "batchAcc");
        vm.assertEq(inbox.userConsumedCount(), links[inbox.consumedCount()].userOrdinal, "userConsumed");
    }
}
