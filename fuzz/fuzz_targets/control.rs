//! The control: a fault behind eight bytes, each of which is only worth having when coverage says so. By chance it takes
//! 2^64 inputs; `make fuzz-smoke` fails when it is not found.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut bytes = data.iter().copied();
    let mut next = |wanted: u8| bytes.next() == Some(wanted);
    if next(b'l') && next(b'e') && next(b'd') && next(b' ') && next(b'b') && next(b'y') && next(b' ') && next(b'c') {
        panic!("found on purpose");
    }
});
