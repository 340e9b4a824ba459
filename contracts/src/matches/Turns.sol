// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Match} from "../interfaces/IMatches.sol";

/// @title Turns
/// @notice Whose turn it is, until when, and what each round asks for.
library Turns {
    /// @dev The first dissection, of 2^15 block steps, into 32 of 2^10; then 2^5, then 1.
    uint8 internal constant FIRST = 0;
    /// @dev Segments are single block steps: their machine run is dissected, 2^40 steps into 32 of 2^35, and so on down to 1.
    uint8 internal constant BLOCK = 3;
    /// @dev The first answer to a dissected machine run.
    uint8 internal constant RUN = 4;
    /// @dev Segments are single machine steps.
    uint8 internal constant STEP = 11;

    /// @notice keccak(abi.encode(Match)).
    function hash(Match memory m) internal pure returns (bytes32 result) {
        // 13 value types: in memory as in the encoding. The decoder has checked that none exceeds its type.
        assembly ("memory-safe") {
            result := keccak256(m, 0x1a0)
        }
    }

    /// @notice What is left on the clock, and at least the extension.
    function deadline(Match memory m, uint64 extension) internal pure returns (uint256) {
        return uint256(m.since) + (m.moverClock > extension ? m.moverClock : extension);
    }

    /// @notice The match after a dissection by the mover: its clock has run, the move is counted, the other is on turn.
    /// @param start Agreed start of what was dissected.
    /// @param end The next mover's own end of it.
    function passed(Match memory m, bytes32 start, bytes32 end, bytes32 dissection) internal view returns (Match memory) {
        uint256 used = block.timestamp - m.since;
        return Match({
            mover: m.rival,
            moverNode: m.rivalNode,
            rival: m.mover,
            rivalNode: m.moverNode,
            start: start,
            end: end,
            dissection: dissection,
            // Seconds fit into 40 bits until the year 36812.
            since: uint40(block.timestamp),
            moverClock: m.rivalClock,
            // Less than before, so it fits.
            rivalClock: used < m.moverClock ? uint32(m.moverClock - used) : 0,
            moverMoves: m.rivalMoves,
            // A match has 12 moves.
            rivalMoves: m.moverMoves + 1,
            round: m.round + 1
        });
    }
}
