//! The pure functions that define the instructions, as types: so that handlers can be made of them.
#![allow(non_camel_case_types, reason = "they are named as the functions that they are")]

use super::parts::{Condition, Function, Loaded, Stored};
use crate::{alu, branch, load_store, muldiv};

macro_rules! functions {
    ($($module:ident: $($name:ident)*;)*) => {$($(
            pub(super) struct $name;

        impl Function for $name {
            #[inline(always)]
            fn of(a: u64, b: u64) -> u64 {
                $module::$name(a, b)
            }
        }
    )*)*};
}
functions! {
    alu: add sub sll slt sltu xor srl sra or and addw subw sllw srlw sraw;
    muldiv: mul mulh mulhsu mulhu div divu rem remu mulw divw divuw remw remuw;
}

macro_rules! conditions {
    ($($name:ident)*) => {$(
            pub(super) struct $name;

        impl Condition for $name {
            #[inline(always)]
            fn holds(a: u64, b: u64) -> bool {
                branch::$name(a, b)
            }
        }
    )*};
}
conditions!(eq ne lt ge ltu geu);

macro_rules! loads {
    ($($name:ident $bytes:literal)*) => {$(
            pub(super) struct $name;

        impl Loaded for $name {
            type Bytes = [u8; $bytes];

            #[inline(always)]
            fn of(bytes: Self::Bytes) -> u64 {
                load_store::$name(bytes)
            }
        }
    )*};
}
loads!(lb 1 lh 2 lw 4 ld 8 lbu 1 lhu 2 lwu 4);

macro_rules! stores {
    ($($name:ident $bytes:literal)*) => {$(
            pub(super) struct $name;

        impl Stored for $name {
            type Bytes = [u8; $bytes];

            #[inline(always)]
            fn of(value: u64) -> Self::Bytes {
                load_store::$name(value)
            }
        }
    )*};
}
stores!(sb 1 sh 2 sw 4 sd 8);
