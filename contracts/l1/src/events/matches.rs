//! Events of Matches.

use super::{EventFault, decode};
use alloy::{
    primitives::{B256, U256, aliases::U40, keccak256},
    rpc::types::Log,
    sol_types::{SolEvent, SolValue},
};
use gainsay_bindings::Matches::{self, Match};

/// Segments of a dissection.
const SEGMENTS: u8 = 32;

/// Something that happened in a match. With all events of a match, in order, its state and what the next move must open are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchesEvent {
    /// A match began.
    Opened {
        /// `keccak(lower stake, higher stake)`.
        id: B256,
        /// Its first state, before any dissection: round 0.
        state: Match,
    },
    /// The mover divided a stretch; it is the other's turn.
    Dissected {
        /// The match.
        id: B256,
        /// The stake that moved.
        mover: U256,
        /// Which segment of the rival's dissection it named, below 32; 0 in the first dissection.
        segment: u8,
        /// Interior leaves of the new dissection.
        points: Box<[B256; 31]>,
        /// Its last leaf: the mover's end.
        end: B256,
        /// When the next turn began, seconds.
        time: u64,
    },
    /// The mover named a block step and divided its machine run; it is the other's turn.
    MachineEntered {
        /// The match.
        id: B256,
        /// The stake that moved.
        mover: U256,
        /// Which block step of the rival's dissection it named, below 32.
        segment: u8,
        /// Hash of the machine's state where the run starts.
        start: B256,
        /// Interior leaves of the new dissection.
        points: Box<[B256; 31]>,
        /// Its last leaf: hash of the machine's state after the run.
        end: B256,
        /// When the next turn began, seconds.
        time: u64,
    },
    /// The match is over; the winner has one more move.
    Won {
        /// The match.
        id: B256,
        /// The stake that won: it took the machine step, or the other's time was over.
        winner: U256,
        /// The stake that lost, here and everywhere.
        loser: U256,
        /// Whether by time; else by the machine step.
        by_clock: bool,
    },
    /// The winner's moves in this match are rewarded and count no more.
    Rewarded {
        /// The match.
        id: B256,
        /// The stake that made them; it need not have won this match.
        winner: U256,
        /// The stake that lost.
        loser: U256,
        /// How many.
        moves: u64,
    },
}

/// Reads a log of Matches; none for events that are not known here.
pub(super) fn matches_event(log: &Log) -> Result<Option<MatchesEvent>, EventFault> {
    let Some(&topic) = log.topic0() else { return Ok(None) };
    Ok(Some(match topic {
        Matches::MatchOpened::SIGNATURE_HASH => opened(decode(log)?)?,
        Matches::Dissected::SIGNATURE_HASH => {
            let Matches::Dissected { id, mover, segment, points, end, time } = decode(log)?;
            let segment = below_32("Dissected", segment)?;
            MatchesEvent::Dissected { id, mover, segment, points: Box::new(points), end, time: seconds(time) }
        }
        Matches::MachineEntered::SIGNATURE_HASH => {
            let Matches::MachineEntered { id, mover, segment, start, points, end, time } = decode(log)?;
            let segment = below_32("MachineEntered", segment)?;
            MatchesEvent::MachineEntered { id, mover, segment, start, points: Box::new(points), end, time: seconds(time) }
        }
        Matches::MatchWon::SIGNATURE_HASH => {
            let Matches::MatchWon { id, winner, loser, byClock } = decode(log)?;
            between("MatchWon", id, winner, loser)?;
            MatchesEvent::Won { id, winner, loser, by_clock: byClock }
        }
        Matches::MovesRewarded::SIGNATURE_HASH => {
            let Matches::MovesRewarded { id, winner, loser, moves } = decode(log)?;
            between("MovesRewarded", id, winner, loser)?;
            let moves = u64::try_from(moves).map_err(|_| contradiction("MovesRewarded", "more moves than a match can have"))?;
            MatchesEvent::Rewarded { id, winner, loser, moves }
        }
        _ => return Ok(None),
    }))
}

fn opened(event: Matches::MatchOpened) -> Result<MatchesEvent, EventFault> {
    let Matches::MatchOpened { id, mover, rival, state } = event;
    between("MatchOpened", id, mover, rival)?;
    if (state.mover, state.rival) != (mover, rival) {
        return Err(contradiction("MatchOpened", "its state is of other stakes"));
    }
    if (state.round, state.moverMoves, state.rivalMoves) != (0, 0, 0) {
        return Err(contradiction("MatchOpened", "the match is under way already"));
    }
    Ok(MatchesEvent::Opened { id, state })
}

/// Checks that the id is the one of a match between these two.
fn between(event: &'static str, id: B256, a: U256, b: U256) -> Result<(), EventFault> {
    let matched = keccak256((a.min(b), a.max(b)).abi_encode());
    if id == matched { Ok(()) } else { Err(contradiction(event, "the id is not the one of a match between these stakes")) }
}

const fn below_32(event: &'static str, segment: u8) -> Result<u8, EventFault> {
    if segment < SEGMENTS { Ok(segment) } else { Err(contradiction(event, "there are 32 segments")) }
}

const fn contradiction(event: &'static str, reason: &'static str) -> EventFault {
    EventFault::Contradiction { event, reason }
}

fn seconds(time: U40) -> u64 {
    time.to()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, Log as Inner, LogData};

    const MOVER: U256 = U256::from_limbs([9, 0, 0, 1]);
    const RIVAL: U256 = U256::from_limbs([8, 0, 0, 2]);
    const TIME: u64 = 0xff_1234_5678;

    fn id() -> B256 {
        keccak256((MOVER, RIVAL).abi_encode())
    }

    fn leaf(number: u8) -> B256 {
        B256::with_last_byte(number)
    }

    fn points() -> [B256; 31] {
        std::array::from_fn(|index| leaf(index as u8))
    }

    fn state() -> Match {
        Match {
            mover: MOVER,
            moverNode: leaf(101),
            rival: RIVAL,
            rivalNode: leaf(102),
            start: leaf(103),
            end: leaf(104),
            dissection: leaf(105),
            since: U40::from(TIME),
            moverClock: 600,
            rivalClock: u32::MAX,
            moverMoves: 0,
            rivalMoves: 0,
            round: 0,
        }
    }

    /// One of each, with what it is read as.
    fn all() -> [(LogData, MatchesEvent); 5] {
        let (id, time) = (id(), U40::from(TIME));
        let (start, end) = (leaf(40), leaf(41));
        let points = Box::new(points());
        [
            (
                Matches::MatchOpened { id, mover: MOVER, rival: RIVAL, state: state() }.encode_log_data(),
                MatchesEvent::Opened { id, state: state() },
            ),
            (
                Matches::Dissected { id, mover: MOVER, segment: 31, points: *points, end, time }.encode_log_data(),
                MatchesEvent::Dissected { id, mover: MOVER, segment: 31, points: points.clone(), end, time: TIME },
            ),
            (
                Matches::MachineEntered { id, mover: RIVAL, segment: 7, start, points: *points, end, time }.encode_log_data(),
                MatchesEvent::MachineEntered { id, mover: RIVAL, segment: 7, start, points, end, time: TIME },
            ),
            (
                Matches::MatchWon { id, winner: RIVAL, loser: MOVER, byClock: true }.encode_log_data(),
                MatchesEvent::Won { id, winner: RIVAL, loser: MOVER, by_clock: true },
            ),
            (
                Matches::MovesRewarded { id, winner: RIVAL, loser: MOVER, moves: U256::from(6) }.encode_log_data(),
                MatchesEvent::Rewarded { id, winner: RIVAL, loser: MOVER, moves: 6 },
            ),
        ]
    }

    fn read(data: LogData) -> Result<Option<MatchesEvent>, EventFault> {
        matches_event(&Log { inner: Inner { address: Address::ZERO, data }, ..Log::default() })
    }

    fn contradicts(data: LogData) -> bool {
        matches!(read(data), Err(EventFault::Contradiction { .. }))
    }

    #[test]
    fn each_event_of_a_match_is_told_with_all_that_it_says() {
        for (data, told) in all() {
            assert_eq!(read(data), Ok(Some(told)));
        }
    }

    #[test]
    fn a_log_that_is_cut_short_or_lacks_a_topic_has_not_the_shape() {
        for (data, told) in all() {
            let short = LogData::new_unchecked(data.topics().to_vec(), data.data.slice(..data.data.len() - 32));
            assert!(matches!(read(short), Err(EventFault::Shape { .. })), "{told:?}");
            let topics = data.topics()[..data.topics().len() - 1].to_vec();
            assert!(matches!(read(LogData::new_unchecked(topics, data.data)), Err(EventFault::Shape { .. })), "{told:?}");
        }
    }

    #[test]
    fn numbers_beyond_their_type_have_not_the_shape() {
        for (data, told) in all().into_iter().skip(1).take(2) {
            let mut bytes = data.data.to_vec();
            // The segment is a byte in the last place of the first word.
            bytes[30] = 1;
            let wide = LogData::new_unchecked(data.topics().to_vec(), bytes.into());
            assert!(matches!(read(wide), Err(EventFault::Shape { .. })), "{told:?}");
        }
    }

    #[test]
    fn an_id_of_other_stakes_contradicts_itself() {
        for (data, _) in all() {
            let mut topics = data.topics().to_vec();
            // Moves do not name the other stake.
            if topics.len() == 4 {
                topics[1] = leaf(1);
                assert!(contradicts(LogData::new_unchecked(topics, data.data)));
            }
        }
        let other = Match { mover: RIVAL, rival: MOVER, ..state() };
        assert!(contradicts(Matches::MatchOpened { id: id(), mover: MOVER, rival: RIVAL, state: other }.encode_log_data()));
    }

    #[test]
    fn a_match_that_opens_in_a_later_round_or_a_33rd_segment_contradicts_itself() {
        for state in [Match { round: 1, ..state() }, Match { moverMoves: 1, ..state() }, Match { rivalMoves: 1, ..state() }] {
            assert!(contradicts(Matches::MatchOpened { id: id(), mover: MOVER, rival: RIVAL, state }.encode_log_data()));
        }
        let (id, end, time) = (id(), leaf(41), U40::from(TIME));
        assert!(contradicts(Matches::Dissected { id, mover: MOVER, segment: 32, points: points(), end, time }.encode_log_data()));
        let entered = Matches::MachineEntered { id, mover: MOVER, segment: 32, start: end, points: points(), end, time };
        assert!(contradicts(entered.encode_log_data()));
        let moves = U256::from(u64::MAX) + U256::from(1);
        assert!(contradicts(Matches::MovesRewarded { id, winner: MOVER, loser: RIVAL, moves }.encode_log_data()));
    }

    #[test]
    fn what_is_not_known_here_is_skipped() {
        assert_eq!(read(LogData::new_unchecked(vec![leaf(1)], Default::default())), Ok(None));
        assert_eq!(read(LogData::default()), Ok(None));
    }
}
