#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| jangbu_fuzz::login_id(data));

#[cfg(not(fuzzing))]
fn main() -> anyhow::Result<()> {
    jangbu_fuzz::replay("login_id", jangbu_fuzz::login_id)
}
