//! How far a withdrawal is: decided from facts alone.

use alloy::primitives::{Address, B256, U256};
use serde::Serialize;

/// What is known of a withdrawal at one L1 block. Times in seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// L1's time.
    pub now: u64,
    /// L2 block in which the withdrawal was started.
    pub l2_block: u64,
    /// The newest L2 block that the node derived from L1.
    pub safe: u64,
    /// The first right assertion at or above that block.
    pub provable: Option<Provable>,
    /// When the next assertion can come at the earliest; none where the node has not derived what it must claim.
    pub next_claim: Option<u64>,
    /// Least age of a proof, seconds.
    pub maturity: u64,
    /// All proofs.
    pub proofs: Vec<Proof>,
    /// Wei that the Portal lacks to pay it.
    pub ether_missing: U256,
    /// Whether it is finalised, and what became of its call as far as L1's logs tell.
    pub finalized: Option<Option<bool>>,
    /// The message that it carries, if it goes through the messenger.
    pub message: Option<Delivery>,
}

/// An assertion that a proof can be made against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Provable {
    /// Its id.
    pub assertion: B256,
    /// Its L2 block.
    pub l2_block: u64,
}

/// What the messenger on L1 knows of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// It has failed at least once.
    pub failed: bool,
    /// It has been delivered.
    pub delivered: bool,
}

/// A proof on L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Who made it.
    pub submitter: Address,
    /// When.
    pub proved_at: u64,
    /// Against which assertion.
    pub assertion: B256,
    /// Whether the L2 node computes the same state; none if it cannot tell.
    pub right: Option<bool>,
    /// Where that assertion stands.
    pub standing: Standing,
}

/// Where an assertion stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Confirmed.
    Confirmed,
    /// It, or one above it, lost to a sibling.
    Lost,
    /// Neither: what must be confirmed, from the child of the latest confirmed one down to itself.
    Open(Vec<Link>),
}

/// An assertion that is not confirmed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: B256,
    /// End of its fork's challenge window.
    pub window_ends: u64,
    /// Live stakes on it.
    pub stakes: u64,
    /// Live stakes on its siblings.
    pub rivals: u64,
}

/// How far a withdrawal is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "stage", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Stage {
    /// Its block is the sequencer's word: no batch on L1 has it yet.
    NotOnL1,
    /// No right assertion reaches its block.
    WaitingForAssertion {
        /// When the next one can come at the earliest.
        possible_at: Option<u64>,
    },
    /// An assertion is there to prove against.
    ReadyToProve {
        /// Which.
        #[serde(flatten)]
        against: Provable,
        /// All proofs so far were against assertions that are false.
        again: bool,
    },
    /// Proved; not payable yet.
    Proved {
        /// Whose proof.
        submitter: Address,
        /// Against which assertion.
        assertion: B256,
        /// When it can be finalised at the earliest: the proof is mature and all windows are over.
        ready_at: u64,
        /// What stands in the way beyond that time.
        hindrance: Option<Hindrance>,
    },
    /// It can be paid now.
    ReadyToFinalize {
        /// By whose proof.
        submitter: Address,
        /// Assertions that must be confirmed first, and can be.
        confirm: Vec<B256>,
        /// Wei that the Portal lacks; above zero only on chains whose genesis gives ether away.
        ether_missing: U256,
    },
    /// Paid, straight from the message passer: this is the end, whatever became of its call.
    Finalized {
        /// Whether the call succeeded; none if L1's logs do not tell.
        succeeded: Option<bool>,
    },
    /// Finalised, and its message failed on L1: anyone can try it again.
    Replayable,
    /// Finalised, and its message delivered.
    Delivered {
        /// It had failed before.
        replayed: bool,
    },
}

/// What keeps an assertion from being confirmed though its window is over, or will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hindrance {
    /// Live stakes contradict it: their matches must end first.
    Disputed,
    /// Nobody stakes on it any more: somebody has to.
    Unstaked,
}

/// What a proof is worth.
enum Outlook {
    Ready(Vec<B256>),
    Waits { ready_at: u64, hindrance: Option<Hindrance> },
    Worthless,
}

/// How far the withdrawal is.
#[must_use]
pub fn stage(facts: &Facts) -> Stage {
    if let Some(succeeded) = facts.finalized {
        return match facts.message {
            Some(Delivery { delivered: true, failed }) => Stage::Delivered { replayed: failed },
            Some(Delivery { failed: true, .. }) => Stage::Replayable,
            // Finalised without a word from the messenger: the call of the Portal itself failed.
            _ => Stage::Finalized { succeeded },
        };
    }
    if let Some(stage) = best_proof(facts) {
        return stage;
    }
    match facts.provable {
        Some(against) => Stage::ReadyToProve { against, again: !facts.proofs.is_empty() },
        None if facts.l2_block > facts.safe => Stage::NotOnL1,
        None => Stage::WaitingForAssertion { possible_at: facts.next_claim },
    }
}

/// The proof that pays first; none if all are worthless.
fn best_proof(facts: &Facts) -> Option<Stage> {
    let rank = |proof: &Proof| match outlook(proof, facts) {
        Outlook::Ready(confirm) => Some((
            (0, confirm.len() as u64),
            Stage::ReadyToFinalize { submitter: proof.submitter, confirm, ether_missing: facts.ether_missing },
        )),
        Outlook::Waits { ready_at, hindrance } => {
            let Proof { submitter, assertion, .. } = *proof;
            Some(((1 + u64::from(hindrance.is_some()), ready_at), Stage::Proved { submitter, assertion, ready_at, hindrance }))
        }
        Outlook::Worthless => None,
    };
    facts.proofs.iter().filter_map(rank).min_by_key(|(rank, _)| *rank).map(|(_, stage)| stage)
}

fn outlook(proof: &Proof, facts: &Facts) -> Outlook {
    let mature_at = proof.proved_at.saturating_add(facts.maturity);
    let links: &[Link] = match &proof.standing {
        Standing::Lost => return Outlook::Worthless,
        Standing::Confirmed => &[],
        Standing::Open(_) if proof.right == Some(false) => return Outlook::Worthless,
        Standing::Open(links) => links,
    };
    let ready_at = links.iter().map(|link| link.window_ends).fold(mature_at, u64::max);
    let hindrance = if links.iter().any(|link| link.rivals > 0) {
        Some(Hindrance::Disputed)
    } else {
        links.iter().any(|link| link.stakes == 0).then_some(Hindrance::Unstaked)
    };
    if facts.now >= ready_at && hindrance.is_none() {
        Outlook::Ready(links.iter().map(|link| link.id).collect())
    } else {
        Outlook::Waits { ready_at, hindrance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000;
    const PROVABLE: Provable = Provable { assertion: B256::repeat_byte(0xaa), l2_block: 12 };

    fn facts() -> Facts {
        Facts {
            now: NOW,
            l2_block: 10,
            safe: 12,
            provable: Some(PROVABLE),
            next_claim: Some(1_100),
            maturity: 50,
            proofs: Vec::new(),
            ether_missing: U256::ZERO,
            finalized: None,
            message: None,
        }
    }

    fn link(id: u8, window_ends: u64) -> Link {
        Link { id: B256::repeat_byte(id), window_ends, stakes: 1, rivals: 0 }
    }

    fn proof(submitter: u8, proved_at: u64, standing: Standing) -> Proof {
        Proof { submitter: Address::repeat_byte(submitter), proved_at, assertion: B256::repeat_byte(0xaa), right: Some(true), standing }
    }

    fn with(proofs: Vec<Proof>) -> Stage {
        stage(&Facts { proofs, ..facts() })
    }

    fn waits(ready_at: u64, hindrance: Option<Hindrance>) -> Stage {
        Stage::Proved { submitter: Address::repeat_byte(1), assertion: B256::repeat_byte(0xaa), ready_at, hindrance }
    }

    fn ready(submitter: u8, confirm: Vec<B256>) -> Stage {
        Stage::ReadyToFinalize { submitter: Address::repeat_byte(submitter), confirm, ether_missing: U256::ZERO }
    }

    #[test]
    fn what_the_portal_lacks_is_told_once_it_could_be_paid() {
        let missing = Facts { ether_missing: U256::from(7), ..facts() };
        assert_eq!(stage(&missing), Stage::ReadyToProve { against: PROVABLE, again: false });
        let ready = stage(&Facts { proofs: vec![proof(1, 0, Standing::Confirmed)], ..missing });
        assert!(matches!(ready, Stage::ReadyToFinalize { ether_missing, .. } if ether_missing == U256::from(7)));
    }

    #[test]
    fn before_a_proof_it_waits_for_its_block_then_for_an_assertion() {
        let early = Facts { safe: 9, provable: None, ..facts() };
        assert_eq!(stage(&early), Stage::NotOnL1);
        let derived = Facts { safe: 10, ..early };
        assert_eq!(stage(&derived), Stage::WaitingForAssertion { possible_at: Some(1_100) });
        assert_eq!(stage(&facts()), Stage::ReadyToProve { against: PROVABLE, again: false });
    }

    #[test]
    fn a_proof_against_a_confirmed_assertion_waits_until_it_is_mature() {
        assert_eq!(with(vec![proof(1, NOW - 49, Standing::Confirmed)]), waits(NOW + 1, None));
        assert_eq!(with(vec![proof(1, NOW - 50, Standing::Confirmed)]), ready(1, Vec::new()));
    }

    #[test]
    fn it_waits_for_the_last_window_above_its_assertion() {
        let open = |last| Standing::Open(vec![link(1, NOW + 300), link(2, last)]);
        assert_eq!(with(vec![proof(1, 0, open(NOW + 200))]), waits(NOW + 300, None));
        assert_eq!(with(vec![proof(1, 0, open(NOW + 400))]), waits(NOW + 400, None));
    }

    #[test]
    fn what_is_ripe_is_confirmed_on_the_way_parents_first() {
        let standing = Standing::Open(vec![link(1, NOW - 1), link(2, NOW)]);
        let confirm = vec![B256::repeat_byte(1), B256::repeat_byte(2)];
        assert_eq!(with(vec![proof(1, 0, standing)]), ready(1, confirm));
    }

    #[test]
    fn rivals_and_missing_stakes_hold_it_up_beyond_the_window() {
        let rivalled = Standing::Open(vec![link(1, NOW), Link { rivals: 2, ..link(2, NOW) }]);
        assert_eq!(with(vec![proof(1, 0, rivalled)]), waits(NOW, Some(Hindrance::Disputed)));
        let deserted = Standing::Open(vec![Link { stakes: 0, ..link(1, NOW - 5) }]);
        assert_eq!(with(vec![proof(1, 0, deserted)]), waits(NOW - 5, Some(Hindrance::Unstaked)));
    }

    #[test]
    fn a_proof_against_a_false_assertion_is_made_again() {
        let again = Stage::ReadyToProve { against: PROVABLE, again: true };
        assert_eq!(with(vec![proof(1, 0, Standing::Lost)]), again);
        let false_one = Proof { right: Some(false), ..proof(1, 0, Standing::Open(vec![link(1, NOW)])) };
        assert_eq!(with(vec![false_one]), again);
    }

    #[test]
    fn of_many_proofs_the_one_that_pays_first_counts_whoever_made_it() {
        let slow = proof(2, NOW - 1, Standing::Confirmed);
        let hindered = proof(3, 0, Standing::Open(vec![Link { rivals: 1, ..link(1, 0) }]));
        let waiting = with(vec![proof(4, 0, Standing::Lost), hindered.clone(), proof(1, NOW - 20, Standing::Confirmed), slow.clone()]);
        assert_eq!(waiting, waits(NOW + 30, None));
        assert_eq!(with(vec![slow, hindered, proof(5, 0, Standing::Confirmed)]), ready(5, Vec::new()));
    }

    #[test]
    fn a_finalised_withdrawal_is_what_its_message_is() {
        let end = |succeeded, message| stage(&Facts { finalized: Some(succeeded), message, ..facts() });
        let message = |failed, delivered| Some(Delivery { failed, delivered });
        assert_eq!(end(Some(false), None), Stage::Finalized { succeeded: Some(false) });
        assert_eq!(end(Some(true), message(false, true)), Stage::Delivered { replayed: false });
        assert_eq!(end(Some(true), message(true, true)), Stage::Delivered { replayed: true });
        assert_eq!(end(Some(true), message(true, false)), Stage::Replayable);
        assert_eq!(end(Some(false), message(false, false)), Stage::Finalized { succeeded: Some(false) });
    }

    #[test]
    fn stages_have_names_in_json() {
        let json = serde_json::to_value(with(vec![proof(1, NOW, Standing::Confirmed)])).expect("json");
        assert_eq!((json["stage"].as_str(), json["readyAt"].as_u64()), (Some("proved"), Some(NOW + 50)));
        let json = serde_json::to_value(stage(&facts())).expect("json");
        assert_eq!((json["stage"].as_str(), json["l2Block"].as_u64()), (Some("ready-to-prove"), Some(12)));
    }
}
