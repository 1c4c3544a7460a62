//! two histories
