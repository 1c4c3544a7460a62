//! supervised tasks
