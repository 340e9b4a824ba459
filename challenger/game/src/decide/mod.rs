//! What to do now: a pure decision over what L1 holds, the own chain and the time. It needs no traces and is cheap.

mod closing;
mod games;
mod listing;
mod path;
mod reasons;
mod stakes;

pub use reasons::{Alarm, Idle};

use crate::{act::Act, ledger::Ledger, settings::Settings};
use alloy::primitives::{Address, B256};
use gainsay_bindings::Matches::Rivals;
use gainsay_types::State;
use path::Path;

/// What a player knows of its own chain.
pub trait OwnChain {
    /// The state that an assertion below `parent` must claim: after 2^15 block steps over the inbox up to batch `target`. None if it is not derived from
    /// L1 deep enough, or if this chain never was in the state `parent`.
    fn end_state(&self, parent: &State, target: u64) -> Option<State>;
    /// What the children of an assertion with this target are computed from, if the batch is known here.
    fn inputs_hash(&self, target: u64) -> Option<B256>;
    /// Batches in the inbox.
    fn batch_count(&self) -> u64;
}

/// What a player is there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Makes new assertions itself. Otherwise it stakes only where a false sibling of the truth exists.
    pub propose: bool,
    /// A proposer whose stake has earned prizes places a second one, and lets the first rest until it can leave with them. That takes a second bond, and
    /// gas for one hop for each assertion that is not confirmed yet: set it while both are at hand and the prizes are worth it.
    pub second: bool,
    /// Has the assertions of the right path listed, for users' tools: they can prove withdrawals against what is listed only. No bond is needed for it.
    pub list: bool,
}

/// Something to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Todo {
    /// To be sent as it is.
    Act(Act),
    /// A match to open, with a first dissection: [`crate::play::open`].
    Open {
        /// Both sides; the own one first.
        rivals: Rivals,
        /// The assertion on whose children they stand.
        fork: B256,
        /// When it comes before moves that have until later, seconds.
        urgent_at: u64,
    },
    /// A move to make: [`crate::play::play`].
    Play {
        /// The match.
        match_id: B256,
        /// From when on it would be lost, seconds.
        deadline: u64,
    },
}

/// What to do now, and why nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Most urgent first.
    pub todos: Vec<Todo>,
    /// Why nothing is claimed; none if something is.
    pub idle: Option<Idle>,
    /// What an operator must know.
    pub alarms: Vec<Alarm>,
}

/// Decides. `now` is the time of L1's newest block in seconds.
#[must_use]
pub fn decide(ledger: &Ledger, me: Address, chain: &impl OwnChain, now: u64, settings: &Settings, policy: Policy) -> Plan {
    let mut draft = Draft::default();
    if let Some((block, contradiction)) = ledger.contradiction() {
        draft.alarms.push(Alarm::Contradiction { block: *block, count: ledger.contradictions(), first: contradiction.clone() });
    }
    let Some(path) = Path::walk(ledger, chain) else {
        draft.idle = Some(Idle::NoAssertions);
        return draft.plan();
    };
    let table = Table { ledger, me, now, settings, policy, path, batch_count: chain.batch_count() };
    if table.path.is_false() {
        draft.alarms.push(Alarm::ConfirmedFalse { assertion: table.path.confirmed().id });
    }
    table.games(&mut draft);
    table.stakes(&mut draft);
    table.closing(&mut draft);
    table.listing(&mut draft);
    draft.plan()
}

/// All that a decision is made from.
struct Table<'a> {
    ledger: &'a Ledger,
    me: Address,
    now: u64,
    settings: &'a Settings,
    policy: Policy,
    path: Path<'a>,
    batch_count: u64,
}

/// Classes of what is equally urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Claim,
    Play,
    Open,
    Timeout,
    Evict,
    Confirm,
    List,
    Leave,
    Pay,
}

/// A plan that is not in order yet.
#[derive(Default)]
struct Draft {
    todos: Vec<(u64, Rank, Todo)>,
    idle: Option<Idle>,
    alarms: Vec<Alarm>,
}

impl Draft {
    /// `by` is when it must be done, in seconds; of two at the same time the lower rank comes first, of the same rank the one put in first.
    fn put(&mut self, by: u64, rank: Rank, todo: Todo) {
        self.todos.push((by, rank, todo));
    }

    fn act(&mut self, by: u64, rank: Rank, act: Act) {
        self.put(by, rank, Todo::Act(act));
    }

    fn plan(mut self) -> Plan {
        self.todos.sort_by_key(|(by, rank, _)| (*by, *rank));
        Plan { todos: self.todos.into_iter().map(|(_, _, todo)| todo).collect(), idle: self.idle, alarms: self.alarms }
    }
}
