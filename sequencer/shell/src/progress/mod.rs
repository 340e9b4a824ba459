//! Shows how far a chain is that catches up with L1: as a bar where a person looks on, otherwise as a log line now and then.

mod rate;

pub use rate::{Pace, Recent, Sample};

use crate::{chain::Progress, follow::InboxView, logging};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

/// Time between two looks at the chain.
const TICK: Duration = Duration::from_millis(250);
/// Catching up that is over sooner than this is not shown: a batch now and then is every node's life.
const SHOWN_AFTER: Duration = Duration::from_secs(2);
/// Time between two log lines.
const LINE: Duration = Duration::from_secs(10);

/// Shows the progress of derivation until `stop`, and keeps its gauges.
pub async fn show(mut progress: watch::Receiver<Progress>, inbox: watch::Receiver<InboxView>, stop: CancellationToken) {
    let task = async {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut screen = Screen::new();
        loop {
            ticks.tick().await;
            let behind = Behind::new(&progress.borrow(), inbox.borrow().caught_up);
            if screen.behind(Instant::now(), behind) {
                continue;
            }
            // Nothing to show until a batch comes.
            if progress.wait_for(|progress| progress.heads.safe.batch_index < progress.heads.batches).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        // The chain's owner is gone: the process is ending.
        () = task => stop.cancelled().await,
    }
}

/// How far the chain is, and how far it could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Behind {
    sample: Sample,
    /// Batches that L1 is known to hold.
    known: u64,
    /// The safe head.
    block: u64,
    /// All of L1 is read: no more batches are known soon.
    l1_read: bool,
}

impl Behind {
    fn new(progress: &Progress, l1_read: bool) -> Self {
        let heads = &progress.heads;
        let sample = Sample { batches: heads.safe.batch_index, blocks: progress.derived.blocks, gas: progress.derived.gas };
        Self { sample, known: heads.batches, block: heads.safe.l2_block_number, l1_read }
    }

    const fn left(&self) -> u64 {
        self.known.saturating_sub(self.sample.batches)
    }
}

/// What is shown.
struct Screen {
    opened: Instant,
    bars: Option<&'static MultiProgress>,
    recent: Recent,
    run: Option<Run>,
}

/// One time of catching up.
struct Run {
    since: Instant,
    first: Sample,
    /// The last log line, or the start.
    line: Instant,
    bar: Option<ProgressBar>,
    shown: bool,
}

impl Screen {
    fn new() -> Self {
        Self { opened: Instant::now(), bars: logging::bars(), recent: Recent::default(), run: None }
    }

    /// Shows how far the chain is at `now`. False if it is not behind.
    fn behind(&mut self, now: Instant, behind: Behind) -> bool {
        let pace = self.recent.add(now - self.opened, behind.sample);
        measure(&behind, pace);
        if behind.left() == 0 {
            if let Some(run) = self.run.take() {
                run.end(now, &behind);
            }
            return false;
        }
        let run = self.run.get_or_insert_with(|| Run { since: now, first: behind.sample, line: now, bar: None, shown: false });
        if now - run.since >= SHOWN_AFTER {
            run.show(now, &behind, pace, self.bars);
        }
        true
    }
}

impl Run {
    fn show(&mut self, now: Instant, behind: &Behind, pace: Pace, bars: Option<&'static MultiProgress>) {
        let Some(bars) = bars else {
            if now - self.line >= LINE {
                self.line = now;
                self.shown = true;
                log(behind, pace);
            }
            return;
        };
        self.shown = true;
        let bar = self.bar.get_or_insert_with(|| bars.add(ProgressBar::new(behind.known).with_style(style())));
        bar.set_length(behind.known);
        bar.set_position(behind.sample.batches);
        let (block, blocks, gas) = (behind.block, pace.blocks, pace.gas / 1e6);
        bar.set_message(format!("block {block}, {blocks:.0} blocks/s, {gas:.0} Mgas/s, {}", time_left(behind, pace)));
    }

    fn end(&self, now: Instant, behind: &Behind) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.shown {
            let seconds = (now - self.since).as_secs_f64();
            let blocks = behind.sample.blocks.saturating_sub(self.first.blocks);
            let mgas = behind.sample.gas.saturating_sub(self.first.gas) as f64 / 1e6;
            let (blocks_per_second, mgas_per_second) = (rounded(blocks as f64 / seconds), rounded(mgas / seconds));
            tracing::info!(
                blocks,
                seconds = rounded(seconds),
                blocks_per_second,
                mgas_per_second,
                block = behind.block,
                "caught up with L1"
            );
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn log(behind: &Behind, pace: Pace) {
    tracing::info!(
        batches = behind.sample.batches,
        known = behind.known,
        block = behind.block,
        blocks_per_second = rounded(pace.blocks),
        mgas_per_second = rounded(pace.gas / 1e6),
        time_left = time_left(behind, pace),
        "catching up with L1"
    );
}

fn measure(behind: &Behind, pace: Pace) {
    metrics::gauge!("gainsay_batches_behind").set(behind.left() as f64);
    metrics::gauge!("gainsay_derived_blocks_per_second").set(pace.blocks);
    metrics::gauge!("gainsay_derived_gas_per_second").set(pace.gas);
    let left = pace.time_for(behind.left()).map_or(f64::NAN, |left| left.as_secs_f64());
    metrics::gauge!("gainsay_catch_up_seconds_left").set(if behind.left() == 0 { 0.0 } else { left });
}

/// One digit behind the point.
fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// In words; while L1 is still read there may be more to come than is known.
fn time_left(behind: &Behind, pace: Pace) -> String {
    let Some(left) = pace.time_for(behind.left()) else { return "time left unknown".to_owned() };
    let more = if behind.l1_read { "" } else { " or more" };
    let seconds = left.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s left{more}"),
        (0, minutes, seconds) => format!("{minutes}m{seconds:02}s left{more}"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m left{more}"),
    }
}

fn style() -> ProgressStyle {
    let template = "catching up with L1 [{bar:24}] {pos}/{len} batches, {msg}";
    ProgressStyle::with_template(template).map_or_else(|_| ProgressStyle::default_bar(), |style| style.progress_chars("=> "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(batches: u64, known: u64) -> Behind {
        Behind { sample: Sample { batches, blocks: batches * 8, gas: batches * 1_000_000 }, known, block: batches * 8, l1_read: true }
    }

    #[test]
    fn the_time_left_is_told_in_words() {
        let pace = Pace { batches: 1.0, ..Pace::default() };
        assert_eq!(time_left(&behind(1, 10), pace), "9s left");
        assert_eq!(time_left(&behind(1, 93), pace), "1m32s left");
        assert_eq!(time_left(&Behind { l1_read: false, ..behind(0, 7_500) }, pace), "2h05m left or more");
        assert_eq!(time_left(&behind(0, 5), Pace::default()), "time left unknown");
    }

    #[test]
    fn catching_up_is_shown_once_it_lasts_and_is_over_when_no_batch_is_left() {
        let mut screen = Screen { bars: None, ..Screen::new() };
        let start = Instant::now();
        assert!(screen.behind(start, behind(0, 100)));
        assert!(screen.behind(start + Duration::from_secs(1), behind(10, 100)));
        assert!(screen.run.as_ref().is_some_and(|run| !run.shown));
        assert!(screen.behind(start + Duration::from_secs(11), behind(60, 100)));
        assert!(screen.run.as_ref().is_some_and(|run| run.shown && run.first.batches == 0));
        assert!(!screen.behind(start + Duration::from_secs(12), behind(100, 100)));
        assert!(screen.run.is_none());
    }

    #[test]
    fn where_a_person_looks_on_there_is_a_bar_with_the_batches_done_and_known() {
        let bars: &'static MultiProgress = Box::leak(Box::new(MultiProgress::with_draw_target(indicatif::ProgressDrawTarget::hidden())));
        let mut screen = Screen { bars: Some(bars), ..Screen::new() };
        let start = Instant::now();
        screen.behind(start, behind(0, 100));
        screen.behind(start + Duration::from_secs(4), behind(20, 120));
        let bar = screen.run.as_ref().and_then(|run| run.bar.clone()).expect("is shown");
        assert_eq!((bar.position(), bar.length()), (20, Some(120)));
        assert_eq!(bar.message(), "block 160, 40 blocks/s, 5 Mgas/s, 20s left");
        screen.behind(start + Duration::from_secs(5), behind(120, 120));
        assert!(bar.is_finished());
    }
}
