// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Rollup} from "../../src/Rollup.sol";
import {Assertion, Claim, IRollup, RollupParams} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RollupFixture} from "../support/RollupFixture.sol";

contract RollupConstructorTest is RollupFixture {
    function refuse(RollupParams memory p) private {
        vm.expectRevert(IRollup.BadParams.selector);
        new Rollup(p);
    }

    function test_construct_windowNotAboveTwoClocks_reverts(uint64 window) public {
        RollupParams memory p = rollupParams();
        p.challengeWindow = uint64(bound(window, 0, 2 * p.clock));
        refuse(p);
        p.challengeWindow = 2 * p.clock;
        refuse(p);
        p.challengeWindow = 2 * p.clock + 1;
        new Rollup(p);
    }

    function test_construct_clockBelowExtension_reverts() public {
        RollupParams memory p = rollupParams();
        p.clock = p.extension - 1;
        refuse(p);
        p.clock = p.extension;
        new Rollup(p);
    }

    function test_construct_hugeClock_reverts() public {
        RollupParams memory p = rollupParams();
        p.clock = type(uint64).max;
        refuse(p);
    }

    /// @dev Times are kept in 40 bits and clocks in 32.
    function test_construct_windowOrPeriodAbove32Bits_reverts(uint64 time) public {
        uint64 most = type(uint32).max;
        RollupParams memory p = rollupParams();
        p.challengeWindow = uint64(bound(time, most + 1, type(uint64).max));
        refuse(p);
        p.challengeWindow = most;
        p.assertionPeriod = uint64(bound(time, most + 1, type(uint64).max));
        refuse(p);
        p.assertionPeriod = most;
        new Rollup(p);
    }

    function test_construct_bondAbove128Bits_reverts(uint256 bond) public {
        uint256 most = type(uint128).max;
        RollupParams memory p = rollupParams();
        p.bond = bound(bond, most + 1, type(uint256).max);
        refuse(p);
        p.bond = most;
        new Rollup(p);
    }

    function test_construct_zeroes_revert() public {
        RollupParams memory p = rollupParams();
        p.extension = 0;
        refuse(p);
        p = rollupParams();
        p.assertionPeriod = 0;
        refuse(p);
        p = rollupParams();
        p.bond = 0;
        refuse(p);
        p = rollupParams();
        p.inbox = address(0);
        refuse(p);
        p = rollupParams();
        p.matches = address(0);
        refuse(p);
    }

    function test_construct_genesisAheadOfTheInbox_reverts() public {
        RollupParams memory p = rollupParams();
        p.genesis.batchIndex = 2;
        refuse(p);
        p.genesis.batchIndex = 1;
        new Rollup(p);
    }

    function test_construct_genesis_isConfirmedWithTheInboxOfThatTime() public view {
        Assertion memory a = rollup.assertion(root);
        vm.assertEq(root, keccak256(abi.encode(bytes32(0), keccak256(abi.encode(genesis)))));
        vm.assertEq(rollup.latestConfirmed(), root);
        vm.assertTrue(a.confirmed);
        vm.assertEq(a.target, 0);
        vm.assertEq(a.inputsHash, keccak256(abi.encode(uint64(0), bytes32(0))));
        vm.assertEq(a.createdAt, START);
        vm.assertEq(rollup.configHash(), keccak256("config"));
    }

    function test_construct_emitsTheGenesis() public {
        vm.expectEmit();
        emit IRollup.AssertionCreated(root, 0, genesis, 1, keccak256(abi.encode(uint64(1), batchAccs[1])));
        vm.expectEmit();
        emit IRollup.AssertionConfirmed(root);
        new Rollup(rollupParams());
    }

    /// @dev Also the first claims wait for the period, from the deployment on.
    function test_construct_genesis_hasNoChildWithinThePeriod() public {
        Rollup young = new Rollup(rollupParams());
        Claim[] memory list = new Claim[](1);
        list[0] = Claim(young.assertion(root).inputsHash, end("a", 1));
        skip(M - 1);
        vm.expectRevert(abi.encodeWithSelector(IRollup.ChildTooEarly.selector, block.timestamp + 1));
        young.stake{value: BOND}(root, list);
        skip(1);
        young.stake{value: BOND}(root, list);
    }
}
