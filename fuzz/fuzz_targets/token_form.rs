#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| jangbu_fuzz::token_form(data));

#[cfg(not(fuzzing))]
fn main() -> anyhow::Result<()> {
    jangbu_fuzz::replay("token_form", jangbu_fuzz::token_form)
}
