//! JSON of 64-bit numbers: hex strings, since a JSON number need not keep 64 bits.

/// One number.
pub(crate) mod number {
    use alloy_primitives::U64;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        U64::from(*value).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        Ok(U64::deserialize(deserializer)?.to())
    }
}

/// A fixed list of numbers.
pub(crate) mod numbers {
    use alloy_primitives::U64;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(values: &[u64; 32], serializer: S) -> Result<S::Ok, S::Error> {
        values.map(U64::from).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u64; 32], D::Error> {
        Ok(<[U64; 32]>::deserialize(deserializer)?.map(|value| value.to()))
    }
}
