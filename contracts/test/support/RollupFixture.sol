// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Rollup} from "../../src/Rollup.sol";
import {Claim, RollupParams, State} from "../../src/interfaces/IRollup.sol";
import {vm} from "./Cheats.sol";
import {InboxFixture} from "./InboxFixture.sol";

/// @notice The Rollup with a way to lose without a match. The prize goes to whom the test names.
contract RollupHarness is Rollup {
    constructor(RollupParams memory p) Rollup(p) {}

    function defeat(uint256 stakeId, bytes32 id, address winner) external {
        _defeat(stakeId, id);
        owed[winner] += stakes[stakeId].prize;
        stakes[stakeId].prize = 0;
    }
}

abstract contract RollupFixture is InboxFixture {
    uint64 internal constant W = 7 days;
    uint64 internal constant C = 3 days;
    uint64 internal constant E = 1 hours;
    uint64 internal constant M = 1 hours;
    uint256 internal constant BOND = 1 ether;

    address internal alice = address(0xa11ce);
    address internal bob = address(0xb0b);
    address internal carol = address(0xca401);

    RollupHarness internal rollup;
    State internal genesis;
    bytes32 internal root;

    function setUp() public virtual override {
        super.setUp();
        genesis = State(keccak256("genesis"), 0, 0, 0, 0);
        bytes memory code = abi.encodePacked(type(RollupHarness).creationCode, abi.encode(rollupParams()));
        rollup = RollupHarness(factory.deploy("rollup", code));
        root = rollup.genesisId();
        vm.deal(alice, 100 ether);
        vm.deal(bob, 100 ether);
        vm.deal(carol, 100 ether);
        appendBatch(0);
        skip(M);
    }

    function rollupParams() internal view returns (RollupParams memory) {
        return RollupParams({
            inbox: address(inbox),
            matches: matchesAddress(),
            configHash: keccak256("config"),
            genesis: genesis,
            bond: BOND,
            challengeWindow: W,
            clock: C,
            extension: E,
            assertionPeriod: M
        });
    }

    function matchesAddress() internal view virtual returns (address) {
        return factory.addressOf(address(this), "matches");
    }

    function skip(uint256 time) internal {
        vm.warp(block.timestamp + time);
    }

    /// @dev An end state that ends at `batchIndex`; different tags, different states.
    function end(string memory tag, uint64 batchIndex) internal pure returns (State memory) {
        return State(keccak256(bytes(tag)), batchIndex, batchIndex, 0, 0);
    }

    function idOf(bytes32 parent, State memory state) internal pure returns (bytes32) {
        return keccak256(abi.encode(parent, keccak256(abi.encode(state))));
    }

    function claims(bytes32 parent, State memory state) internal view returns (Claim[] memory list) {
        list = new Claim[](1);
        list[0] = Claim(rollup.assertion(parent).inputsHash, state);
    }

    function stakeAs(address who, bytes32 parent, State memory state) internal returns (uint256 stakeId, bytes32 id) {
        Claim[] memory list = claims(parent, state);
        vm.prank(who);
        stakeId = rollup.stake{value: BOND}(parent, list);
        return (stakeId, idOf(parent, state));
    }

    /// @dev Moves the stake on from `parent`, its tip.
    function advanceAs(address who, uint256 stakeId, bytes32 parent, State memory state) internal returns (bytes32 id) {
        Claim[] memory list = claims(parent, state);
        vm.prank(who);
        rollup.advance(stakeId, list);
        return idOf(parent, state);
    }
}
