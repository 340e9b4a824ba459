use super::*;
use crate::status::OtherMatch;
use alloy::primitives::{Address, B256, U256};
use gainsay_play::report::{OpeningReport, PlayReport};

fn one(own: bool, round: u8, kind: &str, segment: Option<u8>, stretch: StretchReport, time: u64) -> MoveReport {
    MoveReport { own, round, kind: kind.to_owned(), segment, stretch, time }
}

fn blocks(from: u64, len: u64) -> StretchReport {
    StretchReport { block_step: None, from, len }
}

fn run(from: u64, len: u64) -> StretchReport {
    StretchReport { block_step: Some(4), from, len }
}

fn stake_of(owner: u8, number: u64) -> U256 {
    (U256::from_be_slice(Address::repeat_byte(owner).as_slice()) << 96) | U256::from(number)
}

fn game(id: u8) -> MatchReport {
    MatchReport {
        id: B256::repeat_byte(id),
        fork: B256::repeat_byte(0xf0),
        own: stake_of(0x11, 1),
        rival: stake_of(0x22, 0),
        own_node: B256::repeat_byte(0xa1),
        rival_node: B256::repeat_byte(0xa2),
        round: 4,
        stretch: run(0, 1 << 40),
        standing: Standing::OwnTurn,
        since: 1_030,
        deadline: 1_090,
        own_clock: 60,
        rival_clock: 45,
        next: "its move, which is being computed".to_owned(),
        history: vec![
            one(true, 0, "dissected", None, blocks(0, 1 << 15), 1_000),
            one(false, 1, "dissected", Some(0), blocks(0, 1 << 10), 1_005),
            one(true, 2, "dissected", Some(1), blocks(32, 32), 1_010),
            one(false, 3, "machineEntered", Some(4), run(0, 1 << 40), 1_030),
        ],
        error: None,
    }
}

fn report(games: Vec<MatchReport>) -> Report {
    let play = PlayReport { l1_time: 1_040, matches: games, ..PlayReport::default() };
    Report { play: Some(play), ..Report::default() }
}

#[test]
fn a_match_is_told_move_by_move_with_both_clocks_and_what_is_next() {
    let report = report(vec![game(0xab)]);
    let text = report.find("0xabab").expect("it is there").to_string();
    for part in [
        "0x1111…1111#1",
        "1               this challenger divides all 32,768 block steps below the fork into 32 parts of 1,024 block steps each",
        "+5 s  the rival says that part 1 of 32 goes wrong",
        "block steps 33 to 64",
        "+20 s  the rival says that block step 5 is wrong, and divides the machine run that computes it: 2^40 steps",
        "clocks   this challenger 50 s, running; the rival 45 s",
        "round    4 of 11",
        "next     this challenger on turn: its move, which is being computed; until L1 time 1090, 50 s left",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn the_status_has_a_line_for_each_match_and_says_what_it_waits_for() {
    let mut report =
        report(vec![game(0xab), MatchReport { standing: Standing::RivalsTurn, error: Some("a blob is gone".to_owned()), ..game(1) }]);
    let play = report.play.as_mut().expect("set");
    play.alarms = vec!["the L1 node hides logs".to_owned()];
    play.waiting = Some(gainsay_play::waiting::Waiting::L1Behind { read: 4, newest: 9 });
    let text = report.to_string();
    for part in [
        "0xabababababab… against 0x2222…2222#0: round 4 of 11, 2^40 machine steps left, this side on turn, 50 s left",
        "the rival on turn, 50 s left",
        "ALARM      the L1 node hides logs",
        "waits      L1 is read up to block 4, its newest block is 9",
        "its move cannot be computed: a blob is gone",
        "2 in all, 2 being played",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn the_outcome_says_who_has_won_and_how_and_only_a_lost_truth_counts_as_lost() {
    let mut won = game(1);
    won.standing = Standing::Won;
    won.history.push(one(true, 11, "step", None, run(64, 32), 1_050));
    let mut lost = game(2);
    lost.standing = Standing::Lost;
    lost.history.push(one(false, 4, "timeout", None, run(0, 1 << 40), 1_050));
    let void = MatchReport { standing: Standing::Void, ..game(3) };
    let report = report(vec![won, lost, void]);
    let status = report.to_string();
    assert!(
        status.contains("against 0x2222…2222#0: this side has won, after 5 moves") && status.contains("3 in all, 0 being played"),
        "{status}"
    );
    let told = ["0101", "0202", "0303"].map(|id| {
        let found = report.find(id).expect("it is there");
        assert!(found.is_over());
        (found.to_string(), found.is_lost())
    });
    assert!(told[0].0.contains("this challenger has won by the step that L1 computed") && !told[0].1, "{}", told[0].0);
    assert!(told[0].0.contains("compute one of the machine steps 65 to 96 of block step 5"), "{}", told[0].0);
    assert!(told[1].0.contains("the rival has won by the clock") && told[1].1, "{}", told[1].0);
    assert!(told[2].0.contains("outcome  void") && !told[2].1, "{}", told[2].0);
}

#[test]
fn an_id_is_found_by_a_beginning_that_only_it_has() {
    let mut twin = game(0xab);
    twin.id.0[31] = 0;
    let mut report = report(vec![game(0xab), twin]);
    assert_eq!(report.find("abab").map(|_| ()), Err(FindError::Several { wanted: "0xabab".to_owned(), count: 2 }));
    assert!(report.find(&B256::repeat_byte(0xab).to_string()).is_ok());
    let missing = report.find("0xcd").map(|_| ()).map_err(|error| error.to_string());
    assert!(missing.is_err_and(|message| message.contains("challenger status")));
    let play = report.play.as_mut().expect("set");
    let id = B256::repeat_byte(0xcd);
    let (fork, own, rival) = (B256::ZERO, U256::ZERO, U256::ZERO);
    play.opening.push(OpeningReport { id, fork, own, rival, next: "its move".to_owned(), error: Some("a blob is gone".to_owned()) });
    let opening = report.find("0xcd").map(|_| ()).map_err(|error| error.to_string());
    assert!(opening.is_err_and(|message| message.contains("not open yet") && message.contains("a blob is gone")));
}

#[test]
fn matches_of_others_are_told_from_the_side_that_is_agreed_with() {
    let lost = MatchReport { standing: Standing::Lost, ..game(1) };
    let others =
        vec![OtherMatch { agreed: true, game: lost.clone() }, OtherMatch { agreed: false, game: MatchReport { id: B256::ZERO, ..lost } }];
    let report = Report { others, ..Report::default() };
    let (agreed, unknown) = (report.find("0x01").expect("there"), report.find("0x00").expect("there"));
    assert!(agreed.is_lost() && agreed.to_string().contains("the honest side: stake 0x1111…1111#1"), "{agreed}");
    assert!(!unknown.is_lost() && unknown.to_string().contains("0x2222…2222#0 says that part 1"), "{unknown}");
    let status = report.to_string();
    assert!(status.contains("2 matches between stakes of others") && status.contains("watches only"), "{status}");
}

#[test]
fn following_tells_each_move_once_and_moves_that_a_reorganisation_undid() {
    let mut story = Story::default();
    let mut lines = |game: MatchReport| {
        let report = report(vec![game]);
        story.news(&report.find("0x").expect("the only one"))
    };
    assert_eq!(lines(game(1)).len(), 5, "the head and four moves");
    assert!(lines(game(1)).is_empty());
    let mut other = game(1);
    other.history[2].time = 1_011;
    let told = lines(other.clone());
    assert!(told[0].contains("undid 2 moves: the match goes on after move 2") && told.len() == 3, "{told:?}");
    other.standing = Standing::Won;
    other.history.push(one(true, 4, "timeout", None, run(0, 1 << 40), 1_100));
    let told = lines(other.clone());
    assert!(told[0].contains("the time of the rival is over") && told[1].contains("this challenger has won by the clock"), "{told:?}");
    assert!(lines(other).is_empty());
}
