//! Random sequences of what can happen to a store.

use super::*;

#[derive(Clone, Debug)]
enum Op {
    Push {
        acts: Vec<Act>,
        prepared: bool,
        flush: bool,
    },
    /// Roots of a block that is not put on.
    Prepare {
        acts: Vec<Act>,
    },
    Unwind {
        by: u64,
    },
    Replace {
        by: u64,
        acts: Vec<Act>,
    },
    /// The epoch under way is written to the end.
    Settle,
    Finalize {
        behind: u64,
    },
    Reopen,
    /// Loses some of the batches that were not flushed.
    Crash {
        kept: prop::sample::Index,
    },
    /// The disk takes so many more batches, and then none; the process stops and starts again.
    Full {
        after: usize,
        acts: Vec<Act>,
    },
    /// Keeps a reader of the tip or of an older block.
    Hold {
        back: u64,
    },
}

fn any_op() -> impl Strategy<Value = Op> {
    let acts = any_changes;
    prop_oneof![
        12 => (acts(), any::<bool>(), any::<bool>()).prop_map(|(acts, prepared, flush)| Op::Push { acts, prepared, flush }),
        1 => acts().prop_map(|acts| Op::Prepare { acts }),
        1 => (0u64..9).prop_map(|by| Op::Unwind { by }),
        1 => (0u64..9, acts()).prop_map(|(by, acts)| Op::Replace { by, acts }),
        2 => Just(Op::Settle),
        1 => (0u64..4).prop_map(|behind| Op::Finalize { behind }),
        1 => Just(Op::Reopen),
        1 => any::<prop::sample::Index>().prop_map(|kept| Op::Crash { kept }),
        1 => (0usize..6, acts()).prop_map(|(after, acts)| Op::Full { after, acts }),
        2 => (0u64..9).prop_map(|back| Op::Hold { back }),
    ]
}

struct Held {
    state: StateReader,
    expected: Flat,
}

impl Harness {
    fn lowest_unwind(&mut self) -> u64 {
        let heads = self.writer().store().heads();
        heads.finalized.l2_block_number.max(self.writer().store().oldest_state())
    }

    fn run(&mut self, op: &Op, held: &mut Vec<Held>) {
        match op {
            Op::Push { acts, prepared, flush } => {
                self.push(acts, *prepared).unwrap();
                if *flush {
                    self.writer().flush().unwrap();
                }
            }
            Op::Prepare { acts } => {
                let ((changes, block), parent) = (self.make(self.tip, acts), self.number());
                assert_eq!(self.writer().roots(parent, &changes).unwrap().state_root, block.header.state_root);
            }
            Op::Unwind { by } => {
                let to = self.number().saturating_sub(*by).max(self.lowest_unwind());
                self.unsafe_above(to);
                self.unwind(to).unwrap();
            }
            Op::Replace { by, acts } => {
                let to = self.number().saturating_sub(*by).max(self.lowest_unwind());
                self.unsafe_above(to);
                self.replace(to, acts).unwrap();
            }
            Op::Settle => self.writer().settle().unwrap(),
            Op::Finalize { behind } => {
                let number = self.number().saturating_sub(*behind).max(self.lowest_unwind());
                self.finalize(number).unwrap();
            }
            Op::Reopen => assert_eq!(self.reopen(), None),
            Op::Crash { kept } => self.crash(*kept),
            Op::Full { after, acts } => self.fill(*after, acts),
            Op::Hold { back } => {
                let number = self.number().saturating_sub(*back).max(self.writer().store().oldest_state());
                let state = self.writer().store().state_at(number).unwrap().unwrap();
                held.push(Held { state, expected: self.model().at(number).clone() });
            }
        }
    }

    fn crash(&mut self, kept: prop::sample::Index) {
        self.open = None;
        let (flushed, all) = self.database.batches();
        self.database = self.database.crashed(flushed + kept.index(all - flushed + 1));
        let heads = heads_in(&self.database).expect("the genesis block is flushed");
        assert_eq!(self.reopen(), None);
        assert_eq!(self.tip, heads.latest.hash);
    }

    fn fill(&mut self, after: usize, acts: &[Act]) {
        let (_, all) = self.database.batches();
        self.database.refuse_after(Some(all + after));
        while self.push(acts, true).is_ok() {}
        self.open = None;
        self.database.refuse_after(None);
        let heads = heads_in(&self.database).unwrap();
        assert_eq!(self.reopen(), None);
        assert_eq!(self.tip, heads.latest.hash);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_happens_states_are_those_of_the_model(
        ops in prop::collection::vec(any_op(), 1..60),
        epoch_blocks in 1u64..6,
        window in prop_oneof![Just(History::Archive), (0u64..12).prop_map(|blocks| History::Window(blocks * BLOCK_TIME))],
    ) {
        let mut harness = Harness::new(epoch_blocks, window);
        let mut held = Vec::new();
        for op in &ops {
            if matches!(op, Op::Reopen | Op::Full { .. }) {
                // A database is opened again once nobody has it any more.
                held.clear();
            }
            harness.run(op, &mut held);
            harness.check();
            held.retain(|reader: &Held| match assert_same(&reader.state, &reader.expected) {
                Ok(()) => true,
                Err(StoreError::Pruned { .. } | StoreError::Dropped { .. }) => false,
                Err(error) => panic!("a reader of block {}: {error}", reader.state.block().header.number),
            });
        }
        harness.writer().settle().unwrap();
        prop_assert_eq!(harness.reopen(), None);
        harness.check();
    }
}
