// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Matches} from "../../src/Matches.sol";
import {StakeStatus} from "../../src/interfaces/IRollup.sol";
import {vm} from "../support/Cheats.sol";
import {Belief, Board, MatchFixture} from "../support/MatchFixture.sol";
import {RollupHarness} from "../support/RollupFixture.sol";

/// @notice An honest stake that answers whenever it is not censored, which is for less than C in all; a stake on the truth that sleeps; and liars that stake,
///         open, move, babble, let time run out, collect, in any order. What the contracts refuse reverts and changes nothing.
contract DisputeHandler is MatchFixture {
    uint256[] public stakeIds;
    Belief[] private beliefs;
    bytes32[] public falseNodes;
    Board[] private boards;
    mapping(bytes32 => bool) private isOpen;

    uint256 public forkedAt;
    uint256 public paidIn = BOND;
    uint256 public paidOut;
    uint256 public done;
    /// @dev Below C by what the honest side takes to act at all.
    uint256 public budget = C - 1;

    constructor() {
        setUp();
        joinTruth();
        note(honest, truth());
        forkedAt = block.timestamp;
        (uint256 sleeper,) = stakeOn(carol, truth());
        paidIn += BOND;
        note(sleeper, truth());
    }

    function note(uint256 stakeId, Belief memory b) private {
        stakeIds.push(stakeId);
        beliefs.push(b);
        done += 1;
    }

    function chain() external view returns (RollupHarness, Matches, bytes32, uint256) {
        return (rollup, matches, trueNode, honest);
    }

    function counts() external view returns (uint256, uint256, uint256) {
        return (stakeIds.length, boards.length, falseNodes.length);
    }

    function board(uint256 i) external view returns (Board memory) {
        return boards[i];
    }

    function stakeFalsely(uint8 who, uint256 blockStep, uint256 machineStep) external {
        Belief memory b = Belief(blockStep % BLOCKS, machineStep % STEPS, bytes32(uint256(1 + who % 3)));
        if (stakeIds.length > 7) return;
        // Who shares a tag shares a claim.
        for (uint256 i = 0; i < beliefs.length; ++i) {
            if (beliefs[i].tag == b.tag) b = beliefs[i];
        }
        (uint256 stakeId, bytes32 node) = stakeOn(address(uint160(0x11a0) + who % 5), b);
        paidIn += BOND;
        falseNodes.push(node);
        note(stakeId, b);
    }

    function open(uint8 first, uint8 second, bool bare) external {
        openThese(first % stakeIds.length, second % stakeIds.length, bare);
    }

    function openThese(uint256 i, uint256 j, bool bare) private {
        (uint256 a, uint256 b) = (stakeIds[i], stakeIds[j]);
        Board memory v = bare ? openBare(a, beliefs[i], b, beliefs[j]) : openAndDissect(a, beliefs[i], b, beliefs[j]);
        isOpen[v.id] = true;
        boards.push(v);
        done += 1;
    }

    /// @dev One of the others answers from what it believes, or anything.
    function play(uint8 which, bool sense, uint256 seed) external {
        Board memory v = boards[which % boards.length];
        require(v.m.mover != honest, "answers by itself");
        if (sense || v.m.round == 0 || v.m.round == 11) answer(v, beliefOf(v.m.mover));
        else babble(v, seed);
        boards[which % boards.length] = v;
        done += 1;
    }

    function timeout(uint8 which) external {
        runOut(which % boards.length);
    }

    function runOut(uint256 i) private {
        matches.timeout(boards[i].m);
        boards[i].m.rivalMoves += 1;
        done += 1;
    }

    function reward(uint8 which, bool mover) external {
        Board storage v = boards[which % boards.length];
        matches.reward(v.m, mover ? v.m.mover : v.m.rival);
        if (mover) v.m.moverMoves = 0;
        else v.m.rivalMoves = 0;
        done += 1;
    }

    function wait(uint32 time) external {
        act();
        skip(time % 1 days);
    }

    /// @dev The honest side can do nothing meanwhile.
    function censor(uint32 time) external {
        uint256 used = time % (budget + 1);
        budget -= used;
        skip(used);
        act();
    }

    function confirm(uint8 which) external {
        if (which % 3 == 0) rollup.confirm(fork);
        else if (which % 3 == 1 || falseNodes.length == 0) rollup.confirm(trueNode);
        else rollup.confirm(falseNodes[which % falseNodes.length]);
        done += 1;
    }

    function withdraw(uint8 which) external {
        uint256 stakeId = stakeIds[which % stakeIds.length];
        vm.prank(ownerOf(stakeId));
        rollup.withdraw(stakeId);
        done += 1;
    }

    function claim(uint8 which) external {
        address who = ownerOf(stakeIds[which % stakeIds.length]);
        paidOut += rollup.owed(who);
        vm.prank(who);
        rollup.claim(payable(address(0xca54)));
        done += 1;
    }

    /// @dev What the honest side does whenever it can: open against every rival, answer, call the time of those who don't.
    function act() public {
        if (statusOf(honest) != StakeStatus.Live) return;
        for (uint256 i = 1; i < stakeIds.length; ++i) {
            bool rival = beliefs[i].tag != 0 && statusOf(stakeIds[i]) == StakeStatus.Live;
            if (rival && !isOpen[matches.matchId(honest, stakeIds[i])]) openThese(0, i, false);
        }
        for (uint256 i = 0; i < boards.length; ++i) {
            Board memory v = boards[i];
            if (v.m.mover != honest && v.m.rival != honest) continue;
            if (statusOf(v.m.mover) != StakeStatus.Live || statusOf(v.m.rival) != StakeStatus.Live) continue;
            if (v.m.mover == honest) {
                answer(v, truth());
                boards[i] = v;
            } else if (block.timestamp >= matches.deadline(v.m)) {
                runOut(i);
            }
        }
    }

    /// @dev The honest side goes on alone, the others let their time run out: then the truth is confirmed in time.
    function finish() external {
        uint256 latest = forkedAt + W + C + 14 * E;
        while (block.timestamp < forkedAt + W) {
            act();
            skip(E);
        }
        for (uint256 i = 0; i < 1000 && rollup.assertion(fork).liveChildren != rollup.assertion(trueNode).live; ++i) {
            act();
            skip(E);
        }
        vm.assertLe(block.timestamp, latest);
        if (!rollup.assertion(fork).confirmed) rollup.confirm(fork);
        if (!rollup.assertion(trueNode).confirmed) rollup.confirm(trueNode);
    }

    function beliefOf(uint256 stakeId) private view returns (Belief memory b) {
        for (uint256 i = 0; i < stakeIds.length; ++i) {
            if (stakeIds[i] == stakeId) return beliefs[i];
        }
    }
}

/// forge-config: default.invariant.runs = 24
/// forge-config: default.invariant.depth = 48
contract DisputeInvariantTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    DisputeHandler private handler;
    RollupHarness private rollup;
    Matches private matches;
    bytes32 private trueNode;
    uint256 private honest;
    uint256 private burnedBefore;

    function setUp() public {
        handler = new DisputeHandler();
        (rollup, matches, trueNode, honest) = handler.chain();
        burnedBefore = address(0xdEaD).balance;
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = DisputeHandler.stakeFalsely.selector;
        selectors[1] = DisputeHandler.open.selector;
        selectors[2] = DisputeHandler.play.selector;
        selectors[3] = DisputeHandler.timeout.selector;
        selectors[4] = DisputeHandler.reward.selector;
        selectors[5] = DisputeHandler.wait.selector;
        selectors[6] = DisputeHandler.censor.selector;
        selectors[7] = DisputeHandler.confirm.selector;
        selectors[8] = DisputeHandler.withdraw.selector;
        selectors[9] = DisputeHandler.claim.selector;
        selectors[10] = DisputeHandler.act.selector;
        selectors[11] = DisputeHandler.play.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function status(uint256 stakeId) private view returns (StakeStatus s) {
        (, s,) = rollup.stakeOf(stakeId);
    }

    function invariant_theHonestStakeNeverLoses() public view {
        vm.assertTrue(status(honest) == StakeStatus.Live || status(honest) == StakeStatus.Withdrawn);
    }

    function invariant_nothingFalseIsConfirmed() public view {
        (,, uint256 nodes) = handler.counts();
        for (uint256 i = 0; i < nodes; ++i) {
            vm.assertFalse(rollup.assertion(handler.falseNodes(i)).confirmed);
        }
    }

    /// @dev Ether in is ether out, burned, or held for somebody: bonds of the living, prizes left, what is owed.
    function invariant_moneyInIsMoneyOutPlusWhatIsHeld() public view {
        (uint256 stakes,,) = handler.counts();
        uint256 held = rollup.owed(address(0xa11ce)) + rollup.owed(address(0xca401));
        for (uint256 i = 0; i < 5; ++i) {
            held += rollup.owed(address(uint160(0x11a0 + i)));
        }
        for (uint256 i = 0; i < stakes; ++i) {
            uint256 stakeId = handler.stakeIds(i);
            if (status(stakeId) == StakeStatus.Live) held += rollup.bond();
            held += rollup.prizeOf(stakeId);
        }
        vm.assertEq(address(rollup).balance, held);
        vm.assertEq(handler.paidIn(), handler.paidOut() + (address(0xdEaD).balance - burnedBefore) + held);
    }

    /// @dev The contract has what the model says, and every stake's count is the sum of the moves against it.
    function invariant_matchesAndCountsAreThoseOfTheModel() public view {
        (uint256 stakes, uint256 boards,) = handler.counts();
        uint256[] memory against = new uint256[](stakes);
        for (uint256 i = 0; i < boards; ++i) {
            Board memory v = handler.board(i);
            vm.assertEq(matches.stateOf(v.id), keccak256(abi.encode(v.m)));
            for (uint256 j = 0; j < stakes; ++j) {
                if (handler.stakeIds(j) == v.m.mover) against[j] += v.m.rivalMoves;
                if (handler.stakeIds(j) == v.m.rival) against[j] += v.m.moverMoves;
            }
        }
        for (uint256 j = 0; j < stakes; ++j) {
            vm.assertEq(matches.movesAgainst(handler.stakeIds(j)), against[j]);
        }
    }

    /// @dev What lets matches go by the life of their stakes alone: two rivals that live stand at a fork that is not decided.
    function invariant_livingRivalsStandAtAnOpenFork() public view {
        (, uint256 boards,) = handler.counts();
        for (uint256 i = 0; i < boards; ++i) {
            Board memory v = handler.board(i);
            if (status(v.m.mover) != StakeStatus.Live || status(v.m.rival) != StakeStatus.Live) continue;
            vm.assertFalse(rollup.assertion(rollup.assertion(v.m.moverNode).parent).childConfirmed);
        }
    }

    function afterInvariant() public {
        handler.finish();
        invariant_theHonestStakeNeverLoses();
        vm.assertTrue(rollup.assertion(trueNode).confirmed);
    }

    /// @dev Each action works in a run by hand, and the money is where it should be.
    function test_handler_reachesEveryAction() public {
        handler.stakeFalsely(0, 5, 5);
        handler.stakeFalsely(1, 6, 6);
        handler.open(2, 1, false);
        handler.open(2, 3, true);
        handler.act();
        handler.play(2, true, 0);
        handler.play(3, false, 7);
        handler.censor(3 days);
        handler.wait(80_000);
        handler.wait(80_000);
        handler.wait(80_000);
        handler.wait(80_000);
        handler.act();
        vm.assertTrue(status(handler.stakeIds(2)) == StakeStatus.Defeated);
        vm.assertTrue(status(handler.stakeIds(3)) == StakeStatus.Defeated);
        handler.finish();
        handler.withdraw(0);
        handler.reward(2, false);
        handler.claim(0);
        vm.assertEq(handler.paidOut() > rollup.bond() ? 1 : 0, 1);
        invariant_theHonestStakeNeverLoses();
        invariant_nothingFalseIsConfirmed();
        invariant_moneyInIsMoneyOutPlusWhatIsHeld();
        invariant_matchesAndCountsAreThoseOfTheModel();
        invariant_livingRivalsStandAtAnOpenFork();
    }
}
