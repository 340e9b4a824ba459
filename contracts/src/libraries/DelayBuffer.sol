// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice One slot. All in seconds.
/// @param stored What the buffer held at updatedAt.
/// @param updatedAt Start of the replenishing that is not in `stored` yet.
/// @param chargedUntil Lateness up to this time has been charged: no second is charged twice, however many deposits wait through it.
struct Buffer {
    uint64 stored;
    uint64 updatedAt;
    uint64 chargedUntil;
}

/// @notice Bounds and speed of a buffer; see InboxParams.
struct BufferRule {
    uint64 max;
    uint64 floor;
    uint64 threshold;
    uint64 replenishPeriod;
}

/// @title DelayBuffer
/// @notice The patience that users owe the sequencer. Leaving deposits waiting beyond the threshold uses it up, time slowly restores it;
///         so an outage now and then costs nothing, and a censor's delays get shorter and shorter, down to the floor.
library DelayBuffer {
    /// @notice The buffer at `time`, replenished by one second a period. Whole periods only: the rest stays for later.
    function replenished(Buffer memory buffer, BufferRule memory rule, uint64 time) internal pure returns (Buffer memory) {
        uint64 gained = (time - buffer.updatedAt) / rule.replenishPeriod;
        if (gained >= rule.max - buffer.stored) return Buffer(rule.max, time, buffer.chargedUntil);
        return Buffer(buffer.stored + gained, buffer.updatedAt + gained * rule.replenishPeriod, buffer.chargedUntil);
    }

    /// @notice The buffer after a deposit of `since` is consumed at `time`: less by the lateness that was not charged before.
    function charged(Buffer memory buffer, BufferRule memory rule, uint64 since, uint64 time) internal pure returns (Buffer memory next) {
        next = replenished(buffer, rule, time);
        uint64 lateFrom = since + rule.threshold;
        if (lateFrom < next.chargedUntil) lateFrom = next.chargedUntil;
        if (time <= lateFrom) return next;
        uint64 late = time - lateFrom;
        uint64 room = next.stored - rule.floor;
        next.stored -= late < room ? late : room;
        next.chargedUntil = time;
    }
}
