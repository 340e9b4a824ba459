//! The workloads on the machine: the guest is built for this, and gives what the same functions give here.

use alloy_primitives::B256;
use gainsay_machine::{Machine, Oracle, PART, Program, Status, fast::Runner};
use gainsay_types::testing::Dice;
use gainsay_workloads::{Job, Workload};
use std::{convert::Infallible, path::Path, process::Command, sync::LazyLock};

/// Nobody to ask: workloads have no questions.
struct Nobody;

impl Oracle for Nobody {
    type Error = Infallible;

    fn part(&mut self, _: &B256, _: u64) -> Result<[u8; PART], Infallible> {
        Ok([0; PART])
    }
}

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = "target/test-guests/workloads.elf";
    let script = format!("set -e; . scripts/lib/say.sh; . scripts/lib/guest.sh; build_guest gainsay-workloads workloads {file}");
    let built = Command::new("bash").args(["-c", &script]).current_dir(&root).status().unwrap();
    assert!(built.success(), "the guest was not built: see above what it needs");
    Program::from_elf(&std::fs::read(root.join(file)).unwrap()).unwrap()
});

fn start(job: Job) -> (Machine, Runner) {
    let machine = Machine::new(&PROGRAM, job.input().into());
    let runner = Runner::new(&machine, PROGRAM.text()).unwrap();
    (machine, runner)
}

#[test]
fn a_workload_gives_on_the_machine_what_it_gives_natively() {
    for workload in Workload::ALL {
        for rounds in [0, 1, 7, 300] {
            let job = Job { workload, rounds };
            let (_, mut runner) = start(job);
            runner.run_to(u64::MAX, &mut Nobody).unwrap();
            assert_eq!((runner.status(), runner.hart().output.0), (Status::HALTED, job.run()), "{job:?}");
        }
    }
}

#[test]
fn the_fast_runner_is_where_the_step_function_is_whenever_it_stops() {
    for workload in Workload::ALL {
        let (mut machine, mut runner) = start(Job { workload, rounds: 30 });
        let mut dice = Dice::new(workload as u64);
        while machine.hart.is_running() {
            let stop = machine.hart.step + dice.below(400_000);
            machine.run_to(stop, &mut Nobody).unwrap();
            runner.run_to(stop, &mut Nobody).unwrap();
            assert_eq!(runner.machine(), machine, "{} after {stop} steps", workload.name());
        }
        assert_eq!(machine.hart.status, Status::HALTED);
    }
}

#[test]
fn an_input_that_names_no_workload_fails() {
    let machine = Machine::new(&PROGRAM, B256::repeat_byte(9));
    let mut runner = Runner::new(&machine, PROGRAM.text()).unwrap();
    runner.run_to(u64::MAX, &mut Nobody).unwrap();
    assert_eq!(runner.status(), Status::FAILED);
}
