//! Faults that other virtual machines had, each as a test with the numbers written out.

use alloy_primitives::{Address, B256};
use gainsay_machine::{
    ENTRY, Hart, Machine, Memory, Op, Status, prove, syscall,
    testing::{
        Preimages,
        words::{ECALL, b, i, jal, r, s, u},
    },
};

const END: u64 = 1 << 32;
const A0: usize = 10;
const A1: usize = 11;
const A7: usize = 17;

/// A machine with these words at its entry and these registers.
fn machine(words: &[u32], registers: &[(usize, u64)]) -> Machine {
    let mut memory = Memory::new();
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    memory.write_bytes(ENTRY, &bytes).unwrap();
    let mut hart = Hart::new(B256::repeat_byte(0x11));
    for (register, value) in registers {
        hart.registers[*register] = *value;
    }
    Machine { memory, hart }
}

/// One step, by each of the three ways.
fn step(machine: &mut Machine, oracle: &mut Preimages) {
    let proof = prove(machine, oracle).unwrap();
    machine.step(oracle).unwrap();
    assert_eq!(proof.next().unwrap(), machine.state());
}

/// x3 after one instruction on x1 and x2.
fn result(word: u32, x1: u64, x2: u64) -> u64 {
    let mut machine = machine(&[word], &[(1, x1), (2, x2)]);
    step(&mut machine, &mut Preimages::new());
    assert_eq!((machine.hart.status, machine.hart.pc), (Status::RUNNING, ENTRY + 4));
    machine.hart.registers[3]
}

fn of(op: Op, x1: u64, x2: u64) -> u64 {
    result(r(op, 3, 1, 2), x1, x2)
}

fn constant(op: Op, x1: u64, imm: i32) -> u64 {
    result(i(op, 3, 1, imm), x1, 0)
}

/// The machine has trapped: nothing but its status and its step is another.
fn assert_trapped(mut machine: Machine, status: Status) {
    let before = machine.state();
    step(&mut machine, &mut Preimages::new());
    let mut expected = before;
    expected.hart.status = status;
    expected.hart.step += 1;
    assert_eq!(machine.state(), expected);
    step(&mut machine, &mut Preimages::new());
    assert_eq!(machine.state(), expected, "a trapped machine stays as it is");
}

#[test]
fn shifts_extend_the_sign_only_where_they_should() {
    assert_eq!(of(Op::Sra, 1 << 63, 63), u64::MAX);
    assert_eq!(of(Op::Srl, 1 << 63, 63), 1);
    assert_eq!(of(Op::Sll, 1, 63), 1 << 63);
    assert_eq!(constant(Op::Srai, 1 << 63, 63), u64::MAX);
    assert_eq!(constant(Op::Srai, 1 << 63, 32), 0xffff_ffff_8000_0000);
    assert_eq!(constant(Op::Srli, 1 << 63, 32), 0x8000_0000);
    assert_eq!(constant(Op::Srai, i64::MAX as u64, 62), 1);
    assert_eq!(constant(Op::Slli, u64::MAX, 63), 1 << 63);
}

#[test]
fn shifts_by_a_register_use_only_its_low_bits() {
    assert_eq!(of(Op::Sll, 5, 64), 5);
    assert_eq!(of(Op::Srl, 5, u64::MAX << 6), 5);
    assert_eq!(of(Op::Sra, 1 << 63, 64 + 1), 3 << 62);
    assert_eq!(of(Op::Sllw, 5, 32), 5);
    assert_eq!(of(Op::Srlw, 5, 0xffff_ffe0), 5);
    assert_eq!(of(Op::Sraw, 5, 32 + 1), 2);
}

#[test]
fn shifts_of_words_extend_the_sign_of_their_result() {
    assert_eq!(of(Op::Sllw, 1, 31), 0xffff_ffff_8000_0000);
    assert_eq!(of(Op::Srlw, 0xffff_ffff_8000_0000, 0), 0xffff_ffff_8000_0000);
    assert_eq!(of(Op::Srlw, 0xffff_ffff_8000_0000, 1), 0x4000_0000);
    assert_eq!(of(Op::Sraw, 0x0000_0001_8000_0000, 31), u64::MAX);
    assert_eq!(of(Op::Sraw, 0xffff_ffff_7fff_ffff, 30), 1);
    assert_eq!(constant(Op::Slliw, 1, 31), 0xffff_ffff_8000_0000);
    assert_eq!(constant(Op::Srliw, 0x8000_0000, 0), 0xffff_ffff_8000_0000);
    assert_eq!(constant(Op::Sraiw, 0x8000_0000, 31), u64::MAX);
    assert_eq!(constant(Op::Sraiw, 0x1_0000_0000, 4), 0);
}

#[test]
fn arithmetic_of_words_ignores_the_upper_halves_and_extends_the_sign() {
    assert_eq!(of(Op::Addw, 0x7fff_ffff, 1), 0xffff_ffff_8000_0000);
    assert_eq!(of(Op::Addw, 0xffff_ffff_0000_0000, 1), 1);
    assert_eq!(of(Op::Subw, 0, 1), u64::MAX);
    assert_eq!(of(Op::Subw, 0x8000_0000, 1), 0x7fff_ffff);
    assert_eq!(constant(Op::Addiw, 0x7fff_ffff, 1), 0xffff_ffff_8000_0000);
    assert_eq!(constant(Op::Addiw, 0x1234_5678_8000_0000, 0), 0xffff_ffff_8000_0000);
    assert_eq!(of(Op::Mulw, 0x8000_0000, u64::MAX), 0xffff_ffff_8000_0000);
}

#[test]
fn comparisons_extend_the_sign_of_their_immediate_also_where_they_are_unsigned() {
    assert_eq!(constant(Op::Sltiu, 5, -1), 1);
    assert_eq!(constant(Op::Sltiu, u64::MAX, -1), 0);
    assert_eq!(constant(Op::Slti, u64::MAX, 0), 1);
    assert_eq!(constant(Op::Slti, 0, -2048), 0);
    assert_eq!(of(Op::Slt, 1 << 63, 0), 1);
    assert_eq!(of(Op::Sltu, 1 << 63, 0), 0);
}

#[test]
fn upper_immediates_are_sign_extended() {
    assert_eq!(result(u(Op::Lui, 3, 0x8_0000), 0, 0), 0xffff_ffff_8000_0000);
    assert_eq!(result(u(Op::Auipc, 3, 0x8_0000), 0, 0), 0xffff_ffff_8001_0000);
    assert_eq!(result(u(Op::Lui, 3, 0x7_ffff), 0, 0), 0x7fff_f000);
}

#[test]
fn division_by_zero_gives_all_ones_and_the_dividend() {
    for x in [0, 1, 7, 1 << 63, u64::MAX, 0x8000_0000] {
        assert_eq!(of(Op::Div, x, 0), u64::MAX);
        assert_eq!(of(Op::Divu, x, 0), u64::MAX);
        assert_eq!(of(Op::Rem, x, 0), x);
        assert_eq!(of(Op::Remu, x, 0), x);
        assert_eq!(of(Op::Divw, x, 0xffff_ffff_0000_0000), u64::MAX);
        assert_eq!(of(Op::Divuw, x, 0xffff_ffff_0000_0000), u64::MAX);
        assert_eq!(of(Op::Remw, x, 1 << 32), x as i32 as u64);
        assert_eq!(of(Op::Remuw, x, 1 << 32), x as i32 as u64);
    }
}

#[test]
fn the_smallest_number_by_minus_one_gives_itself_and_no_remainder() {
    assert_eq!(of(Op::Div, 1 << 63, u64::MAX), 1 << 63);
    assert_eq!(of(Op::Rem, 1 << 63, u64::MAX), 0);
    assert_eq!(of(Op::Divw, 0x8000_0000, 0xffff_ffff), 0xffff_ffff_8000_0000);
    assert_eq!(of(Op::Remw, 0x8000_0000, 0xffff_ffff), 0);
}

#[test]
fn division_rounds_towards_zero_and_the_remainder_has_the_dividends_sign() {
    let minus = |x: i64| x.wrapping_neg() as u64;
    assert_eq!(of(Op::Div, minus(7), 2), minus(3));
    assert_eq!(of(Op::Rem, minus(7), 2), minus(1));
    assert_eq!(of(Op::Div, 7, minus(2)), minus(3));
    assert_eq!(of(Op::Rem, 7, minus(2)), 1);
    assert_eq!(of(Op::Divuw, 0xffff_ffff, 1), u64::MAX, "unsigned, and yet sign-extended");
    assert_eq!(of(Op::Remuw, 0xffff_fffe, 0xffff_ffff), 0xffff_ffff_ffff_fffe, "unsigned, and yet sign-extended");
    assert_eq!(of(Op::Divu, u64::MAX, 2), i64::MAX as u64);
}

#[test]
fn the_upper_half_of_a_product_takes_each_factor_with_its_own_sign() {
    assert_eq!(of(Op::Mulhu, u64::MAX, u64::MAX), u64::MAX - 1);
    assert_eq!(of(Op::Mulh, u64::MAX, u64::MAX), 0);
    assert_eq!(of(Op::Mulhsu, u64::MAX, u64::MAX), u64::MAX, "the first is −1, the second is not");
    assert_eq!(of(Op::Mulhsu, 1 << 63, u64::MAX), 1 << 63);
    assert_eq!(of(Op::Mulhsu, 1, u64::MAX), 0);
    assert_eq!(of(Op::Mulh, 1 << 63, 1 << 63), 1 << 62);
    assert_eq!(of(Op::Mulhu, 1 << 63, 1 << 63), 1 << 62);
    assert_eq!(of(Op::Mulh, 1 << 63, 1), u64::MAX);
    assert_eq!(of(Op::Mulhu, 1 << 32, 1 << 32), 1);
    assert_eq!(of(Op::Mul, 1 << 63, 3), 1 << 63);
}

#[test]
fn loads_extend_the_sign_by_their_width() {
    let cases = [
        (Op::Lb, 0xffff_ffff_ffff_ff88),
        (Op::Lh, 0xffff_ffff_ffff_8788),
        (Op::Lw, 0xffff_ffff_8586_8788),
        (Op::Ld, 0x8182_8384_8586_8788),
        (Op::Lbu, 0x88),
        (Op::Lhu, 0x8788),
        (Op::Lwu, 0x8586_8788),
    ];
    for (op, expected) in cases {
        let mut machine = machine(&[i(op, 3, 1, -8)], &[(1, 0x2008)]);
        machine.memory.write_bytes(0x2000, &0x8182_8384_8586_8788_u64.to_le_bytes()).unwrap();
        step(&mut machine, &mut Preimages::new());
        assert_eq!(machine.hart.registers[3], expected, "{op:?}");
    }
}

#[test]
fn stores_write_their_width_and_no_more() {
    for (op, width) in [(Op::Sb, 1), (Op::Sh, 2), (Op::Sw, 4), (Op::Sd, 8)] {
        let mut machine = machine(&[s(op, 1, 2, -8)], &[(1, 0x2008), (2, 0x8182_8384_8586_8788)]);
        machine.memory.write_bytes(0x1ff8, &[0xee; 24]).unwrap();
        step(&mut machine, &mut Preimages::new());
        let mut expected = [0xee; 24];
        expected[8..8 + width].copy_from_slice(&0x8182_8384_8586_8788_u64.to_le_bytes()[..width]);
        assert_eq!(machine.memory.read_bytes(0x1ff8, 24).unwrap(), expected, "{op:?}");
    }
}

#[test]
fn an_address_wraps_modulo_two_to_the_64_and_not_to_the_32() {
    let mut wrapped = machine(&[i(Op::Lbu, 3, 1, 1)], &[(1, u64::MAX)]);
    wrapped.memory.write_bytes(0, &[0x55]).unwrap();
    step(&mut wrapped, &mut Preimages::new());
    assert_eq!(wrapped.hart.registers[3], 0x55, "2^64 − 1 + 1 is 0");

    assert_trapped(machine(&[i(Op::Lbu, 3, 1, 0)], &[(1, u64::MAX)]), Status::OUT_OF_RANGE);
    assert_trapped(machine(&[i(Op::Lbu, 3, 1, 1)], &[(1, END - 1)]), Status::OUT_OF_RANGE);
    assert_trapped(machine(&[i(Op::Lbu, 3, 1, -1)], &[(1, 0)]), Status::OUT_OF_RANGE);
    assert_trapped(machine(&[s(Op::Sb, 1, 2, -1)], &[(1, 0), (2, 1)]), Status::OUT_OF_RANGE);
    assert_trapped(machine(&[i(Op::Ld, 3, 1, 0)], &[(1, 1 << 63)]), Status::OUT_OF_RANGE);
}

#[test]
fn the_last_byte_of_memory_is_memory() {
    let mut machine = machine(&[s(Op::Sb, 1, 2, 0), i(Op::Lbu, 3, 1, 0)], &[(1, END - 1), (2, 0x1ff)]);
    step(&mut machine, &mut Preimages::new());
    step(&mut machine, &mut Preimages::new());
    assert_eq!(machine.hart.registers[3], 0xff);
    assert_trapped(self::machine(&[i(Op::Lh, 3, 1, 0)], &[(1, END - 1)]), Status::MISALIGNED);
    assert_trapped(self::machine(&[i(Op::Ld, 3, 1, 0)], &[(1, END - 4)]), Status::MISALIGNED);
}

#[test]
fn misaligned_accesses_trap_and_change_nothing() {
    for (op, width) in [(Op::Lh, 2), (Op::Lhu, 2), (Op::Lw, 4), (Op::Lwu, 4), (Op::Ld, 8)] {
        for offset in 1..width {
            assert_trapped(machine(&[i(op, 3, 1, offset)], &[(1, 0x2000)]), Status::MISALIGNED);
        }
    }
    for (op, width) in [(Op::Sh, 2), (Op::Sw, 4), (Op::Sd, 8)] {
        for offset in 1..width {
            assert_trapped(machine(&[s(op, 1, 2, offset)], &[(1, 0x2000), (2, 1)]), Status::MISALIGNED);
        }
    }
}

#[test]
fn a_load_for_register_0_traps_all_the_same() {
    assert_trapped(machine(&[i(Op::Ld, 0, 1, 0)], &[(1, END)]), Status::OUT_OF_RANGE);
    assert_trapped(machine(&[i(Op::Ld, 0, 1, 4)], &[(1, 0x2000)]), Status::MISALIGNED);
}

#[test]
fn register_0_is_never_written() {
    let words = [
        i(Op::Addi, 0, 1, 5),
        r(Op::Mulhu, 0, 1, 1),
        u(Op::Lui, 0, 9),
        u(Op::Auipc, 0, 9),
        i(Op::Lwu, 0, 2, 0),
        r(Op::Addw, 0, 1, 1),
        jal(0, 4),
        i(Op::Jalr, 0, 3, 0),
    ];
    let mut machine = machine(&words, &[(1, u64::MAX), (2, ENTRY), (3, ENTRY + 32)]);
    for count in 1..=8 {
        step(&mut machine, &mut Preimages::new());
        assert_eq!((machine.hart.registers[0], machine.hart.pc, machine.hart.step), (0, ENTRY + 4 * count, count));
    }
}

#[test]
fn every_register_can_be_named() {
    for register in 1..32 {
        let mut machine = machine(&[i(Op::Addi, register, register, -1)], &[(register as usize, 0)]);
        step(&mut machine, &mut Preimages::new());
        let mut expected = [0; 32];
        expected[register as usize] = u64::MAX;
        assert_eq!(machine.hart.registers, expected);
    }
}

#[test]
fn jalr_reads_its_base_before_it_links_and_clears_the_lowest_bit() {
    let mut machine = machine(&[i(Op::Jalr, 1, 1, 3)], &[(1, 0x2000)]);
    step(&mut machine, &mut Preimages::new());
    assert_eq!((machine.hart.pc, machine.hart.registers[1]), (0x2002, ENTRY + 4));
    // Bit 1 stays: the fetch traps, a step later.
    assert_trapped(machine, Status::MISALIGNED);
}

#[test]
fn jumps_and_branches_reach_backwards_and_to_the_ends_of_their_range() {
    for offset in [-1_048_576, -4, 4, 1_048_572] {
        let mut machine = machine(&[jal(1, offset)], &[]);
        step(&mut machine, &mut Preimages::new());
        assert_eq!((machine.hart.pc, machine.hart.registers[1]), (ENTRY.wrapping_add_signed(offset.into()), ENTRY + 4));
    }
    for offset in [-4096, -4, 8, 4092] {
        let mut machine = machine(&[b(Op::Bltu, 0, 1, offset)], &[(1, 1)]);
        step(&mut machine, &mut Preimages::new());
        assert_eq!(machine.hart.pc, ENTRY.wrapping_add_signed(offset.into()));
    }
}

#[test]
fn branches_compare_as_signed_or_unsigned() {
    let taken = |op, x1, x2| {
        let mut machine = machine(&[b(op, 1, 2, 16)], &[(1, x1), (2, x2)]);
        step(&mut machine, &mut Preimages::new());
        machine.hart.pc == ENTRY + 16
    };
    let (low, high) = (1, u64::MAX);
    assert!(taken(Op::Bltu, low, high) && !taken(Op::Blt, low, high));
    assert!(taken(Op::Blt, high, low) && !taken(Op::Bltu, high, low));
    assert!(taken(Op::Bge, low, high) && !taken(Op::Bgeu, low, high));
    assert!(taken(Op::Bgeu, low, low) && taken(Op::Bge, high, high));
    assert!(taken(Op::Beq, high, high) && !taken(Op::Beq, low, low | 1 << 32));
    assert!(taken(Op::Bne, low, low | 1 << 32) && !taken(Op::Bne, high, high));
}

#[test]
fn a_bad_jump_traps_in_the_step_after_it() {
    for (target, status) in [(END, Status::OUT_OF_RANGE), (u64::MAX - 1, Status::OUT_OF_RANGE), (0x2002, Status::MISALIGNED)] {
        let mut machine = machine(&[i(Op::Jalr, 1, 2, 0)], &[(2, target)]);
        step(&mut machine, &mut Preimages::new());
        assert_eq!((machine.hart.pc, machine.hart.status), (target, Status::RUNNING));
        assert_trapped(machine, status);
    }
}

#[test]
fn running_off_the_end_of_memory_traps_there() {
    let mut machine = machine(&[], &[]);
    machine.memory.write_bytes(END - 4, &i(Op::Addi, 1, 0, 7).to_le_bytes()).unwrap();
    machine.hart.pc = END - 4;
    step(&mut machine, &mut Preimages::new());
    assert_eq!((machine.hart.pc, machine.hart.registers[1]), (END, 7));
    assert_trapped(machine, Status::OUT_OF_RANGE);
}

#[test]
fn a_jump_below_zero_wraps_and_then_traps() {
    let mut machine = machine(&[], &[]);
    machine.memory.write_bytes(0, &jal(1, -4).to_le_bytes()).unwrap();
    machine.hart.pc = 0;
    step(&mut machine, &mut Preimages::new());
    assert_eq!((machine.hart.pc, machine.hart.registers[1]), (u64::MAX - 3, 4));
    assert_trapped(machine, Status::OUT_OF_RANGE);
}

#[test]
fn a_program_may_change_its_own_code() {
    let mut machine = machine(&[s(Op::Sw, 1, 2, 4), 0], &[(1, ENTRY), (2, u64::from(i(Op::Addi, 3, 0, 42)))]);
    step(&mut machine, &mut Preimages::new());
    step(&mut machine, &mut Preimages::new());
    assert_eq!(machine.hart.registers[3], 42);
}

#[test]
fn illegal_words_trap() {
    for word in [0, u32::MAX, 0xc000_1073, 0x0010_0073, ECALL | 1 << 20] {
        assert_trapped(machine(&[word], &[]), Status::ILLEGAL_INSTRUCTION);
    }
}

#[test]
fn fence_does_nothing_whatever_its_other_bits() {
    for word in [0x0000_000f, 0x0ff0_000f, 0x8330_000f, 0xffff_8f8f] {
        let mut machine = machine(&[word], &[(31, 9)]);
        let mut expected = machine.hart.clone();
        (expected.pc, expected.step) = (ENTRY + 4, 1);
        step(&mut machine, &mut Preimages::new());
        assert_eq!(machine.hart, expected);
    }
}

#[test]
fn a_status_above_zero_is_frozen_whatever_it_is() {
    for status in 1..=u8::MAX {
        let mut machine = machine(&[i(Op::Addi, 1, 0, 1)], &[]);
        machine.hart.status = Status(status);
        let proof = prove(&machine, &mut Preimages::new()).unwrap();
        assert_eq!((proof.memory.len(), proof.next().unwrap()), (0, machine.state()));
        let before = machine.clone();
        machine.step(&mut Preimages::new()).unwrap();
        assert_eq!(machine, before, "status {status}");
    }
}

#[test]
fn the_step_counter_wraps() {
    let mut machine = machine(&[i(Op::Addi, 1, 0, 1)], &[]);
    machine.hart.step = u64::MAX;
    step(&mut machine, &mut Preimages::new());
    assert_eq!((machine.hart.step, machine.hart.registers[1]), (0, 1));
}

/// A machine at an ECALL.
fn at_syscall(number: u64, a0: u64, a1: u64) -> Machine {
    machine(&[ECALL], &[(A7, number), (A0, a0), (A1, a1)])
}

#[test]
fn halt_takes_the_output_and_tells_success_from_failure_by_the_whole_code() {
    for (code, status) in [(0, Status::HALTED), (1, Status::FAILED), (1 << 32, Status::FAILED), (u64::MAX, Status::FAILED)] {
        let mut machine = at_syscall(syscall::HALT, 0x2000, code);
        machine.memory.write_bytes(0x2000, &[7; 32]).unwrap();
        step(&mut machine, &mut Preimages::new());
        let Hart { output, pc, step: steps, .. } = machine.hart;
        assert_eq!((output, pc, steps, machine.hart.status), (B256::repeat_byte(7), ENTRY + 4, 1, status));
        step(&mut machine, &mut Preimages::new());
        assert_eq!(machine.hart.step, 1, "a halted machine's steps are not counted");
    }
}

#[test]
fn unknown_syscalls_trap() {
    for number in [0, 6, 93, 1 << 32 | 1, u64::MAX] {
        assert_trapped(at_syscall(number, 0x2000, 0), Status::UNKNOWN_SYSCALL);
    }
}

#[test]
fn syscalls_with_a_bad_address_trap_and_change_nothing() {
    for number in [syscall::HALT, syscall::INPUT, syscall::KEY, syscall::PREIMAGE] {
        assert_trapped(at_syscall(number, END, 0), Status::OUT_OF_RANGE);
        assert_trapped(at_syscall(number, END + 1, 0), Status::OUT_OF_RANGE);
        assert_trapped(at_syscall(number, u64::MAX - 31, 0), Status::OUT_OF_RANGE);
        for offset in [1, 8, 16, 31] {
            assert_trapped(at_syscall(number, 0x2000 + offset, 0), Status::MISALIGNED);
        }
    }
}

#[test]
fn input_writes_32_bytes_up_to_the_end_of_memory() {
    let mut machine = at_syscall(syscall::INPUT, END - 32, 0);
    step(&mut machine, &mut Preimages::new());
    assert_eq!(machine.memory.read_bytes(END - 33, 33).unwrap(), [&[0][..], &[0x11; 32]].concat());
}

/// What PREIMAGE writes over ones.
fn preimage(key: B256, index: u64, oracle: &mut Preimages) -> Vec<u8> {
    let mut machine = at_syscall(syscall::PREIMAGE, 0x2020, index);
    machine.hart.preimage_key = key;
    machine.memory.write_bytes(0x2000, &[0xff; 96]).unwrap();
    step(&mut machine, oracle);
    assert_eq!((machine.hart.status, machine.hart.pc), (Status::RUNNING, ENTRY + 4));
    let bytes = machine.memory.read_bytes(0x2000, 96).unwrap();
    assert!(bytes[..32].iter().chain(&bytes[64..]).all(|byte| *byte == 0xff), "32 bytes are written");
    bytes[32..64].to_vec()
}

/// A number as a part.
fn number(value: u64) -> Vec<u8> {
    [&[0; 24][..], &value.to_be_bytes()].concat()
}

#[test]
fn parts_are_the_length_then_32_bytes_each_then_zeroes_for_ever() {
    let mut oracle = Preimages::new();
    let data: Vec<u8> = (1..=70).collect();
    let key = oracle.insert_data(&data);
    assert_eq!(key[0], 1);
    assert_eq!(preimage(key, 0, &mut oracle), number(70));
    assert_eq!(preimage(key, 1, &mut oracle), data[..32]);
    assert_eq!(preimage(key, 2, &mut oracle), data[32..64]);
    assert_eq!(preimage(key, 3, &mut oracle), [&data[64..], &[0; 26]].concat());
    for beyond in [4, 5, 1 << 32, 1 << 59, (1 << 59) + 1, u64::MAX] {
        assert_eq!(preimage(key, beyond, &mut oracle), [0; 32], "part {beyond}");
    }
}

#[test]
fn empty_data_and_whole_parts_have_no_part_too_many() {
    let mut oracle = Preimages::new();
    let (empty, whole) = (oracle.insert_data(&[]), oracle.insert_data(&[5; 64]));
    assert_eq!(preimage(empty, 0, &mut oracle), number(0));
    assert_eq!(preimage(empty, 1, &mut oracle), [0; 32]);
    assert_eq!(preimage(whole, 2, &mut oracle), [5; 32]);
    assert_eq!(preimage(whole, 3, &mut oracle), [0; 32]);
}

#[test]
fn blobs_and_calls_have_parts_by_their_own_types() {
    let mut oracle = Preimages::new();
    let blob: Vec<u8> = (0..131_072_u32).map(|at| (at / 32) as u8).collect();
    let key = oracle.insert_blob(B256::repeat_byte(1), &blob);
    assert_eq!((key[0], preimage(key, 0, &mut oracle)), (2, number(131_072)));
    assert_eq!(preimage(key, 4096, &mut oracle), [255; 32]);
    assert_eq!(preimage(key, 4097, &mut oracle), [0; 32]);

    let key = oracle.insert_call(Address::with_last_byte(1), 3000, b"input", true, &[9; 32]);
    assert_eq!((key[0], preimage(key, 0, &mut oracle)), (3, number(33)));
    assert_eq!(preimage(key, 1, &mut oracle), [&[1][..], &[9; 31]].concat());
    let key = oracle.insert_call(Address::with_last_byte(1), 3001, b"input", false, &[]);
    assert_eq!(preimage(key, 1, &mut oracle), [0; 32], "a call that failed: 0, and nothing");
    assert_eq!(preimage(key, 0, &mut oracle), number(1));
}

#[test]
fn keys_of_unknown_types_have_only_zeroes_and_ask_nobody() {
    for kind in (0..=u8::MAX).filter(|kind| !(1..=3).contains(kind)) {
        let mut key = B256::repeat_byte(0xab);
        key.0[0] = kind;
        for index in [0, 1, u64::MAX] {
            assert_eq!(preimage(key, index, &mut Preimages::new()), [0; 32], "type {kind}");
        }
    }
}

#[test]
fn without_an_answer_the_machine_stays_before_the_step_and_can_go_on() {
    let mut oracle = Preimages::new();
    let key = oracle.insert_data(b"late");
    let mut machine = at_syscall(syscall::PREIMAGE, 0x2000, 1);
    machine.hart.preimage_key = key;
    let before = machine.clone();
    assert_eq!(machine.step(&mut Preimages::new()).unwrap_err().key, key);
    assert!(prove(&machine, &mut Preimages::new()).is_err());
    assert_eq!(machine, before);
    machine.step(&mut oracle).unwrap();
    assert_eq!(machine.memory.read_bytes(0x2000, 4).unwrap(), b"late");
}

#[test]
fn key_takes_any_32_bytes() {
    let mut machine = at_syscall(syscall::KEY, 0x2000, 0);
    machine.memory.write_bytes(0x2000, &[0xfe; 32]).unwrap();
    step(&mut machine, &mut Preimages::new());
    assert_eq!(machine.hart.preimage_key, B256::repeat_byte(0xfe));
}

#[test]
fn log_shows_what_is_there_and_never_traps() {
    let cases: [(u64, u64, usize); 7] = [
        (0x2000, 5, 5),
        (0x2001, 0, 0),
        (END - 3, 100, 3),
        (END, 1, 0),
        (u64::MAX, u64::MAX, 0),
        (0, u64::MAX, 1 << 18),
        (0x2003, (1 << 18) + 1, 1 << 18),
    ];
    for (address, length, shown) in cases {
        let mut machine = at_syscall(syscall::LOG, address, length);
        machine.memory.write_bytes(0x2000, b"hello").unwrap();
        let mut expected = machine.state();
        (expected.hart.pc, expected.hart.step) = (ENTRY + 4, 1);
        assert_eq!(prove(&machine, &mut Preimages::new()).unwrap().memory.len(), 1, "only the instruction's leaf");
        let mut oracle = Preimages::new();
        machine.step(&mut oracle).unwrap();
        assert_eq!(machine.state(), expected);
        assert_eq!(oracle.logs.concat().len(), shown);
        if address == 0x2000 {
            assert_eq!(oracle.logs, [b"hello"]);
        }
    }
}
