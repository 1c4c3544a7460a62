#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| jangbu_fuzz::consistency_token(data));

#[cfg(not(fuzzing))]
fn main() -> anyhow::Result<()> {
    jangbu_fuzz::replay("consistency_token", jangbu_fuzz::consistency_token)
}
