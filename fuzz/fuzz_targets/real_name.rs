#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| jangbu_fuzz::real_name(data));

#[cfg(not(fuzzing))]
fn main() -> anyhow::Result<()> {
    jangbu_fuzz::replay("real_name", jangbu_fuzz::real_name)
}
