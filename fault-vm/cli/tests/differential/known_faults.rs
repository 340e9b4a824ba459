//! What other machines of this kind got wrong, by name, with the right results written out: in both.

use crate::{
    both::Both,
    small::{DATA, PC, Small},
};
use alloy::primitives::B256;
use gainsay_machine::{
    Op, Status,
    testing::words::{PATTERNS, b, i, jal, r, s, u},
};

const MIN: u64 = 1 << 63;
const MAX: u64 = i64::MAX as u64;
const ONES: u64 = u64::MAX;
const MIN32: u64 = 0xffff_ffff_8000_0000;
const HIGH: u64 = 0xdead_beef_0000_0000;
const END: u64 = 1 << 32;

/// Two registers into a third.
#[track_caller]
fn computes(both: &mut Both, op: Op, left: u64, right: u64, result: u64) {
    let after = Small::new(r(op, 5, 6, 7)).with(6, left).with(7, right).step(both);
    assert_eq!(after.machine.hart.registers[5], result, "{op:?} of {left:#x} and {right:#x}");
    assert_eq!(after.machine.hart.pc, PC + 4);
}

/// A register and an immediate, of shifts the number of bits, into another.
#[track_caller]
fn computes_immediate(both: &mut Both, op: Op, left: u64, imm: i32, result: u64) {
    let after = Small::new(i(op, 5, 6, imm)).with(6, left).step(both);
    assert_eq!(after.machine.hart.registers[5], result, "{op:?} of {left:#x} and {imm}");
}

#[test]
fn shifts_keep_the_sign_and_use_only_the_low_bits_of_their_number() {
    let both = &mut Both::new();
    for (op, left, right, result) in [
        (Op::Sra, MIN, 63, ONES),
        (Op::Sra, MIN, 64, MIN),
        (Op::Sra, MIN, ONES, ONES),
        (Op::Srl, MIN, 63, 1),
        (Op::Srl, MIN, 64, MIN),
        (Op::Sll, 1, 63, MIN),
        (Op::Sll, 1, 1 << 32 | 64, 1),
        (Op::Sll, 1, ONES << 6 | 1, 2),
        (Op::Sraw, 0x8000_0000, 31, ONES),
        (Op::Sraw, 0x8000_0000, 32, MIN32),
        (Op::Sraw, HIGH | 0x7fff_ffff, 1, 0x3fff_ffff),
        (Op::Srlw, 0x8000_0000, 0, MIN32),
        (Op::Srlw, ONES, 1, 0x7fff_ffff),
        (Op::Srlw, HIGH | 0x8000_0000, 31, 1),
        (Op::Srlw, HIGH | 0x8000_0000, 63, 1),
        (Op::Sllw, 1, 31, MIN32),
        (Op::Sllw, HIGH | 1, 32, 1),
        (Op::Sllw, 3, 31, MIN32),
    ] {
        computes(both, op, left, right, result);
    }
    for (op, left, imm, result) in [
        (Op::Srai, MIN, 63, ONES),
        (Op::Srai, MIN, 32, MIN32),
        (Op::Srai, MAX, 62, 1),
        (Op::Srli, MIN, 63, 1),
        (Op::Srli, ONES, 32, 0xffff_ffff),
        (Op::Slli, 1, 63, MIN),
        (Op::Slliw, 1, 31, MIN32),
        (Op::Slliw, HIGH | 2, 31, 0),
        (Op::Srliw, 0x8000_0000, 0, MIN32),
        (Op::Srliw, HIGH | 0x8000_0000, 4, 0x0800_0000),
        (Op::Sraiw, HIGH | 0x8000_0000, 31, ONES),
        (Op::Sraiw, HIGH | 0x7fff_ffff, 30, 1),
    ] {
        // The bits that tell SRAI from SRLI are in the pattern.
        computes_immediate(both, op, left, imm, result);
    }
}

#[test]
fn shifts_by_too_many_bits_are_illegal() {
    let both = &mut Both::new();
    for op in [Op::Slli, Op::Srli, Op::Srai] {
        for bit in [26, 27, 28, 29, 31] {
            Small::new(i(op, 5, 6, 1) ^ 1 << bit).traps(both, Status::ILLEGAL_INSTRUCTION);
        }
    }
    for op in [Op::Slliw, Op::Srliw, Op::Sraiw] {
        for bit in [25, 26, 27, 28, 29, 31] {
            Small::new(i(op, 5, 6, 1) ^ 1 << bit).traps(both, Status::ILLEGAL_INSTRUCTION);
        }
    }
    Small::new(i(Op::Slli, 5, 6, 1) | 1 << 30).traps(both, Status::ILLEGAL_INSTRUCTION);
    Small::new(i(Op::Slliw, 5, 6, 1) | 1 << 30).traps(both, Status::ILLEGAL_INSTRUCTION);
}

#[test]
fn loads_extend_the_sign_unless_they_are_unsigned() {
    let both = &mut Both::new();
    let bytes = 0xf1e2_d3c4_b5a6_9788_u64.to_le_bytes();
    for (op, offset, result) in [
        (Op::Lb, 0, 0xffff_ffff_ffff_ff88),
        (Op::Lb, 7, 0xffff_ffff_ffff_fff1),
        (Op::Lbu, 0, 0x88),
        (Op::Lbu, 7, 0xf1),
        (Op::Lh, 0, 0xffff_ffff_ffff_9788),
        (Op::Lhu, 6, 0xf1e2),
        (Op::Lw, 0, 0xffff_ffff_b5a6_9788),
        (Op::Lw, 4, 0xffff_ffff_f1e2_d3c4),
        (Op::Lwu, 0, 0xb5a6_9788),
        (Op::Lwu, 4, 0xf1e2_d3c4),
        (Op::Ld, 0, 0xf1e2_d3c4_b5a6_9788),
    ] {
        // In every place of the leaf, and with positive bytes everywhere else.
        for place in (0..128).step_by(8) {
            let small = Small::new(i(op, 5, 6, offset)).with(6, DATA + place).with(5, 0x5555_5555_5555_5555).write(DATA, &[0x11; 128]);
            let after = small.write(DATA + place, &bytes).step(both);
            assert_eq!(after.machine.hart.registers[5], result, "{op:?} at {place} + {offset}");
        }
    }
}

#[test]
fn stores_write_their_bytes_and_no_others() {
    let both = &mut Both::new();
    for (op, width) in [(Op::Sb, 1), (Op::Sh, 2), (Op::Sw, 4), (Op::Sd, 8)] {
        for place in (0..128).step_by(width) {
            let small =
                Small::new(s(op, 6, 7, -8)).with(6, DATA + place as u64 + 8).with(7, 0xf1e2_d3c4_b5a6_9788).write(DATA, &[0x11; 128]);
            let after = small.step(both);
            let mut expected = [0x11; 128];
            expected[place..place + width].copy_from_slice(&0xf1e2_d3c4_b5a6_9788_u64.to_le_bytes()[..width]);
            assert_eq!(after.read(DATA, 128), expected, "{op:?} at {place}");
        }
    }
}

#[test]
fn division_by_zero_and_overflow_have_results() {
    let both = &mut Both::new();
    for (op, left, right, result) in [
        (Op::Div, 7, 0, ONES),
        (Op::Divu, 7, 0, ONES),
        (Op::Rem, MIN, 0, MIN),
        (Op::Remu, ONES, 0, ONES),
        (Op::Div, MIN, ONES, MIN),
        (Op::Rem, MIN, ONES, 0),
        (Op::Divu, MIN, ONES, 0),
        (Op::Remu, MIN, ONES, MIN),
        (Op::Div, 7u64.wrapping_neg(), 2, 3u64.wrapping_neg()),
        (Op::Rem, 7u64.wrapping_neg(), 2, ONES),
        (Op::Rem, 7, 2u64.wrapping_neg(), 1),
        (Op::Divw, HIGH | 7, HIGH, ONES),
        (Op::Divuw, HIGH | 7, HIGH, ONES),
        (Op::Remw, HIGH | 0x8000_0000, HIGH, MIN32),
        (Op::Remuw, HIGH | 0x8000_0000, HIGH, MIN32),
        (Op::Divw, 0x8000_0000, 0xffff_ffff, MIN32),
        (Op::Remw, 0x8000_0000, 0xffff_ffff, 0),
        (Op::Divuw, 0x8000_0000, 0xffff_ffff, 0),
        (Op::Remuw, 0x8000_0000, 0xffff_ffff, MIN32),
        (Op::Divuw, 0xffff_ffff, 1, ONES),
        (Op::Divuw, 0xffff_fff9, 2, 0x7fff_fffc),
        (Op::Remuw, 0xffff_fff9, 0xffff_fffe, ONES - 6),
        (Op::Remuw, 0xffff_ffff, 7, 3),
        (Op::Remuw, 0xffff_ffff, HIGH, ONES),
        (Op::Divw, HIGH | 6, 0xffff_fffe, 3u64.wrapping_neg()),
    ] {
        computes(both, op, left, right, result);
    }
}

#[test]
fn high_products_have_the_signs_of_their_factors() {
    let both = &mut Both::new();
    for (op, left, right, result) in [
        (Op::Mulhu, ONES, ONES, ONES - 1),
        (Op::Mulhu, MIN, 2, 1),
        (Op::Mulhu, ONES, 1, 0),
        (Op::Mulh, ONES, ONES, 0),
        (Op::Mulh, MIN, MIN, 1 << 62),
        (Op::Mulh, MIN, 1, ONES),
        (Op::Mulh, MIN, MAX, 0xc000_0000_0000_0000),
        (Op::Mulhsu, ONES, ONES, ONES),
        (Op::Mulhsu, MIN, ONES, MIN),
        (Op::Mulhsu, 1, ONES, 0),
        (Op::Mulhsu, MAX, ONES, MAX - 1),
        (Op::Mulhsu, ONES, 1, ONES),
        (Op::Mulhsu, MIN, MIN, 0xc000_0000_0000_0000),
        (Op::Mul, MIN, ONES, MIN),
        (Op::Mul, ONES, ONES, 1),
        (Op::Mulw, 0x8000_0000, 0xffff_ffff, MIN32),
        (Op::Mulw, HIGH | 3, HIGH | 5, 15),
        (Op::Mulw, 0x1_0000, 0x8000, MIN32),
    ] {
        computes(both, op, left, right, result);
    }
}

#[test]
fn comparisons_and_immediates_are_sign_extended() {
    let both = &mut Both::new();
    for (op, left, imm, result) in [
        (Op::Addi, 0, -2048, 2048u64.wrapping_neg()),
        (Op::Addi, ONES, 1, 0),
        (Op::Sltiu, ONES - 1, -1, 1),
        (Op::Sltiu, ONES, -1, 0),
        (Op::Slti, MIN, -2048, 1),
        (Op::Slti, 0, -1, 0),
        (Op::Xori, 0, -1, ONES),
        (Op::Ori, 0, -2048, 2048u64.wrapping_neg()),
        (Op::Andi, ONES, -2048, 2048u64.wrapping_neg()),
        (Op::Addiw, 0x7fff_ffff, 1, MIN32),
        (Op::Addiw, HIGH, -1, ONES),
    ] {
        computes_immediate(both, op, left, imm, result);
    }
    for (op, left, right, result) in [
        (Op::Slt, MIN, MAX, 1),
        (Op::Sltu, MIN, MAX, 0),
        (Op::Slt, MAX, MIN, 0),
        (Op::Slt, 5, 5, 0),
        (Op::Addw, 0x7fff_ffff, HIGH | 1, MIN32),
        (Op::Subw, HIGH, 1, ONES),
        (Op::Sub, 0, 1, ONES),
    ] {
        computes(both, op, left, right, result);
    }
    let upper = |both: &mut Both, word| Small::new(word).step(both).machine.hart.registers[5];
    assert_eq!(upper(both, u(Op::Lui, 5, 0x80000)), MIN32);
    assert_eq!(upper(both, u(Op::Auipc, 5, 0x80000)), MIN32 + PC);
    assert_eq!(upper(both, u(Op::Auipc, 5, 0xfffff)), PC - 0x1000);
}

#[test]
fn no_status_but_zero_goes_on_and_no_other_number_reverts() {
    let both = &mut Both::new();
    for status in 1..=255 {
        Small::new(i(Op::Addi, 5, 0, 1)).status(status).stays(both);
        Small::new(0).at(END + 2).status(status).stays(both);
        Small::syscall(1, DATA, 0).status(status).stays(both);
    }
}

#[test]
fn every_register_is_read_and_written_by_its_number() {
    let both = &mut Both::new();
    for register in 1..32 {
        let mut small = Small::new(r(Op::Add, register, 31 - register, register));
        for other in 1..32 {
            small = small.with(other, 1 << other | 1 << 63 >> other);
        }
        let before = small.machine.hart.registers;
        let after = small.step(both).machine.hart.registers;
        let mut expected = before;
        expected[register as usize] = before[31 - register as usize].wrapping_add(before[register as usize]);
        assert_eq!(after, expected, "register {register}");
    }
}

#[test]
fn register_zero_is_never_written_and_what_writes_it_works_otherwise() {
    let both = &mut Both::new();
    for pattern in PATTERNS.into_iter().filter(|pattern| !matches!(pattern.op, Op::Ecall)) {
        // As an immediate, x8 is 8.
        let fields = (6 << 15 | 8 << 20) & !pattern.mask;
        let rd = 0x1f << 7;
        let after = Small::new((pattern.bits | fields) & !rd).with(6, DATA).with(8, 8).write(DATA, &[0xff; 16]).step(both);
        assert_eq!(after.machine.hart.registers[0], 0, "{:?}", pattern.op);
        assert!(after.machine.hart.is_running(), "{:?}", pattern.op);
    }
    let jump = Small::new(i(Op::Jalr, 0, 6, 0)).with(6, DATA).step(both);
    assert_eq!((jump.machine.hart.registers[0], jump.machine.hart.pc), (0, DATA));
    Small::new(i(Op::Ld, 0, 6, 1)).with(6, DATA).traps(both, Status::MISALIGNED);
    Small::new(i(Op::Lb, 0, 6, 0)).with(6, END).traps(both, Status::OUT_OF_RANGE);
    // A state that no run leads to has one next state all the same.
    let odd = Small::new(r(Op::Add, 0, 0, 0)).with(0, 9).step(both);
    assert_eq!(odd.machine.hart.registers[0], 9);
}

#[test]
fn a_jump_to_a_register_reads_it_before_it_writes_it() {
    let both = &mut Both::new();
    let after = Small::new(i(Op::Jalr, 6, 6, 3)).with(6, DATA).step(both);
    assert_eq!((after.machine.hart.registers[6], after.machine.hart.pc), (PC + 4, DATA + 2));
    after.traps(both, Status::MISALIGNED);
}

#[test]
fn branches_go_where_the_sign_says() {
    let both = &mut Both::new();
    for (op, left, right, taken) in [
        (Op::Beq, MIN, MIN, true),
        (Op::Beq, HIGH, 0, false),
        (Op::Bne, HIGH, 0, true),
        (Op::Bne, 1, 1, false),
        (Op::Blt, MIN, MAX, true),
        (Op::Blt, 1, 1, false),
        (Op::Bge, 1, 1, true),
        (Op::Bge, MIN, MAX, false),
        (Op::Bltu, MIN, MAX, false),
        (Op::Bltu, 0, ONES, true),
        (Op::Bgeu, MIN, MAX, true),
        (Op::Bgeu, 5, 5, true),
    ] {
        for offset in [-4096, 4092, 2048, 8] {
            let after = Small::new(b(op, 6, 7, offset)).with(6, left).with(7, right).step(both);
            let target = if taken { PC.wrapping_add(offset as u64) } else { PC + 4 };
            assert_eq!(after.machine.hart.pc, target, "{op:?} of {left:#x} and {right:#x} by {offset}");
        }
    }
    for offset in [-1_048_576, 1_048_572, 2048, 4096, 8] {
        let after = Small::new(jal(5, offset)).step(both).machine.hart;
        assert_eq!((after.pc, after.registers[5]), (PC.wrapping_add(offset as u64), PC + 4), "JAL by {offset}");
    }
}

#[test]
fn addresses_wrap_at_2_to_the_64_and_end_at_2_to_the_32() {
    let both = &mut Both::new();
    for (op, width) in [(Op::Lb, 1), (Op::Lh, 2), (Op::Lw, 4), (Op::Ld, 8), (Op::Lbu, 1), (Op::Lhu, 2), (Op::Lwu, 4)] {
        let last = Small::new(i(op, 5, 6, 0)).with(6, END - width).write(END - 8, &[1, 2, 3, 4, 5, 6, 7, 8]).step(both);
        assert!(last.machine.hart.is_running() && last.machine.hart.registers[5] & 0xff == 9 - width);
        let first = Small::new(i(op, 5, 6, 8)).with(6, 8u64.wrapping_neg()).write(0, &[9]).step(both);
        assert!(first.machine.hart.is_running() && first.machine.hart.registers[5] & 0xff == 9);
        for address in [END, END + DATA, 1 << 63, 8u64.wrapping_neg(), ONES] {
            Small::new(i(op, 5, 6, 0)).with(6, address).traps(both, Status::OUT_OF_RANGE);
        }
        Small::new(i(op, 5, 0, -8)).traps(both, Status::OUT_OF_RANGE);
        for offset in (1..8).filter(|offset| offset % width as i32 != 0) {
            Small::new(i(op, 5, 6, offset)).with(6, DATA).traps(both, Status::MISALIGNED);
            Small::new(i(op, 5, 6, offset)).with(6, END - 8).traps(both, Status::MISALIGNED);
            // Out of range comes before misaligned.
            Small::new(i(op, 5, 6, offset)).with(6, END).traps(both, Status::OUT_OF_RANGE);
        }
    }
}

#[test]
fn stores_out_of_range_or_misaligned_trap_and_write_nothing() {
    let both = &mut Both::new();
    for (op, width) in [(Op::Sb, 1), (Op::Sh, 2), (Op::Sw, 4), (Op::Sd, 8)] {
        let last = Small::new(s(op, 6, 7, 0)).with(6, END - width).with(7, ONES).step(both);
        assert_eq!(last.read(END - width, width as usize), vec![0xff; width as usize]);
        for address in [END, END + DATA, 1 << 63, ONES] {
            Small::new(s(op, 6, 7, 0)).with(6, address).with(7, ONES).traps(both, Status::OUT_OF_RANGE);
        }
        for offset in (1..8).filter(|offset| offset % width as i32 != 0) {
            Small::new(s(op, 6, 7, offset)).with(6, DATA).with(7, ONES).traps(both, Status::MISALIGNED);
            Small::new(s(op, 6, 7, offset)).with(6, END).with(7, ONES).traps(both, Status::OUT_OF_RANGE);
        }
    }
}

#[test]
fn an_instruction_may_be_the_last_of_memory_and_control_may_leave_it() {
    let both = &mut Both::new();
    let last = Small::new(i(Op::Addi, 5, 0, 1)).at(END - 4).step(both);
    assert_eq!((last.machine.hart.pc, last.machine.hart.registers[5]), (END, 1));
    last.traps(both, Status::OUT_OF_RANGE);
    let below = Small::new(jal(0, -4)).at(0).step(both);
    assert_eq!(below.machine.hart.pc, 4u64.wrapping_neg());
    below.traps(both, Status::OUT_OF_RANGE);
    for pc in [END, END + PC, END + 1, 1 << 63, ONES, ONES - 3] {
        Small::new(0).at(pc).traps(both, Status::OUT_OF_RANGE);
    }
    for pc in [PC + 1, PC + 2, PC + 3, END - 1, END - 2, 1] {
        Small::new(0).at(pc).traps(both, Status::MISALIGNED);
    }
}

#[test]
fn what_the_machine_does_not_have_is_illegal_not_a_revert() {
    let both = &mut Both::new();
    let (ebreak, mret, wfi, csrrw, fence_i) = (0x0010_0073, 0x3020_0073, 0x1050_0073, 0xc000_10f3, 0x0000_100f);
    let (unimp, compressed_nop, compressed_return) = (0xc000_1073, 0x0001, 0x8082);
    let (lr, amoadd, flw, fadd, load_7, store_4) = (0x1000_302f, 0x0000_302f, 0x0000_2007, 0x0000_0053, 0x0000_7003, 0x0000_4023);
    let ecall_with_register = [0x73 | 1 << 7, 0x73 | 1 << 15];
    let words =
        [0, u32::MAX, ebreak, mret, wfi, csrrw, fence_i, unimp, compressed_nop, compressed_return, lr, amoadd, flw, fadd, load_7, store_4];
    for word in words.into_iter().chain(ecall_with_register) {
        // What would be a syscall or an access if it were decoded carelessly.
        Small::new(word).with(17, 1).with(10, DATA).traps(both, Status::ILLEGAL_INSTRUCTION);
    }
    // Subtraction's bit where there is nothing to subtract or to shift arithmetically; a product on words that there is none of.
    let others = |op: Op, functions: [u32; 6]| functions.map(|funct3| r(op, 5, 6, 7) | funct3 << 12);
    let neither = [1, 2, 3, 4, 6, 7];
    for word in others(Op::Sub, neither)
        .into_iter()
        .chain(others(Op::Subw, neither))
        .chain([1, 2, 3].map(|funct3| r(Op::Mulw, 5, 6, 7) | funct3 << 12))
    {
        Small::new(word).with(6, 9).with(7, 3).traps(both, Status::ILLEGAL_INSTRUCTION);
    }
    for fence in [0x0000_000f, 0x0ff0_000f, 0x8330_000f, 0x0100_000f, 0xffff_8f8f] {
        let after = Small::new(fence).with(31, 3).step(both).machine.hart;
        assert_eq!((after.pc, after.status, after.registers[31]), (PC + 4, Status::RUNNING, 3));
    }
}

#[test]
fn the_step_counter_wraps() {
    let both = &mut Both::new();
    for word in [i(Op::Addi, 5, 0, 1), 0] {
        let mut small = Small::new(word);
        small.machine.hart.step = u64::MAX;
        assert_eq!(small.step(both).machine.hart.step, 0);
    }
}

#[test]
fn halt_takes_its_output_and_every_code_but_zero_fails() {
    let both = &mut Both::new();
    let data: Vec<u8> = (0..128).collect();
    for place in [0, 32, 64, 96] {
        for (code, status) in [(0, 1), (1, 2), (2, 2), (256, 2), (END, 2), (1 << 63, 2), (ONES, 2)] {
            let after = Small::syscall(1, DATA + place, code).write(DATA, &data).step(both);
            let hart = &after.machine.hart;
            assert_eq!((hart.status.0, hart.output[..].to_vec(), hart.pc), (status, data[place as usize..][..32].to_vec(), PC + 4));
            after.stays(both);
        }
    }
}

#[test]
fn input_and_key_move_32_bytes() {
    let both = &mut Both::new();
    let data: Vec<u8> = (0..128).collect();
    for place in [0, 32, 64, 96] {
        let after = Small::syscall(2, DATA + place, 0).write(DATA, &data).step(both);
        let mut expected = data.clone();
        expected[place as usize..][..32].fill(0x1a);
        assert_eq!(after.read(DATA, 128), expected);
        let after = Small::syscall(3, DATA + place, 0).write(DATA, &data).step(both);
        assert_eq!(after.machine.hart.preimage_key[..], data[place as usize..][..32]);
    }
}

#[test]
fn syscalls_check_their_address_and_no_others_do() {
    let both = &mut Both::new();
    for number in 1..=4 {
        for address in [END, END + 32, END + 1, 1 << 63, ONES, ONES - 31] {
            Small::syscall(number, address, 0).traps(both, Status::OUT_OF_RANGE);
        }
        for address in [1, 8, 16, DATA + 4, DATA + 31, END - 1, END - 16] {
            Small::syscall(number, address, 0).traps(both, Status::MISALIGNED);
        }
        for address in [0, END - 32] {
            let after = Small::syscall(number, address, 0).write(address, &[7; 32]).step(both);
            assert!(after.machine.hart.status.0 < 2);
        }
    }
    for (a0, a1) in [(ONES, ONES), (1, 0), (END, 1 << 63), (0, 0)] {
        let before = Small::syscall(5, a0, a1).key(B256::repeat_byte(1));
        let hart = before.machine.hart.clone();
        let after = before.step(both).machine.hart;
        assert_eq!((after.registers, after.status, after.output, after.pc), (hart.registers, Status::RUNNING, hart.output, PC + 4));
    }
    for number in [0, 6, 7, 8, 64, 93, 94, 255, 256, 257, 1 << 16 | 1, END | 1, END | 2, END | 4, 1 << 63 | 5, ONES] {
        Small::syscall(number, DATA, 0).traps(both, Status::UNKNOWN_SYSCALL);
        Small::syscall(number, ONES, ONES).traps(both, Status::UNKNOWN_SYSCALL);
    }
}

#[test]
fn parts_come_by_the_whole_index_and_the_last_is_padded() {
    let both = &mut Both::new();
    let data: Vec<u8> = (1..=70).collect();
    let part = |from: usize, to: usize| [&data[from..to], &[0; 32][..32 - (to - from)]].concat();
    let length = B256::with_last_byte(70).to_vec();
    for (index, expected) in [
        (0, length),
        (1, part(0, 32)),
        (2, part(32, 64)),
        (3, part(64, 70)),
        (4, vec![0; 32]),
        (END, vec![0; 32]),
        (END + 1, vec![0; 32]),
        (1 << 59, vec![0; 32]),
        ((1 << 59) + 1, vec![0; 32]),
        (1 << 63, vec![0; 32]),
        (ONES, vec![0; 32]),
    ] {
        let mut small = Small::syscall(4, DATA + 64, index).write(DATA, &[0xff; 128]);
        let key = small.oracle.insert_data(&data);
        let after = small.key(key).step(both);
        assert_eq!(after.read(DATA, 128), [vec![0xff; 64], expected, vec![0xff; 32]].concat(), "part {index}");
    }
}

#[test]
fn a_write_into_the_leaf_of_the_instruction_itself_is_proved_against_the_memory_before_it() {
    let both = &mut Both::new();
    let after = Small::new(s(Op::Sw, 6, 7, 0)).with(6, PC).with(7, 0x1234_5678).step(both);
    assert_eq!(after.read(PC, 8), [0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0]);
    let after = Small::syscall(2, PC, 0).step(both);
    assert_eq!(after.read(PC, 64), [[0x1a; 32], [0; 32]].concat());
    let after = Small::new(i(Op::Lwu, 5, 6, 0)).with(6, PC).step(both);
    assert_eq!(after.machine.hart.registers[5], u64::from(i(Op::Lwu, 5, 6, 0)));
}

#[test]
fn the_first_state_and_openings_have_the_same_hash_in_both() {
    let both = &mut Both::new();
    for number in 0..20_u64 {
        let (root, input) = (B256::left_padding_from(&number.to_be_bytes()), B256::repeat_byte(number as u8));
        let first = gainsay_machine::MachineState::initial(root, input);
        assert_eq!(both.solidity.initial_state_hash(root, input).unwrap(), first.hash());
        assert_eq!(both.hash(&first.encode(), &number), first.hash());
        let (mut machine, _) = gainsay_machine::testing::arbitrary_machine(number);
        machine.hart.status = Status(number as u8 % 8);
        assert_eq!(both.solidity.hash_opening(&machine.state()).unwrap(), machine.hash());
    }
}
