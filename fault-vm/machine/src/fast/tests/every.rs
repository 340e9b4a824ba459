//! A program that goes through every handler there is.

use super::{
    super::{
        Runner,
        code::{Code, STRETCH},
        fusion::{pair, triple},
        kind::{KINDS, Kind, single},
        operation::Handler,
    },
    DATA, DATA_REGISTER, Hashes,
    assembly::{addi, b, i, jal, r, s, u},
    machine, text,
};
use std::collections::HashSet;

/// The register that leads behind the instructions in question.
const BEHIND: u32 = 9;

/// An instruction of a kind that goes on with the instruction behind it, or there by `way`; none for those left to the step function.
#[rustfmt::skip]
fn word(kind: Kind, way: i32) -> Option<u32> {
    let registers = |opcode, funct3, funct7| r(opcode, funct3, funct7, 5, 6, 7);
    let immediate = |opcode, funct3, imm| i(opcode, funct3, 5, 6, imm);
    let load = |width| i(0x03, width, 5, DATA_REGISTER, 16);
    let store = |width| s(width, DATA_REGISTER, 6, 24);
    let branch = |funct3| b(funct3, 6, 7, way);
    Some(match kind {
        Kind::Constant => u(0x37, 5, 77),
        Kind::Lb => load(0), Kind::Lh => load(1), Kind::Lw => load(2), Kind::Ld => load(3), Kind::Lbu => load(4), Kind::Lhu => load(5), Kind::Lwu => load(6),
        Kind::Sb => store(0), Kind::Sh => store(1), Kind::Sw => store(2), Kind::Sd => store(3),
        Kind::Addi => addi(5, 6, -3),
        Kind::Slti => immediate(0x13, 2, 9), Kind::Sltiu => immediate(0x13, 3, 9), Kind::Xori => immediate(0x13, 4, -9),
        Kind::Ori => immediate(0x13, 6, 9), Kind::Andi => immediate(0x13, 7, 9),
        Kind::Slli => immediate(0x13, 1, 9), Kind::Srli => immediate(0x13, 5, 9), Kind::Srai => immediate(0x13, 5, 0x409),
        Kind::Addiw => immediate(0x1b, 0, 9), Kind::Slliw => immediate(0x1b, 1, 9), Kind::Srliw => immediate(0x1b, 5, 9), Kind::Sraiw => immediate(0x1b, 5, 0x409),
        Kind::Add => registers(0x33, 0, 0), Kind::Sub => registers(0x33, 0, 0x20), Kind::Sll => registers(0x33, 1, 0), Kind::Slt => registers(0x33, 2, 0),
        Kind::Sltu => registers(0x33, 3, 0), Kind::Xor => registers(0x33, 4, 0), Kind::Srl => registers(0x33, 5, 0), Kind::Sra => registers(0x33, 5, 0x20),
        Kind::Or => registers(0x33, 6, 0), Kind::And => registers(0x33, 7, 0),
        Kind::Addw => registers(0x3b, 0, 0), Kind::Subw => registers(0x3b, 0, 0x20), Kind::Sllw => registers(0x3b, 1, 0), Kind::Srlw => registers(0x3b, 5, 0),
        Kind::Sraw => registers(0x3b, 5, 0x20),
        Kind::Mul => registers(0x33, 0, 1), Kind::Mulh => registers(0x33, 1, 1), Kind::Mulhsu => registers(0x33, 2, 1), Kind::Mulhu => registers(0x33, 3, 1),
        Kind::Div => registers(0x33, 4, 1), Kind::Divu => registers(0x33, 5, 1), Kind::Rem => registers(0x33, 6, 1), Kind::Remu => registers(0x33, 7, 1),
        Kind::Mulw => registers(0x3b, 0, 1), Kind::Divw => registers(0x3b, 4, 1), Kind::Divuw => registers(0x3b, 5, 1), Kind::Remw => registers(0x3b, 6, 1),
        Kind::Remuw => registers(0x3b, 7, 1),
        Kind::Beq => branch(0), Kind::Bne => branch(1), Kind::Blt => branch(4), Kind::Bge => branch(5), Kind::Bltu => branch(6), Kind::Bgeu => branch(7),
        Kind::Jump => jal(0, way), Kind::Jal => jal(5, way),
        Kind::JumpRegister => i(0x67, 0, 0, BEHIND, 0), Kind::Jalr => i(0x67, 0, 5, BEHIND, 0),
        Kind::Other => return None,
    })
}

/// Every kind alone, every pair and every triple that has a handler, each by itself; round and round.
fn program() -> (Vec<u32>, HashSet<usize>) {
    let mut sequences: Vec<(Vec<Kind>, Handler)> = Vec::new();
    for &a in KINDS {
        sequences.push((vec![a], single(a)));
        for &b in KINDS {
            sequences.extend(pair(a, b).map(|handler| (vec![a, b], handler)));
            for &c in KINDS {
                sequences.extend(triple(a, b, c).map(|handler| (vec![a, b, c], handler)));
            }
        }
    }
    let mut program = Vec::new();
    let mut handlers = HashSet::new();
    for (kinds, handler) in sequences {
        let words: Vec<u32> = kinds.iter().filter_map(|kind| word(*kind, 4)).collect();
        // No checkpoint within: it would part them.
        while (program.len() + 3) / STRETCH != (program.len() + 6) / STRETCH {
            program.push(jal(0, 4));
        }
        // Register 9 is where the sequence ends.
        program.extend([u(0x17, BEHIND, 0), addi(BEHIND, BEHIND, 12 + words.len() as i32 * 4), jal(0, 4)]);
        program.extend(words);
        // A SLTI is done together with nothing.
        program.extend([i(0x13, 2, 5, 6, 9), jal(0, 4)]);
        handlers.insert(handler as usize);
    }
    let back = -(program.len() as i32) * 4;
    program.push(jal(0, back));
    (program, handlers)
}

#[test]
fn a_long_run_through_every_handler_needs_no_stack() {
    let (program, handlers) = program();
    let mut start = machine(&program);
    start.hart.registers[DATA_REGISTER as usize] = DATA;
    (start.hart.registers[6], start.hart.registers[7]) = (0x1234_5678_9abc_def0, 0xfedc_ba98_7654_3210);

    let code = Code::new(text(&program), |address| program[(address - text(&program).start) as usize / 4]);
    let used: HashSet<usize> = code.handlers().map(|handler| handler as usize).collect();
    assert_eq!(handlers.difference(&used).count(), 0, "of {} handlers some are never called", handlers.len());

    let mut slow = start.clone();
    let mut runner = Runner::new(&start, text(&program)).unwrap();
    let run = move || {
        let mut oracle = Hashes::default();
        runner.run_to(60_000, &mut oracle).unwrap();
        slow.run_to(60_000, &mut oracle).unwrap();
        assert_eq!(runner.machine(), slow);
        runner.run_to(100_000_000, &mut oracle).unwrap();
        assert_eq!(runner.step(), 100_000_000);
    };
    std::thread::Builder::new().stack_size(128 << 10).spawn(run).unwrap().join().unwrap();
}
