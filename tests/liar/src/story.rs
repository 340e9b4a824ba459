//! A lie told below one fork of a real chain: a State for every block step.

use crate::{
    elsewhere::{Elsewhere, StoryError},
    lie::{Kind, Lie},
    seed,
};
use alloy::primitives::keccak256;
use gainsay_store::{Store, StoreError};
use gainsay_types::{BLOCK_STEPS_PER_ASSERTION, State};
use std::sync::Arc;

/// What stories are told from.
#[derive(Clone)]
pub struct Chronicle {
    /// The chain as it is.
    pub store: Store,
    /// Chains that are not; without it no lie is about one.
    pub elsewhere: Option<Arc<Elsewhere>>,
}

/// True up to where it begins, false from there on, and the same whenever it is asked.
#[derive(Clone)]
pub struct Story {
    lie: Lie,
    store: Store,
    from: State,
    /// Steps of the chain up to the fork's end state.
    start: u64,
    /// Block steps below the fork that read a batch.
    steps: u64,
    /// Block steps that are true.
    begins: u64,
    /// The states of another chain from its genesis on, where the lie is about one.
    other: Option<Arc<Vec<State>>>,
}

impl Story {
    /// Below an assertion that ends in `from`, whose children claim up to batch `target`. None if the chain is not derived that far, and if the lie says
    /// nothing false there.
    ///
    /// # Errors
    /// When the store fails, or another chain cannot be derived.
    pub fn below(chronicle: &Chronicle, from: &State, target: u64, lie: Lie) -> Result<Option<Self>, StoryError> {
        let Chronicle { store, elsewhere } = chronicle;
        let Some((start, steps)) = span(store, from, target)? else { return Ok(None) };
        let Some(begins) = lie.place.resolve(steps, lie.seed) else { return Ok(None) };
        let mut story = Self { lie, store: store.clone(), from: *from, start, steps, begins, other: None };
        if lie.kind == Kind::Skip {
            let batch = story.truth(begins)?.batch_index.saturating_add(1);
            let Some(elsewhere) = elsewhere.as_ref().filter(|_| batch <= target) else { return Ok(None) };
            story.other = elsewhere.without(store, batch, target)?;
            let Some(begins) = story.leaves_truth()? else { return Ok(None) };
            story.begins = begins;
        }
        let is_false = story.end()? != story.truth(BLOCK_STEPS_PER_ASSERTION)?;
        Ok(is_false.then_some(story))
    }

    /// Block steps below the fork that read a batch.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Block steps that are true.
    #[must_use]
    pub const fn begins(&self) -> u64 {
        self.begins
    }

    /// What it claims.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end(&self) -> Result<State, StoreError> {
        self.state(BLOCK_STEPS_PER_ASSERTION)
    }

    /// The State that it tells after so many block steps.
    ///
    /// # Errors
    /// When the store fails.
    pub fn state(&self, steps: u64) -> Result<State, StoreError> {
        if steps <= self.begins { self.truth(steps) } else { self.twisted(steps) }
    }

    /// The true one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn truth(&self, steps: u64) -> Result<State, StoreError> {
        let step = self.start.saturating_add(steps.min(self.steps));
        self.store.step(step)?.ok_or_else(|| StoreError::Missing { record: "block step", key: step.to_string() })
    }

    fn twisted(&self, steps: u64) -> Result<State, StoreError> {
        let state = self.truth(steps)?;
        let few = 1 + self.lie.seed % 1_000;
        Ok(match self.lie.kind {
            Kind::Root => State { output_root: keccak256([state.output_root, seed::word(&[self.lie.seed, 2])].concat()), ..state },
            Kind::MoreBlocks => State { l2_block_number: state.l2_block_number.saturating_add(few), ..state },
            Kind::HugeBlocks => State { l2_block_number: u64::MAX - few, ..state },
            Kind::FewerBlocks => State { l2_block_number: state.l2_block_number.saturating_sub(self.missing_blocks()?), ..state },
            Kind::Cursor => State { batch_offset: state.batch_offset.wrapping_add(few), ..state },
            Kind::Deposits => State { deposit_index: state.deposit_index.saturating_add(few), ..state },
            Kind::Behind => self.truth(self.begins)?,
            Kind::Skip => self.elsewhere(steps).unwrap_or(state),
        })
    }

    /// The State of the other chain.
    fn elsewhere(&self, steps: u64) -> Option<State> {
        let other = self.other.as_ref()?;
        let step = usize::try_from(self.start.saturating_add(steps)).ok()?;
        other.get(step).or_else(|| other.last()).copied()
    }

    /// After how many block steps the other chain is another one; none if it never is, or was one before already.
    fn leaves_truth(&self) -> Result<Option<u64>, StoreError> {
        for steps in 0..=self.steps {
            if self.elsewhere(steps) != Some(self.truth(steps)?) {
                return Ok(steps.checked_sub(1));
            }
        }
        Ok(None)
    }

    /// At least one and no more than there are, so that the claim is not before its parent, which L1 refuses.
    fn missing_blocks(&self) -> Result<u64, StoreError> {
        let made = self.truth(BLOCK_STEPS_PER_ASSERTION)?.l2_block_number.saturating_sub(self.from.l2_block_number);
        Ok(self.lie.seed.checked_rem(made).map_or(0, |more| 1 + more))
    }
}

/// Steps of the chain up to `from`, and how many follow below it up to batch `target`; none if it is not derived that far.
fn span(store: &Store, from: &State, target: u64) -> Result<Option<(u64, u64)>, StoreError> {
    let Some(start) = store.step_of(from)? else { return Ok(None) };
    let most = start.saturating_add(BLOCK_STEPS_PER_ASSERTION);
    Ok(match store.step_at_batch(target)? {
        Some(end) => Some((start, end.clamp(start, most) - start)),
        None if store.heads().steps >= most => Some((start, BLOCK_STEPS_PER_ASSERTION)),
        None => None,
    })
}
