//! Matches in words: which part each move names, and what is left.

use super::{Tale, Topic};
use crate::{
    deed::Deed,
    instruction::Computed,
    people::Side,
    words::{grouped, short},
};
use alloy::primitives::{Address, B256, U256};
use gainsay_bindings::Matches::{self, Match, MatchesCalls};
use gainsay_game::{ledger::Ledger, matches::match_id, stretch::Stretch};
use std::collections::BTreeMap;

/// A match so far.
#[derive(Clone, Debug)]
pub(crate) struct Game {
    /// What the last dissection divides.
    stretch: Stretch,
    /// Moves so far, the last one included.
    pub(crate) moves: u32,
    /// L1 times of its opening and of its last move, seconds.
    pub(crate) opened: u64,
    pub(crate) last: u64,
    /// Gas of its transactions, by who sent them.
    pub(crate) gas: BTreeMap<Address, u64>,
    /// Whose stake has won it, and whose has lost; none while it goes on, and for good if one of the two has lost elsewhere.
    pub(crate) won: Option<(U256, U256)>,
}

impl Game {
    const fn new(opened: u64) -> Self {
        Self { stretch: Stretch::FORK, moves: 0, opened, last: opened, gas: BTreeMap::new(), won: None }
    }
}

impl Tale {
    pub(super) fn game(&mut self, deed: &Deed, call: &MatchesCalls, ledger: &Ledger) {
        match call {
            MatchesCalls::openAndDissect(call) => {
                let id = match_id(call.rivals.first, call.rivals.second);
                self.open(deed, &format!("{} against {}", self.people.owner(&call.rivals.first), self.people.owner(&call.rivals.second)));
                self.divided(deed, id, None);
            }
            MatchesCalls::open(call) => {
                self.open(deed, &format!("{} against {}", self.people.owner(&call.rivals.first), self.people.owner(&call.rivals.second)));
                self.count(deed, match_id(call.rivals.first, call.rivals.second), 0);
            }
            MatchesCalls::dissect(call) => self.divided(deed, id_of(&call.m), None),
            MatchesCalls::r#move(call) => self.divided(deed, id_of(&call.m), Some(call.segment.index)),
            MatchesCalls::enterMachine(call) => self.entered(deed, call, ledger),
            MatchesCalls::timeout(call) => {
                self.count(deed, id_of(&call.m), 1).won = Some((call.m.rival, call.m.mover));
                let silent = self.people.owner(&call.m.mover);
                self.act(deed, &format!("ends the match: the time of {silent} is over ({} gas)", grouped(deed.gas)));
                self.bonds(deed);
                self.explain(Topic::Timeout, "Who does not answer in time loses: silence does not hold anything up.");
            }
            MatchesCalls::reward(_) => {
                self.act(deed, &format!("has its moves rewarded ({} gas)", grouped(deed.gas)));
                self.bonds(deed);
                self.explain(
                    Topic::Reward,
                    "The prize is shared by the number of moves: who did the work is paid for it, whoever came last.",
                );
            }
            _ => {}
        }
    }

    fn open(&mut self, deed: &Deed, who: &str) {
        self.act(deed, &format!("opens a match: {who}"));
        let (clock, extension) = (self.settings.clock, self.settings.extension);
        self.explain(
            Topic::Open,
            &format!(
                "Both bonds are at stake now, and L1 is the referee. The two move in turns until what they disagree about is so small that L1 can \
                 compute it. Each has {clock} s for all its moves, and for each next one {extension} s at the least."
            ),
        );
    }

    /// A dissection of what was under dispute, or of a part of it.
    fn divided(&mut self, deed: &Deed, id: B256, segment: Option<u8>) {
        let game = self.count(deed, id, 1);
        if let Some(segment) = segment {
            game.stretch = game.stretch.narrowed(segment);
        }
        let (number, stretch) = (game.moves, game.stretch);
        self.moved(deed, number, segment, stretch);
        self.explain(
            Topic::Dissection,
            "A move cuts what is disputed into 32 parts and says, as a hash, the state at the end of each. The rival names a part of which it \
             accepts the start and denies the end (the block in the bar), and cuts that. A lie at the end must have a first place where it begins, and \
             each move comes 32 times closer to it.",
        );
        if matches!(stretch, Stretch::Machine { .. }) && segment.is_some() {
            self.explain(
                Topic::Instructions,
                "Far fewer instructions than these are executed: a machine that has halted stays as it is, so all runs can be cut in the same way.",
            );
        }
    }

    fn entered(&mut self, deed: &Deed, call: &Matches::enterMachineCall, ledger: &Ledger) {
        let segment = call.segment.index;
        let game = self.count(deed, id_of(&call.m), 1);
        let step = game.stretch.narrowed(segment).from();
        game.stretch = game.stretch.into_machine(segment);
        let (number, stretch) = (game.moves, game.stretch);
        self.moved(deed, number, Some(segment), stretch);
        let block = call.from.l2BlockNumber;
        let what = match self.true_end(&call.m, ledger) {
            Some(end) if block < end => format!("They agree up to block {block}: block {} is the first wrong one.", block + 1),
            Some(_) => format!("They agree up to block {block}, the last one: what is claimed after it is wrong."),
            None => format!("They agree up to block {block}: what comes next is disputed."),
        };
        self.detail(&format!("{what} (block step {}, counted from the last state that both accept)", grouped(step)));
        self.explain(
            Topic::Machine,
            "One step of the chain is left, mostly a block. Executing it is a run of a RISC-V program whose hash L1 holds, on the batches that L1 holds: \
             the same machine everywhere, so there is one right state after each of its at most 2^40 instructions. Now the run is cut.",
        );
    }

    fn moved(&mut self, deed: &Deed, number: u32, segment: Option<u8>, stretch: Stretch) {
        self.act(deed, &format!("move {number:>2}  {}  {} ({} gas)", bar(segment), left(stretch), grouped(deed.gas)));
    }

    pub(super) fn step(&mut self, deed: &Deed, call: &Matches::stepCall, computed: Option<&Computed>) {
        let game = self.count(deed, id_of(&call.m), 1);
        game.won = Some((call.m.mover, call.m.rival));
        let (number, step) = (game.moves, game.stretch.narrowed(call.segment.index).from());
        let text = format!(
            "move {number:>2}  {}  instruction {}, given to L1 ({} gas)",
            bar(Some(call.segment.index)),
            grouped(step),
            grouped(deed.gas)
        );
        self.act(deed, &text);
        self.explain(
            Topic::Step,
            "One instruction is left. With it come the registers, and proofs of the memory that it touches: they hash to the state that both \
             accept, so nobody can invent them. L1 computes the next state by itself.",
        );
        if let Some(computed) = computed {
            for line in computed.words() {
                self.detail(&line);
            }
            let rival = self.people.owner(&call.m.rival);
            self.detail(&format!("the next state is {}; {rival} had said {}", short(&computed.next.hash()), short(&call.segment.end)));
        }
        self.bonds(deed);
    }

    /// Counts a transaction of a match.
    fn count(&mut self, deed: &Deed, id: B256, moves: u32) -> &mut Game {
        let game = self.games.entry(id).or_insert_with(|| Game::new(deed.time));
        game.moves += moves;
        game.last = deed.time;
        *game.gas.entry(deed.from).or_default() += deed.gas;
        game
    }

    /// The last block of what an honest side of the match claims.
    fn true_end(&self, m: &Match, ledger: &Ledger) -> Option<u64> {
        let sides = [(m.mover, m.moverNode), (m.rival, m.rivalNode)];
        let honest = |stake| self.people.side(&crate::people::owner_of(stake)) == Side::Honest;
        let (_, node) = sides.iter().find(|(stake, _)| honest(stake))?;
        ledger.assertions().get(node).map(|assertion| assertion.end.l2_block_number)
    }
}

fn id_of(m: &Match) -> B256 {
    match_id(m.mover, m.rival)
}

/// The 32 parts, and which of them was named.
fn bar(segment: Option<u8>) -> String {
    (0..32).map(|part| if Some(part) == segment { '█' } else { '·' }).collect()
}

/// What is cut now, and into what.
fn left(stretch: Stretch) -> String {
    let part = stretch.narrowed(0).len();
    let parts = |unit: &str| if part == 1 { format!("single {unit}s") } else { format!("32 × {}", grouped(part)) };
    match stretch {
        Stretch::Blocks { from, len } => format!("{} block steps from {} on → {}", grouped(len), grouped(from), parts("block step")),
        Stretch::Machine { from: 0, len, .. } if len == gainsay_game::stretch::RUN_STEPS => {
            format!("1 block step = {} instructions → {}", grouped(len), parts("instruction"))
        }
        Stretch::Machine { from, len, .. } => format!("{} instructions from {} on → {}", grouped(len), grouped(from), parts("instruction")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_marks_the_part_that_was_named() {
        assert_eq!(bar(None), "·".repeat(32));
        assert_eq!(bar(Some(3)), format!("···█{}", "·".repeat(28)));
        assert_eq!(bar(Some(31)).chars().last(), Some('█'));
    }

    #[test]
    fn what_is_left_is_told_down_to_single_instructions() {
        let mut stretch = Stretch::FORK;
        assert_eq!(left(stretch), "32,768 block steps from 0 on → 32 × 1,024");
        stretch = stretch.narrowed(1).narrowed(2);
        assert_eq!(left(stretch), "32 block steps from 1,088 on → single block steps");
        stretch = stretch.into_machine(0);
        assert_eq!(left(stretch), "1 block step = 1,099,511,627,776 instructions → 32 × 34,359,738,368");
        for _ in 0..7 {
            stretch = stretch.narrowed(0);
        }
        assert_eq!(left(stretch), "32 instructions from 0 on → single instructions");
    }
}
