//! Random memories full of instructions, and machines in them that are near an edge of the specification.

use alloy::primitives::{Address, B256};
use gainsay_machine::{
    Hart, Instruction, Machine, Memory, Op, Status, blob_key,
    memory::{PAGE, PAGES},
    testing::{Preimages, edge, words},
};
use gainsay_trace::Preimage;
use gainsay_types::testing::Dice;

/// The end of the address space.
pub(crate) const END: u64 = 1 << 32;
/// Pages of a world.
const WIDTH: usize = 6;

/// A memory that many machines start from, so that it is hashed once.
pub(crate) struct World {
    pub(crate) dice: Dice,
    memory: Memory,
    pages: [u32; WIDTH],
    pub(crate) oracle: Preimages,
    keys: Vec<B256>,
    /// Data that can be loaded into the oracle on L1.
    pub(crate) data: Vec<Preimage>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let pages = [0, 16, PAGES / 2 - 1, PAGES / 2, PAGES - 1, dice.bits() as u32 % PAGES];
        let mut memory = Memory::new();
        for page in pages {
            memory.set_page(page, &instructions(&mut dice));
        }
        let mut this = Self { dice, memory, pages, oracle: Preimages::new(), keys: Vec::new(), data: Vec::new() };
        this.add_preimages();
        this
    }

    /// Keys of every type, with preimages whose last part is full, padded, or not there at all.
    fn add_preimages(&mut self) {
        for length in [0, 1, 31, 32, 33, 64, self.dice.below(300) as usize] {
            let data = self.dice.bytes(length);
            self.keys.push(self.oracle.insert_data(&data));
            self.data.push(Preimage::Keccak { data: data.into() });
        }
        let blob = self.dice.bytes(4096).repeat(gainsay_machine::BLOB / 4096);
        self.keys.push(self.oracle.insert_blob(self.dice.word(), &blob));
        for length in [0, 1, 31, 32, 64, 128] {
            let (input, output) = (self.dice.bytes(length), self.dice.bytes(length));
            let (address, gas) = (Address::with_last_byte(self.dice.below(18) as u8), self.dice.below(100_000));
            self.keys.push(self.oracle.insert_call(address, gas, &input, length != 0, &output));
        }
    }

    /// A machine whose next step is at some edge.
    pub(crate) fn machine(&mut self) -> Machine {
        let pc = self.pc();
        let word = if pc < END { u32::from_le_bytes(self.memory.read_bytes(pc & !3, 4).unwrap().try_into().unwrap()) } else { 0 };
        let mut hart = self.hart();
        hart.pc = pc;
        // Else the registers have nothing to do with the instruction.
        if self.dice.below(16) != 0 {
            self.suit(&mut hart, word);
        }
        Machine { memory: self.memory.clone(), hart }
    }

    fn hart(&mut self) -> Hart {
        let mut hart = Hart::new(self.dice.word());
        hart.output = [B256::ZERO, self.dice.word()][self.dice.below(2) as usize];
        hart.step = [0, 1, self.dice.bits() >> 24, u64::MAX - 1, u64::MAX][self.dice.below(5) as usize];
        hart.status = if self.dice.below(32) == 0 { Status(self.dice.bits() as u8) } else { Status::RUNNING };
        hart.preimage_key = self.key();
        for register in 1..32 {
            let value = self.value(hart.registers[register - 1]);
            hart.registers[register] = value;
        }
        // No run leads to it, but a wrong claim may hold it: it has a next state, too, and must have only one.
        if self.dice.below(64) == 0 {
            hart.registers[0] = self.dice.bits();
        }
        hart
    }

    /// A known key with its preimage, or one of an unknown type.
    fn key(&mut self) -> B256 {
        if self.dice.below(4) != 0 {
            return self.keys[self.dice.below(self.keys.len() as u64) as usize];
        }
        let mut key = [self.dice.word(), blob_key(B256::ZERO)][self.dice.below(2) as usize];
        key.0[0] = [0, 4, 5, 255, self.dice.bits() as u8 | 4][self.dice.below(5) as usize];
        key
    }

    fn pc(&mut self) -> u64 {
        match self.dice.below(64) {
            0 => edge(&mut self.dice),
            1 => self.address(),
            2 => END - 4,
            3 => 0,
            // The last instruction of a leaf, the first of the next one.
            4..8 => (self.address() | 127) - 3,
            8..12 => self.address() & !127,
            _ => self.address() & !3,
        }
    }

    /// An address in one of the pages.
    fn address(&mut self) -> u64 {
        u64::from(self.pages[self.dice.below(WIDTH as u64) as usize]) * PAGE as u64 + self.dice.below(PAGE as u64)
    }

    /// A number for a register, which may have to do with the one before it.
    fn value(&mut self, before: u64) -> u64 {
        let high = self.dice.bits() << 32;
        match self.dice.below(12) {
            0..3 => edge(&mut self.dice),
            3 => edge(&mut self.dice) & 0xffff_ffff | high,
            4 => {
                [0, u64::MAX, 1 << 63, i64::MAX as u64, 1 << 31, 0x8000_0000 | high, 0xffff_ffff | high, high][self.dice.below(8) as usize]
            }
            5 => before,
            6 => before.wrapping_add(self.dice.below(3)).wrapping_sub(1),
            7 => before ^ high,
            8 => self.address() & !31,
            9 => self.dice.bits() >> self.dice.below(64),
            _ => self.dice.bits(),
        }
    }

    /// Sets what an instruction looks at so that it mostly does something.
    fn suit(&mut self, hart: &mut Hart, word: u32) {
        let Some(Instruction { op, rs1, imm, .. }) = Instruction::decode(word) else { return };
        if op == Op::Ecall {
            hart.registers[10] = self.spot(32);
            hart.registers[11] = self.argument();
            hart.registers[17] = self.number();
        } else if let Some(width) = width(op) {
            hart.set_register(rs1, self.spot(width).wrapping_sub(imm as u64));
        }
    }

    /// A syscall's number, mostly a right one; else a wrong one that only narrowing would make right.
    fn number(&mut self) -> u64 {
        match self.dice.below(16) {
            0 => [0, 6, 7, 8, u64::MAX][self.dice.below(5) as usize],
            1 => (1 + self.dice.below(5)) | 1 << (8 + self.dice.below(56)),
            2..8 => 4,
            _ => 1 + self.dice.below(5),
        }
    }

    /// A part's index, an exit code.
    fn argument(&mut self) -> u64 {
        match self.dice.below(8) {
            0 => edge(&mut self.dice),
            1 => [4095, 4096, 4097, 1 << 32, 1 << 63, u64::MAX][self.dice.below(6) as usize],
            2 => 1 << self.dice.below(64),
            _ => self.dice.below(6),
        }
    }

    /// An address for an access of so many bytes, mostly a right one.
    fn spot(&mut self, width: u64) -> u64 {
        match self.dice.below(32) {
            0 => edge(&mut self.dice),
            1 | 2 => self.address(),
            3 => END - width,
            4 => END,
            5 => self.address() & !(width - 1) | 1 << (32 + self.dice.below(32)),
            6..10 => (self.address() | 127) + 1 - width,
            _ => self.address() & !(width - 1),
        }
    }
}

/// A page of words, one in eight leaves left zero.
fn instructions(dice: &mut Dice) -> [u8; PAGE] {
    let mut bytes = [0; PAGE];
    for leaf in bytes.chunks_mut(128) {
        if dice.below(8) != 0 {
            leaf.chunks_mut(4).for_each(|word| word.copy_from_slice(&words::arbitrary(dice).to_le_bytes()));
        }
    }
    bytes
}

/// Bytes that a load or store accesses.
pub(crate) const fn width(op: Op) -> Option<u64> {
    match op {
        Op::Lb | Op::Lbu | Op::Sb => Some(1),
        Op::Lh | Op::Lhu | Op::Sh => Some(2),
        Op::Lw | Op::Lwu | Op::Sw => Some(4),
        Op::Ld | Op::Sd => Some(8),
        _ => None,
    }
}
