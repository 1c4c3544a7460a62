//! strangers sign up
