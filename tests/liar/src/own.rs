//! What a liar claims.

use crate::script::Script;
use alloy::primitives::B256;
use gainsay_game::decide::OwnChain;
use gainsay_play::own::Settled;
use gainsay_types::State;

/// The own chain, but for what comes after the fork below which the lie is told.
pub struct LyingChain<'a> {
    /// As it is.
    pub honest: Settled<'a>,
    /// What is told of it.
    pub script: &'a Script,
}

impl OwnChain for LyingChain<'_> {
    fn end_state(&self, parent: &State, target: u64) -> Option<State> {
        let truth = self.honest.end_state(parent, target)?;
        let story = self.script.story(parent, target).ok()?;
        match story {
            Some(story) => story.end().ok(),
            None => Some(truth),
        }
    }

    fn inputs_hash(&self, target: u64) -> Option<B256> {
        self.honest.inputs_hash(target)
    }

    fn batch_count(&self) -> u64 {
        self.honest.batch_count()
    }
}
