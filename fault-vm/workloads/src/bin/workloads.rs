//! The guest: does the job that the machine's input names; an input that names none fails.
#![no_std]
#![no_main]

use gainsay_workloads::Job;

gainsay_runtime::entry!(main);

fn main() -> [u8; 32] {
    match Job::from_input(&gainsay_runtime::input()) {
        Some(job) => job.run(),
        None => gainsay_runtime::fail(),
    }
}
