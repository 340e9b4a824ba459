//! Random programs run alike here and in qemu's user emulation, where that is installed.

mod elf;

use alloy_primitives::B256;
use elf::{Segment, elf};
use gainsay_machine::{
    ENTRY, Machine, Op, Program,
    testing::{
        Preimages, edge,
        words::{ECALL, PATTERNS, b, i, s, u},
    },
};
use gainsay_types::testing::{Dice, cases};
use std::{
    io::ErrorKind,
    process::{Command, Stdio},
};

const DATA: u64 = 0x20_0000;
/// Holds the data's address, and is never a result.
const BASE: u32 = 31;
/// Where the data has the registers at the start, at the end, and room for loads and stores.
const START: i32 = 0;
const FINAL: i32 = 256;
const ROOM: i32 = 512;

/// The emulator's name, if it runs.
fn qemu() -> Option<&'static str> {
    ["qemu-riscv64", "qemu-riscv64-static"].into_iter().find(|name| {
        let run = Command::new(name).arg("--version").stdout(Stdio::null()).status();
        !matches!(run, Err(ref error) if error.kind() == ErrorKind::NotFound)
    })
}

/// A random instruction that goes on with the next or, as a branch, with the one behind that.
fn instruction(dice: &mut Dice) -> u32 {
    loop {
        let pattern = PATTERNS[dice.below(PATTERNS.len() as u64) as usize];
        let word = pattern.bits | dice.bits() as u32 & !pattern.mask;
        let (rd, rs) = (word >> 7 & 31, word >> 20 & 31);
        let room = |width| ROOM + (dice_offset(word) % (1024 / width)) * width;
        return match pattern.op {
            Op::Jal | Op::Jalr | Op::Ecall => continue,
            Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => b(pattern.op, rd, rs, 8),
            Op::Sb => s(pattern.op, BASE, rs, room(1)),
            Op::Sh => s(pattern.op, BASE, rs, room(2)),
            Op::Sw => s(pattern.op, BASE, rs, room(4)),
            Op::Sd => s(pattern.op, BASE, rs, room(8)),
            _ if rd == BASE => continue,
            Op::Lb | Op::Lbu => i(pattern.op, rd, BASE, room(1)),
            Op::Lh | Op::Lhu => i(pattern.op, rd, BASE, room(2)),
            Op::Lw | Op::Lwu => i(pattern.op, rd, BASE, room(4)),
            Op::Ld => i(pattern.op, rd, BASE, room(8)),
            // The emulator knows no other form of it.
            Op::Fence => 0x0ff0_000f,
            _ => word,
        };
    }
}

/// Some bits of a word, as a number that is not negative.
fn dice_offset(word: u32) -> i32 {
    (word >> 16) as i32
}

/// Loads the registers, computes, stores them, writes all the data to standard output and exits, as Linux knows it.
fn program(dice: &mut Dice) -> Vec<u8> {
    let mut code = vec![u(Op::Lui, BASE, (DATA >> 12) as u32)];
    code.extend((1..BASE).map(|register| i(Op::Ld, register, BASE, START + 8 * register as i32)));
    code.extend((0..2000).map(|_| instruction(dice)));
    // The last may be a branch.
    code.push(i(Op::Addi, 0, 0, 0));
    code.extend((0..32).map(|register| s(Op::Sd, BASE, register, FINAL + 8 * register as i32)));
    code.extend([i(Op::Addi, 17, 0, 64), i(Op::Addi, 10, 0, 1), i(Op::Addi, 11, BASE, 0), i(Op::Addi, 12, 0, 1536), ECALL]);
    code.extend([i(Op::Addi, 17, 0, 93), i(Op::Addi, 10, 0, 0), ECALL]);
    let code: Vec<u8> = code.into_iter().flat_map(u32::to_le_bytes).collect();
    let data: Vec<u8> = (0..192).flat_map(|_| if dice.below(2) == 0 { edge(dice) } else { dice.bits() }.to_le_bytes()).collect();
    let segment = |address, bytes: Vec<u8>, flags| Segment { address, size: bytes.len() as u64, bytes, flags };
    elf(ENTRY, &[segment(ENTRY, code, 5), segment(DATA, data, 6)])
}

/// The data at the first ECALL.
fn here(file: &[u8]) -> Vec<u8> {
    let mut machine = Machine::new(&Program::from_elf(file).unwrap(), B256::ZERO);
    let oracle = &mut Preimages::new();
    while machine.memory.read_bytes(machine.hart.pc, 4).unwrap() != ECALL.to_le_bytes() {
        machine.step(oracle).unwrap();
        assert!(machine.hart.is_running(), "{} at {:#x}", machine.hart.status, machine.hart.pc);
    }
    machine.memory.read_bytes(DATA, 1536).unwrap()
}

#[test]
fn random_programs_end_with_the_same_registers_and_memory_as_in_qemu() {
    let Some(qemu) = qemu() else {
        eprintln!("skipped: there is no qemu-riscv64 here; Debian's package is qemu-user-static");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    for seed in 0..u64::from(cases(20)) {
        let file = program(&mut Dice::new(seed));
        std::fs::write(&path, &file).unwrap();
        make_executable(&path);
        let run = Command::new(qemu).arg(&path).output().unwrap();
        assert!(run.status.success(), "seed {seed}: {}: {}", run.status, String::from_utf8_lossy(&run.stderr));
        assert_eq!(run.stdout, here(&file), "seed {seed}");
    }
}

/// The emulator asks for the permission.
#[cfg(unix)]
fn make_executable(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_: &std::path::Path) {}
