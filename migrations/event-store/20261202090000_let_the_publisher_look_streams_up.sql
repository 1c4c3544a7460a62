-- That an offer has expired is told to whoever made it, and the first event of the offer says who that is. To find it the publisher reads
-- where a stream begins, and which command wrote there: the second is also what it needs to read commits that are in the archive.
grant select on log_commands, log_streams to jangbu_publisher;
