//! The data directory: who may open it, and what a crash leaves in it.

mod support;

use alloy_primitives::U256;
use gainsay_chain::{Chain, ChainError};
use gainsay_store::{Database, Repair, SledDatabase, StoreError, WriteBatch};
use gainsay_types::Millis;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};
use support::{
    CONTRACT, L1, Posted, call_contract, deposit, derive_all, fingerprint, follow, fresh, network, open, options, produce, transfer,
    user_address,
};

/// Set for the process that is to be killed: its data directory.
const VICTIM: &str = "GAINSAY_TEST_VICTIM";

#[test]
fn a_second_opener_is_told_that_the_directory_is_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path(), true);
    let (config, genesis) = network();
    let error = Chain::open(&options(directory.path(), true), config, &genesis).err().expect("is refused");
    assert!(matches!(error, ChainError::Store(StoreError::InUse { .. })), "{error}");
    assert!(!error.to_string().contains('\n'));
    drop(first);
    open(directory.path(), true);
}

#[test]
fn a_directory_of_another_chain_is_refused_with_what_differs() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path(), true));
    let refused = |l1_chain_id: u64, change: fn(&mut gainsay_types::ChainConfig)| {
        let (mut config, genesis) = network();
        change(&mut config);
        let options = gainsay_chain::Options { l1_chain_id, ..options(directory.path(), true) };
        let error = Chain::open(&options, config, &genesis).err().expect("is refused");
        assert!(matches!(error, ChainError::Store(StoreError::OtherChain { .. })), "{error}");
        error.to_string()
    };
    assert!(refused(901, |_| {}).contains("L1 chain id is 900, this network's is 901"));
    assert!(refused(900, |config| config.l2_chain_id += 1).contains("L2 chain id"));
    assert!(refused(900, |config| config.gas_rate += 1).contains("chain config hash"));
    open(directory.path(), true);
}

#[test]
fn a_genesis_that_is_not_the_configs_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (mut config, genesis) = network();
    config.genesis_hash = Default::default();
    let error = Chain::open(&options(directory.path(), true), config, &genesis).err().expect("is refused");
    assert!(matches!(error, ChainError::Genesis { .. }), "{error}");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (config, genesis) = network();
    let error = Chain::open(&options(&file.path().join("data"), true), config, &genesis).err().expect("is refused");
    assert!(error.to_string().contains(file.path().to_str().unwrap()), "{error}");
}

#[test]
fn a_restart_finds_everything_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let (mut chain, mut l1) = (open(directory.path(), true), L1::new());
    l1.mine(vec![deposit(3, 3)]);
    follow(&mut chain, &l1);
    let deposits = chain.next_deposits(1, 1).unwrap();
    let block = produce(&mut chain, 700, deposits, vec![transfer(0, 0, user_address(1), 1), call_contract(1, 0, 1, 2)]);
    let heads = chain.heads();
    drop(chain);
    let chain = open(directory.path(), true);
    assert_eq!(chain.heads(), heads);
    assert_eq!(chain.store().block(1).unwrap(), Some(block.clone()));
    assert_eq!(block.time(), Millis::from_secs(support::START).plus(support::BLOCK_TIME + 700));
    assert_eq!((block.receipts.len(), block.senders[1], block.deposit_index), (3, user_address(0), 1));
}

/// Writes into a closed directory's database. The letters are those of the store's key table.
fn tamper(path: &Path, change: impl FnOnce(&mut WriteBatch)) {
    let database = patiently(|| SledDatabase::open(path, 1 << 20)).unwrap();
    let mut batch = WriteBatch::default();
    change(&mut batch);
    database.apply(&batch).unwrap();
    database.flush().unwrap();
}

/// Takes the last byte off a record.
fn cut(path: &Path, key: &[u8]) {
    let database = patiently(|| SledDatabase::open(path, 1 << 20)).unwrap();
    let mut value = database.get(key).unwrap().expect("is there");
    value.pop();
    drop(database);
    tamper(path, |batch| batch.put(key, value));
}

/// Opens the chain of a directory that no test has open.
fn try_open(path: &Path) -> Result<(Chain, Option<Repair>), ChainError> {
    patiently(|| {
        let (config, genesis) = network();
        Chain::open(&options(path, true), config, &genesis)
    })
}

/// Tries again for a while: a process that another test starts shares this one's files until it runs its own program, locks included.
fn patiently<T, E: ToString>(mut open: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match open() {
            Err(error) if error.to_string().contains("in use") && Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            result => return result,
        }
    }
}

fn numbered(letter: u8, number: u64) -> Vec<u8> {
    [&[letter][..], &number.to_be_bytes()].concat()
}

#[test]
fn a_tip_without_its_body_is_unwound_and_derived_again() {
    let directory = tempfile::tempdir().unwrap();
    let l1 = history(directory.path(), &mut |_, _| {});
    tamper(directory.path(), |batch| {
        batch.remove(numbered(b'b', 6));
        batch.remove(numbered(b'h', 5));
    });
    let (mut chain, repair) = try_open(directory.path()).unwrap();
    let repair = repair.expect("is repaired");
    assert_eq!((repair.from.number, repair.to.number), (6, 4));
    assert_eq!((chain.heads().latest, chain.heads().safe.l2_block_number), (repair.to, 4));
    derive_all(&mut chain, &l1);
    assert_eq!(fingerprint(&mut chain), fresh(&l1));
    drop(chain);
    open(directory.path(), true);
}

#[test]
fn a_block_whose_body_is_damaged_is_derived_again() {
    let directory = tempfile::tempdir().unwrap();
    let l1 = history(directory.path(), &mut |_, _| {});
    cut(directory.path(), &numbered(b'b', 6));
    let (mut chain, repair) = try_open(directory.path()).unwrap();
    assert_eq!(repair.map(|repair| (repair.from.number, repair.to.number)), Some((6, 5)));
    derive_all(&mut chain, &l1);
    assert_eq!(fingerprint(&mut chain), fresh(&l1));
}

#[test]
fn damage_beyond_repair_is_one_clear_error() {
    let error_after = |change: &dyn Fn(&Path)| {
        let directory = tempfile::tempdir().unwrap();
        history(directory.path(), &mut |_, _| {});
        change(directory.path());
        try_open(directory.path()).err().expect("is refused").to_string()
    };
    let damaged = error_after(&|path| cut(path, b"Mheads"));
    assert!(damaged.contains("damaged") && damaged.contains("delete the data directory"), "{damaged}");
    let version = error_after(&|path| tamper(path, |batch| batch.put(*b"Mheads", [7])));
    assert!(version.contains("version 7") && version.contains("delete the data directory"), "{version}");
}

#[test]
fn a_reader_sees_whole_blocks_only_while_the_writer_writes() {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = open(directory.path(), true);
    let done = AtomicBool::new(false);
    let store = chain.store().clone();
    let looks = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = 0u64;
            while !done.load(Ordering::Relaxed) {
                let state = store.latest_state().unwrap();
                let number = state.block().header.number;
                let read = |slot: u64| state.storage(CONTRACT, U256::from(slot)).unwrap().to::<u64>();
                // Every block writes its number to both slots; every other one is taken off again.
                let values = (read(1), state.account(user_address(0)).unwrap().unwrap().nonce, read(2));
                assert_eq!(values, (number, 2 * number, number));
                looks += 1;
            }
            looks
        });
        for number in 1..=60u64 {
            let calls = vec![call_contract(0, 2 * number - 2, 1, number), call_contract(0, 2 * number - 1, 2, number)];
            produce(&mut chain, 0, vec![], calls.clone());
            chain.unwind_to(number - 1).unwrap();
            produce(&mut chain, 1, vec![], calls);
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert!(looks > 60, "{looks} looks are too few to tell");
}

/// Deposits, blocks and batches, the same each time.
fn history(path: &Path, after_each: &mut dyn FnMut(&Chain, &L1)) -> L1 {
    let (mut chain, mut l1) = (open(path, true), L1::new());
    for round in 0..6u64 {
        l1.mine(vec![deposit(round + 1, round)]);
        follow(&mut chain, &l1);
        let deposits = chain.next_deposits(u64::MAX, 8).unwrap();
        produce(&mut chain, 0, deposits, vec![call_contract(0, round, 1, round), transfer(1, round, user_address(2), 1)]);
        after_each(&chain, &l1);
        let (before, block) = (
            chain.store().block(chain.heads().latest.number - 1).unwrap().unwrap(),
            chain.store().block(chain.heads().latest.number).unwrap().unwrap(),
        );
        let transactions = block.user_transactions().cloned().map(|envelope| gainsay_types::Transaction::new(envelope).unwrap()).collect();
        let batch = gainsay_types::batch::BatchBlock { delay_ms: 0, deposits: block.deposit_index - before.deposit_index, transactions };
        l1.post(vec![batch], block.deposit_index, Posted::Blobs);
        follow(&mut chain, &l1);
        after_each(&chain, &l1);
        derive_all(&mut chain, &l1);
        after_each(&chain, &l1);
    }
    l1
}

#[test]
fn a_copy_of_the_directory_taken_at_any_time_goes_on_to_the_same_chain() {
    let directory = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let mut taken: Vec<PathBuf> = Vec::new();
    let mut copy_now = |_: &Chain, _: &L1| {
        let to = copies.path().join(taken.len().to_string());
        copy_directory(directory.path(), &to);
        taken.push(to);
    };
    let l1 = history(directory.path(), &mut copy_now);
    let expected = fresh(&l1);
    for copy in &taken {
        let mut chain = open(copy, true);
        follow(&mut chain, &l1);
        derive_all(&mut chain, &l1);
        assert_eq!(fingerprint(&mut chain), expected, "{}", copy.display());
    }
    assert_eq!(taken.len(), 18);
}

fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        // Files of the live database may come and go.
        if entry.file_type().unwrap().is_dir() {
            copy_directory(&entry.path(), &to.join(entry.file_name()));
        } else {
            let _ = fs::copy(entry.path(), to.join(entry.file_name()));
        }
    }
}

/// Not a test of its own: the process that the next one kills.
#[test]
fn victim_of_the_kill_test() {
    let Some(path) = env::var_os(VICTIM) else { return };
    let path = PathBuf::from(path);
    let mut announce = |chain: &Chain, _: &L1| {
        let number = chain.heads().latest.number;
        fs::write(path.join("announced.tmp"), number.to_string()).unwrap();
        fs::rename(path.join("announced.tmp"), path.join("announced")).unwrap();
    };
    history(&path, &mut announce);
    thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_killed_process_loses_no_block_that_it_announced() {
    let finished = tempfile::tempdir().unwrap();
    let l1 = history(finished.path(), &mut |_, _| {});
    let expected = fresh(&l1);
    for pause in [0, 20, 45, 90, 150, 260] {
        let directory = tempfile::tempdir().unwrap();
        let mut victim = Command::new(env::current_exe().unwrap())
            .args(["--exact", "victim_of_the_kill_test"])
            .env(VICTIM, directory.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let announced = directory.path().join("announced");
        let deadline = Instant::now() + Duration::from_secs(30);
        while !announced.exists() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
        thread::sleep(Duration::from_millis(pause));
        victim.kill().unwrap();
        victim.wait().unwrap();
        let number: u64 = fs::read_to_string(&announced).unwrap().parse().unwrap();
        let mut chain = open(directory.path(), true);
        assert!(chain.heads().latest.number >= number, "block {number} was announced, the tip is {:?}", chain.heads().latest);
        follow(&mut chain, &l1);
        derive_all(&mut chain, &l1);
        assert_eq!(fingerprint(&mut chain), expected);
    }
}
