//! Programs: what a file must be, and what is said if it is not.

mod elf;

use alloy_primitives::B256;
use elf::{Segment, elf};
use gainsay_machine::{ENTRY, Machine, Memory, Op, Program, ProgramError, Status, testing::Preimages, testing::words};
use gainsay_types::testing::{Dice, cases};

fn text() -> Segment {
    let words = [words::i(Op::Addi, 17, 0, 1), words::u(Op::Lui, 10, 0x20), words::ECALL];
    let bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    Segment { address: ENTRY, size: bytes.len() as u64, bytes, flags: 5 }
}

fn data(address: u64, length: usize, size: u64) -> Segment {
    Segment { address, bytes: vec![0xdd; length], size, flags: 6 }
}

fn error(segments: &[Segment]) -> ProgramError {
    Program::from_elf(&elf(ENTRY, segments)).unwrap_err()
}

#[test]
fn a_program_is_its_segments_in_an_empty_memory_and_runs_from_its_entry() {
    let program = Program::from_elf(&elf(ENTRY, &[text(), data(0x20000, 40, 5000)])).unwrap();
    assert_eq!(program.text(), ENTRY..ENTRY + 12);
    let mut memory = Memory::new();
    memory.write_bytes(ENTRY, &text().bytes).unwrap();
    memory.write_bytes(0x20000, &[0xdd; 40]).unwrap();
    assert_eq!(program.root(), memory.root());

    let mut machine = Machine::new(&program, B256::repeat_byte(1));
    assert_eq!(machine.hash(), gainsay_machine::MachineState::initial(program.root(), B256::repeat_byte(1)).hash());
    machine.run_to(2, &mut Preimages::new()).unwrap();
    assert_eq!((machine.hart.step, machine.hart.status), (2, Status::RUNNING));
    machine.run_to(u64::MAX, &mut Preimages::new()).unwrap();
    assert_eq!((machine.hart.step, machine.hart.status, machine.hart.output), (3, Status::HALTED, B256::repeat_byte(0xdd)));
}

#[test]
fn segments_may_reach_to_the_end_of_memory_and_not_beyond() {
    assert!(Program::from_elf(&elf(ENTRY, &[text(), data((1 << 32) - 8, 8, 8)])).is_ok());
    assert_eq!(error(&[text(), data((1 << 32) - 8, 8, 9)]), ProgramError::OutOfSpace { start: (1 << 32) - 8, length: 9 });
    assert_eq!(error(&[text(), data(u64::MAX, 8, 8)]), ProgramError::OutOfSpace { start: u64::MAX, length: 8 });
    assert_eq!(error(&[text(), data(0x20000, 8, u64::MAX)]), ProgramError::OutOfSpace { start: 0x20000, length: u64::MAX });
}

#[test]
fn segments_may_touch_and_not_overlap() {
    assert!(Program::from_elf(&elf(ENTRY, &[data(0x20008, 8, 8), text(), data(0x20000, 8, 8)])).is_ok());
    assert_eq!(error(&[data(0x20007, 8, 8), text(), data(0x20000, 1, 8)]), ProgramError::Overlap { address: 0x20007 });
}

#[test]
fn code_is_one_segment_around_the_entry() {
    assert_eq!(error(&[data(0x20000, 8, 8)]), ProgramError::Texts { count: 0 });
    assert_eq!(error(&[text(), Segment { flags: 1, ..data(0x20000, 8, 8) }]), ProgramError::Texts { count: 2 });
    let elsewhere = Segment { address: 0x30000, ..text() };
    assert_eq!(error(&[elsewhere]), ProgramError::EntryOutside { start: 0x30000, end: 0x3000c });
    assert_eq!(Program::from_elf(&elf(ENTRY + 4, &[text()])).unwrap_err(), ProgramError::WrongEntry { entry: ENTRY + 4 });
}

#[test]
fn a_segment_has_no_more_bytes_than_memory_for_them() {
    assert_eq!(error(&[text(), data(0x20000, 9, 8)]), ProgramError::Overfull { address: 0x20000 });
}

#[test]
fn files_of_other_kinds_are_refused_with_a_reason() {
    let file = elf(ENTRY, &[text()]);
    let with = |at: usize, byte: u8| {
        let mut file = file.clone();
        file[at] = byte;
        Program::from_elf(&file).unwrap_err()
    };
    assert!(matches!(Program::from_elf(b"not an ELF file"), Err(ProgramError::NotElf { .. })));
    assert!(matches!(with(0, 0), ProgramError::NotElf { .. }));
    assert!(matches!(with(4, 1), ProgramError::NotElf { .. }), "32-bit");
    assert_eq!(with(5, 2), ProgramError::NotLittleEndian);
    assert_eq!(with(18, 62), ProgramError::NotRiscv { machine: 62 });
    assert_eq!(with(16, 3), ProgramError::NotLinked { kind: 3 });
}

#[test]
fn a_truncated_file_is_an_error_and_never_a_panic() {
    let file = elf(ENTRY, &[text(), data(0x20000, 100, 100)]);
    for length in (0..200).chain(file.len() - 200..file.len()) {
        assert!(Program::from_elf(&file[..length]).is_err(), "{length} bytes");
    }
    assert_eq!(Program::from_elf(&file[..file.len() - 1]).unwrap_err(), ProgramError::Truncated { address: 0x20000 });
}

#[test]
fn no_damage_to_a_file_makes_loading_panic() {
    let file = elf(ENTRY, &[text(), data(0x20000, 100, 100)]);
    let mut dice = Dice::new(7);
    for _ in 0..cases(20_000) {
        let mut damaged = file.clone();
        for _ in 0..=dice.below(3) {
            // The headers, which are 176 bytes.
            damaged[dice.below(176) as usize] = [0, 0xff, dice.bits() as u8][dice.below(3) as usize];
        }
        if let Ok(program) = Program::from_elf(&damaged) {
            assert!(program.text().contains(&ENTRY));
        }
    }
}
