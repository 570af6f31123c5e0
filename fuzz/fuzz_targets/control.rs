//! The control: a fault that only a fuzzer that is led by coverage finds. `make fuzz-smoke` fails when it is not found.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if data.first() == Some(&b'c') && data.get(1) == Some(&b'u') && data.get(2..6) == Some(b"rate") && data.len() > 8 {
        panic!("found on purpose");
    }
});
