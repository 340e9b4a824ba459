//! The cases of ethereum/execution-apis, over HTTP.

#![allow(clippy::print_stdout)]

mod chains;
mod judge;
mod suite;

use super::server::post;
use chains::{Chain, History};
use jsonschema::Validator;
use judge::{Place, Standard, judge, standard};
use std::collections::{BTreeMap, HashMap};
use suite::Case;

struct World {
    genesis: Chain,
    head_state: Chain,
    replayed: Chain,
    schemas: HashMap<String, Validator>,
}

impl World {
    /// Asks everything that the case asks; an error says what is wrong with the answers.
    async fn run(&self, case: &Case) -> Result<(), String> {
        let (place, by_method) = standard(&case.name, &case.method);
        let standard = if case.spec_only { Standard::Schema } else { by_method };
        let chain = match place {
            Place::Genesis => &self.genesis,
            Place::HeadState => &self.head_state,
            Place::Replayed => &self.replayed,
        };
        for (request, expected) in &case.exchanges {
            let answer = post(&chain.server, chain.translate(request).as_bytes()).await;
            let answer = serde_json::from_str(&chain.translate_back(&answer.to_string())).expect("JSON");
            judge(standard, self.schemas.get(&case.method), expected, &answer)?;
        }
        Ok(())
    }
}

/// Of the cases of one method.
#[derive(Default)]
struct Tally {
    passed: usize,
    masked: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cases_of_the_specification_pass_but_for_those_on_the_list() {
    let Some(folder) = suite::folder() else { return };
    let history = History::read(&folder);
    let world = World {
        genesis: chains::genesis(&folder, &history).await,
        head_state: chains::head_state(&folder, &history).await,
        replayed: chains::replayed(&folder, &history).await,
        schemas: suite::schemas(&folder),
    };
    let mut mask = suite::mask();
    let (mut tallies, mut faults) = (BTreeMap::<String, Tally>::new(), Vec::new());
    for case in suite::cases(&folder) {
        let tally = tallies.entry(case.method.clone()).or_default();
        match (world.run(&case).await, mask.remove(&case.name)) {
            (Ok(()), None) => tally.passed += 1,
            (Err(_), Some(_)) => tally.masked += 1,
            (Ok(()), Some(_)) => faults.push(format!("{} passes: take it off the list", case.name)),
            (Err(reason), None) => faults.push(format!("{}: {}", case.name, shortened(reason))),
        }
    }
    faults.extend(mask.into_keys().map(|name| format!("{name} is no case of the suite: take it off the list")));
    report(&tallies);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(tallies.values().map(|tally| tally.passed).sum::<usize>() > 100, "most of the suite is gone");
}

fn shortened(reason: String) -> String {
    let end = reason.char_indices().nth(600).map_or(reason.len(), |(at, _)| at);
    reason[..end].to_owned()
}

fn report(tallies: &BTreeMap<String, Tally>) {
    println!("{:42} {:>6} {:>6}", "method", "passed", "masked");
    for (method, Tally { passed, masked }) in tallies {
        println!("{method:42} {passed:>6} {masked:>6}");
    }
    let sum = |count: fn(&Tally) -> usize| tallies.values().map(count).sum::<usize>();
    println!("{:42} {:>6} {:>6}", "all", sum(|tally| tally.passed), sum(|tally| tally.masked));
}
