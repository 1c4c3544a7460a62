//! Attacks end to end: real processes, cold caches, two servers, restores, frozen processes. Each file is one kind of fault.

mod comparison;
mod erasure_fence;
mod forged_slices;
mod frozen_processes;
mod indistinguishable;
mod left_tokens;
mod parked_reads;
mod promotion_gate;
mod refresh_retry;
mod revoked_tokens;
mod signing_keys;
mod silent_dependencies;
mod strangers_sign_up;
mod stream_kinds;
mod supervised_tasks;
mod two_histories;
