//! What a tracer keeps of an execution, by its name.

use crate::{DebugError, steps::StepLog};
use alloy_rpc_types_trace::geth::{
    GethDebugBuiltInTracerType as BuiltIn, GethDebugTracerConfig, GethDebugTracerType, GethDebugTracingOptions, mux::MuxConfig,
};
use revm_inspectors::tracing::DebugInspector;
use serde_json::Value;

/// Letters of a tracer's name that an error repeats.
const NAME: usize = 60;

/// What a tracer keeps of an execution.
#[derive(Debug)]
pub(crate) enum Recorder {
    /// Struct logs.
    Steps(StepLog),
    /// Another tracer.
    Calls {
        inspector: Box<DebugInspector>,
        /// Which calls it hears of.
        hears: Hears,
        /// It keeps what calls are given and return.
        keeps: bool,
    },
}

/// Which calls a tracer hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hears {
    /// All of them.
    All,
    /// Only the transaction's own.
    First,
    /// None: what came of it in the end is enough.
    None,
}

impl Recorder {
    pub(crate) fn new(mut options: GethDebugTracingOptions) -> Result<Self, DebugError> {
        let Some(tracer) = options.tracer.take().filter(|tracer| !tracer.as_str().is_empty()) else {
            return Ok(Self::Steps(StepLog::new(&options.config)));
        };
        let GethDebugTracerType::BuiltInTracer(built_in) = tracer else { return Err(unknown(tracer.as_str())) };
        let config = options.tracer_config.clone();
        let (hears, keeps) = match built_in {
            BuiltIn::CallTracer => {
                let config = config.into_call_config().map_err(|reason| invalid("callTracer", &reason))?;
                (if config.only_top_call.unwrap_or_default() { Hears::First } else { Hears::All }, true)
            }
            BuiltIn::FlatCallTracer => {
                config.into_flat_call_config().map_err(|reason| invalid("flatCallTracer", &reason))?;
                (Hears::All, true)
            }
            BuiltIn::PreStateTracer => {
                config.into_pre_state_config().map_err(|reason| invalid("prestateTracer", &reason))?;
                (Hears::None, false)
            }
            BuiltIn::FourByteTracer => (Hears::All, false),
            BuiltIn::NoopTracer => (Hears::None, false),
            BuiltIn::MuxTracer => {
                options.tracer_config = mux_config(config)?;
                (Hears::All, true)
            }
            BuiltIn::Erc7562Tracer | BuiltIn::StateGasTracer => return Err(unknown(tracer.as_str())),
        };
        options.tracer = Some(tracer);
        let inspector = DebugInspector::new(options).map_err(|reason| invalid("muxTracer", &reason))?;
        Ok(Self::Calls { inspector: Box::new(inspector), hears, keeps })
    }
}

/// Each tracer with the options that it wants: some, or none at all. Geth does not mind which.
fn mux_config(config: GethDebugTracerConfig) -> Result<GethDebugTracerConfig, DebugError> {
    let MuxConfig(mut tracers) = config.into_mux_config().map_err(|reason| invalid("muxTracer", &reason))?;
    for (tracer, config) in &mut tracers {
        match tracer {
            GethDebugTracerType::BuiltInTracer(BuiltIn::CallTracer | BuiltIn::FlatCallTracer | BuiltIn::PreStateTracer) => {
                let given = config.take().filter(|config| !config.0.is_null());
                *config = Some(given.unwrap_or_else(|| GethDebugTracerConfig(Value::Object(serde_json::Map::new()))));
            }
            GethDebugTracerType::BuiltInTracer(BuiltIn::FourByteTracer | BuiltIn::NoopTracer) => *config = None,
            _ => return Err(unknown(tracer.as_str())),
        }
    }
    Ok(GethDebugTracerConfig(serde_json::to_value(MuxConfig(tracers))?))
}

fn unknown(name: &str) -> DebugError {
    DebugError::Tracer { name: name.chars().take(NAME).collect() }
}

fn invalid(tracer: &'static str, reason: &impl ToString) -> DebugError {
    DebugError::Config { tracer, reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recorder(options: Value) -> Result<Recorder, DebugError> {
        Recorder::new(serde_json::from_value(options).unwrap())
    }

    #[test]
    fn every_tracer_is_found_by_its_name() {
        assert!(matches!(recorder(json!({})), Ok(Recorder::Steps(_))));
        assert!(matches!(recorder(json!({ "tracer": "" })), Ok(Recorder::Steps(_))));
        for name in ["callTracer", "flatCallTracer", "prestateTracer", "4byteTracer", "muxTracer", "noopTracer"] {
            assert!(matches!(recorder(json!({ "tracer": name })), Ok(Recorder::Calls { .. })), "{name}");
        }
        let top = recorder(json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } }));
        assert!(matches!(top, Ok(Recorder::Calls { hears: Hears::First, .. })));
    }

    #[test]
    fn a_tracer_in_javascript_is_refused_by_the_beginning_of_its_name() {
        let script = format!("{{ step: function() {{}}, {} }}", "x".repeat(500));
        for name in [script.as_str(), "erc7562Tracer", "bigramTracer"] {
            let error = recorder(json!({ "tracer": name })).unwrap_err().to_string();
            assert!(error.starts_with("tracer not found: ") && error.contains("JavaScript") && error.len() < 300, "{error}");
            let error = recorder(json!({ "tracer": "muxTracer", "tracerConfig": { name: null } })).unwrap_err().to_string();
            assert!(error.starts_with("tracer not found: "), "{error}");
        }
    }

    #[test]
    fn options_that_a_tracer_does_not_take_are_named() {
        for (tracer, config) in [
            ("callTracer", json!({ "onlyTopCall": "yes" })),
            ("prestateTracer", json!({ "diffMode": 1 })),
            ("flatCallTracer", json!({ "includePrecompiles": 3 })),
            ("muxTracer", json!({ "callTracer": { "withLog": 7 } })),
            ("muxTracer", json!("callTracer")),
        ] {
            let error = recorder(json!({ "tracer": tracer, "tracerConfig": config })).unwrap_err().to_string();
            assert!(error.starts_with(&format!("invalid tracerConfig of {tracer}: ")), "{error}");
        }
    }
}
