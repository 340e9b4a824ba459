//! One round: what L1 and the chain ask for now, what of it is computed, what is sent.

use crate::{
    audit::{Difference, Place},
    conduct::{Conduct, When},
    job::Job,
    measure,
    outbox::{AT_ONCE, Order},
    own::Settled,
    player::{Player, PlayerError},
    queue::{Position, Stage, Started, Wanted},
    report::{MatchReport, OpeningReport, PlayReport, StakeReport},
    waiting::Waiting,
};
use alloy::primitives::{B256, U256, keccak256};
use gainsay_chain::ChainError;
use gainsay_game::{
    decide::{Plan, Policy, Todo, decide},
    ledger::Ledger,
};
use gainsay_shell::follow::RollupView;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a balance that was looked up counts.
const BALANCE_HOLDS: Duration = Duration::from_secs(30);

/// What a plan follows from, besides what never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Basis {
    /// Newest block read of L1, its hash, and how often L1 was rewound. A block has one time, and after it the ledger is in one state.
    l1: (u64, B256, u64),
    /// Steps of the chain, its inbox, the L1 block that it was read up to, and how often it was rewound.
    chain: (u64, B256, Option<B256>, u64),
    /// Whether a second bond is at hand.
    second: bool,
}

/// What follows from a round.
#[derive(Default)]
pub(crate) struct Round {
    /// Jobs to start.
    pub(crate) start: Vec<(Started, Job)>,
    /// What to send now.
    pub(crate) orders: Vec<Order>,
}

impl<C: Conduct> Player<C> {
    pub(crate) async fn round(&mut self) -> Result<Round, PlayerError> {
        let view = self.view.borrow_and_update().clone();
        let now = view.heads.map_or(0, |heads| heads.latest.timestamp);
        let plan = match Waiting::for_l1(&view) {
            Ok(_) => self.decide(&view, now).await?,
            Err(waiting) => Err(waiting),
        };
        let plan = match plan {
            Ok(plan) => plan,
            Err(waiting) => {
                // What is being computed goes on: it will be wanted again.
                self.publish(&view, now, Some(waiting), None);
                return Ok(Round::default());
            }
        };
        self.raise(&plan);
        let round = self.dispatch(&plan, &view, now);
        let behind = view.read < self.read_from;
        let waiting = behind.then_some(Waiting::ReadBack { sent: self.read_from, read: view.read });
        self.publish(&view, now, waiting, Some(&plan));
        Ok(round)
    }

    /// The plan for what L1 and the chain are now: the last one, if that has not changed.
    async fn decide(&mut self, view: &RollupView, now: u64) -> Result<Result<Arc<Plan>, Waiting>, PlayerError> {
        let second = self.policy.second && self.can_pay_for_second(&view.ledger).await;
        let progress = self.progress.borrow().clone();
        let heads = &progress.heads;
        let basis = Basis {
            l1: (view.read, view.read_hash, view.rewinds),
            chain: (heads.steps, heads.batch_acc, heads.l1.map(|block| block.hash), progress.rewinds),
            second,
        };
        if let Some((_, plan)) = self.decided.as_ref().filter(|(last, _)| *last == basis) {
            return Ok(Ok(plan.clone()));
        }
        let decided = self.decide_anew(view, now, Policy { second, ..self.policy }).await?;
        let plan = decided.map(Arc::new);
        self.decided = plan.as_ref().ok().map(|plan| (basis, plan.clone()));
        Ok(plan)
    }

    /// Decides on the chain's own thread, so that all it reads is of one moment.
    async fn decide_anew(&self, view: &RollupView, now: u64, policy: Policy) -> Result<Result<Plan, Waiting>, PlayerError> {
        let (ledger, read, read_hash) = (view.ledger.clone(), view.read, view.read_hash);
        let (conduct, confirmations) = (self.conduct.clone(), self.confirmations);
        let (me, settings) = (self.me, self.settings);
        let decided = self
            .chain
            .with(move |core| {
                if let Some(waiting) = Waiting::for_chain(&core.chain, read, read_hash)? {
                    return Ok(Err(waiting));
                }
                let own = conduct.own(Settled { chain: &core.chain, confirmations });
                Ok::<_, ChainError>(Ok(decide(&ledger, me, &own, now, &settings, policy)))
            })
            .await?;
        Ok(decided?)
    }

    /// Whether a second bond is at hand, and a tenth more for gas. Asked of L1 now and then, and only where a first stake is bound.
    async fn can_pay_for_second(&mut self, ledger: &Ledger) -> bool {
        if ledger.stakes_of(&self.me).filter(|stake| stake.is_live()).count() != 1 {
            return false;
        }
        if let Some((_, known)) = self.second.filter(|(at, _)| at.elapsed() < BALANCE_HOLDS) {
            return known;
        }
        let need = self.settings.bond.saturating_add(self.settings.bond / U256::from(10));
        let known = self.client.balance(self.me).await.is_ok_and(|balance| balance >= need);
        self.second = Some((Instant::now(), known));
        known
    }

    /// Logs each alarm once for as long as it lasts.
    fn raise(&mut self, plan: &Plan) {
        let hidden = self.hidden.borrow().clone();
        let alarms: BTreeSet<String> = plan.alarms.iter().map(ToString::to_string).chain(hidden.iter().map(ToString::to_string)).collect();
        for alarm in alarms.difference(&self.alarms) {
            tracing::error!(reason = %alarm, "an operator has to see to this");
            metrics::counter!("gainsay_alarms").increment(1);
        }
        self.alarms = alarms;
    }

    /// Sorts the plan into what is computed and what is sent. Nothing is sent while something is on its way or not read back: the plan does not know of it.
    fn dispatch(&mut self, plan: &Plan, view: &RollupView, now: u64) -> Round {
        let epoch = view.rewinds.saturating_add(self.progress.borrow().rewinds);
        let free = self.manager.is_some() && view.read >= self.read_from;
        let hidden = self.hidden.borrow().clone();
        let (mut wanted, mut jobs, mut orders) = (Vec::new(), BTreeMap::new(), Vec::new());
        for todo in &plan.todos {
            // What the logs tell of it is not how it stands.
            if hidden.iter().any(|hidden| is_about(hidden, todo)) {
                continue;
            }
            let due = match self.conduct.when(todo, now) {
                When::Never => continue,
                When::NotBefore(time) => time <= now,
                When::Now => true,
            };
            let position = Job::of(todo, &view.ledger).map(|job| {
                let (id, state) = job.position();
                let position = Position { id, state, epoch };
                wanted.push(Wanted { position, quick: job.is_quick() });
                jobs.insert(position, job);
                position
            });
            if due && free && orders.len() < AT_ONCE {
                orders.extend(self.order(todo, position));
            }
        }
        let started = self.queue.want(&wanted, Instant::now());
        let start = started.into_iter().filter_map(|started| jobs.remove(&started.position).map(|job| (started, job))).collect();
        Round { start, orders }
    }

    /// The order for an item of the plan, if its act is at hand and has not just failed.
    fn order(&self, todo: &Todo, position: Option<Position>) -> Option<Order> {
        let act = match (todo, &position) {
            (Todo::Act(act), _) => act,
            (_, Some(position)) => self.queue.ready(position)?,
            (_, None) => return None,
        };
        let act = self.conduct.instead(act.clone());
        let key = keccak256(act.input());
        let waits = self.failed.get(&key).is_some_and(|(_, retry_at)| *retry_at > Instant::now());
        (!waits).then_some(Order { key, act })
    }

    /// Logs a reason for waiting when it comes up.
    fn note(&self, waiting: Option<&Waiting>) {
        let last = self.report.borrow().waiting.clone();
        let news = |waiting: &&Waiting| waiting.is_news() && last.as_ref() != Some(waiting);
        match waiting.filter(news) {
            Some(waiting @ Waiting::Contradiction { .. }) => tracing::error!(reason = %waiting, "nothing is played"),
            Some(waiting) => tracing::info!(reason = %waiting, "nothing is played yet"),
            None => {}
        }
    }

    fn publish(&self, view: &RollupView, now: u64, waiting: Option<Waiting>, plan: Option<&Plan>) {
        self.note(waiting.as_ref());
        let ledger = &view.ledger;
        let stakes: Vec<_> = ledger.stakes_of(&self.me).collect();
        let live = stakes.iter().filter(|stake| stake.is_live()).count();
        let report = PlayReport {
            address: self.me,
            l1_block: view.read,
            l1_time: now,
            waiting,
            idle: plan.and_then(|plan| plan.idle.as_ref()).map(ToString::to_string),
            alarms: self.alarms.iter().chain(&self.short).cloned().collect(),
            stakes: stakes.iter().map(|stake| StakeReport::from(*stake)).collect(),
            matches: self.matches(ledger),
            opening: plan.map(|plan| self.opening(plan)).unwrap_or_default(),
            spent: self.spent,
            bonds: self.settings.bond.saturating_mul(U256::from(live)),
            owed: ledger.owed(&self.me),
            last_error: self.last_error.clone(),
        };
        measure::standing(&report);
        let report = Arc::new(report);
        self.report.send_if_modified(|last| {
            let changed = *last != report;
            *last = report;
            changed
        });
    }

    fn matches(&self, ledger: &Ledger) -> Vec<MatchReport> {
        let own = ledger.stakes_of(&self.me).flat_map(|stake| ledger.matches_of(&stake.id).map(|m| (m, stake.id)));
        let mut matches: Vec<_> = own.map(|(m, own)| MatchReport::of(ledger, m, own, self.settings.extension)).collect();
        for m in &mut matches {
            if let Some((next, error)) = self.progress_of(&m.id) {
                (m.next, m.error) = (next, error);
            }
            let hidden = self.hidden.borrow();
            if let Some(hidden) = hidden.iter().find(|hidden| hidden.place == Place::Match(m.id)) {
                m.error = Some(hidden.to_string());
            }
        }
        matches.sort_by_key(|m| (m.standing, m.deadline, m.id));
        matches
    }

    fn opening(&self, plan: &Plan) -> Vec<OpeningReport> {
        let opens = plan.todos.iter().filter_map(|todo| match todo {
            Todo::Open { rivals, fork, .. } => Some((rivals, fork)),
            _ => None,
        });
        let report = |(rivals, fork): (&gainsay_bindings::Matches::Rivals, &B256)| {
            let id = gainsay_game::matches::match_id(rivals.first, rivals.second);
            let (next, error) = self.progress_of(&id).unwrap_or_default();
            OpeningReport { id, fork: *fork, own: rivals.first, rival: rivals.second, next, error }
        };
        opens.map(report).collect()
    }

    fn progress_of(&self, id: &B256) -> Option<(String, Option<String>)> {
        Some(match self.queue.stage(id)? {
            Stage::Waiting => ("its move, as soon as a worker is free".to_owned(), None),
            Stage::Computing => ("its move, which is being computed".to_owned(), None),
            Stage::Ready => ("its move, which is being sent".to_owned(), None),
            Stage::Failed { error } => ("its move, once it can be computed".to_owned(), Some(error)),
        })
    }
}

/// Whether something that the logs do not tell changes what an item of the plan is about: the player's other matches go on.
fn is_about(hidden: &Difference, todo: &Todo) -> bool {
    matches!((hidden.place, todo), (Place::Match(id), Todo::Play { match_id, .. }) if id == *match_id)
}
