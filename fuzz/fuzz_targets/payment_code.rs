#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| jangbu_fuzz::payment_code(data));

#[cfg(not(fuzzing))]
fn main() -> anyhow::Result<()> {
    jangbu_fuzz::replay("payment_code", jangbu_fuzz::payment_code)
}
