//! Every view against a real Postgres, compared with an oracle that shares no code with it.

mod amounts;
mod bank;
mod chaos;
mod days;
mod delivery;
mod faults;
mod fixture;
mod holds;
mod oracle;
mod parking;
mod people;
mod rebuild;
mod records;
mod seeded;
mod sum;
